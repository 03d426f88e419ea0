/** @file `unrolled train`. */

import { dirname, join, resolve } from "node:path";
import { VERSION } from "unrolled";
import { isCheckpoint, readCheckpoint, restore, toBytes } from "./checkpoint.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
import { Interruption } from "./interruption.ts";
import { type Length, loop } from "./loop.ts";
import { quoted } from "./options.ts";
import { expectOurs, isReport, save } from "./outputs.ts";
import { Problem } from "./problem.ts";
import { count, type Progress, progressOn } from "./progress.ts";
import { reportOf } from "./report.ts";
import { program, resumeCommand } from "./resume-command.ts";
import {
  defaultsOf,
  type GivenSettings,
  misfit,
  nameOf,
  NUMBER_SETTINGS,
  numbersOf,
  type Settings,
} from "./settings.ts";
import { leastLength } from "./streams.ts";
import { Diverged, Trainer } from "./trainer.ts";
import { learnVocabulary } from "./vocabulary.ts";

export interface TrainOptions extends GivenSettings, Length {
  out?: string;
  resume?: string;
  /** False for --no-report. */
  report?: string | boolean;
  json?: boolean;
}

/** Trains until it is done or interrupted. Gives the exit code. @throws Problem */
export async function runTrain(paths: readonly string[], options: TrainOptions): Promise<number> {
  try {
    return await run(paths, options);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof Diverged)
      throw new Problem(`${message}: try a lower --lr; nothing was saved since`);
    if (!/out of memory/.test(message)) throw error;
    throw new Problem(
      `this does not fit into memory; try a smaller --hidden, --batch or --seq (${message.split(".")[0]})`,
    );
  }
}

async function run(paths: readonly string[], options: TrainOptions): Promise<number> {
  const out = options.out ?? options.resume ?? "model.safetensors";
  const report = reportPath(options, out);
  if (report !== undefined && resolve(report) === resolve(out))
    throw new Problem(`--out and --report are both ${out}; the report needs a file of its own`);
  const { trainer, corpus } = begin(paths, options, report === undefined ? [out] : [out, report]);
  expectOurs("--out", out, isCheckpoint);
  if (report !== undefined) expectOurs("--report", report, isReport);
  if (options.steps !== undefined && options.steps < trainer.step) {
    throw new Problem(
      `${options.resume} has done ${trainer.step} steps already: --steps counts from the beginning, so give more than that`,
    );
  }

  const progress = progressOn(process.stdout, options.json === true);
  const stop = new Interruption();
  try {
    introduce(trainer, corpus, progress);
    const saveRun = (): void => save(out, toBytes(trainer, corpus.fingerprint));
    await loop(trainer, options, progress, stop, saveRun);
    progress.end();
    saveRun();
    conclude({ trainer, options, paths, out, report, progress, stop });
    return stop.exitCode;
  } finally {
    progress.end();
    stop.forget();
    trainer.free();
  }
}

/** The run as it begins, or where it left off. */
function begin(paths: readonly string[], options: TrainOptions, written: readonly string[]) {
  const { resume } = options;
  const checkpoint = resume === undefined ? undefined : readCheckpoint(resume);
  const settings = checkpoint?.settings ?? settingsOf(options);
  for (const [name, value] of Object.entries(given(options, settings))) {
    const own = settings[name as keyof Settings];
    if (value === own) continue;
    throw new Problem(
      `--${name} ${value} contradicts ${resume}, which was begun with --${name} ${own}; leave it out, or begin anew without --resume`,
    );
  }
  const corpus = readCorpus(paths, [...written, ...(resume === undefined ? [] : [resume])]);
  if (checkpoint && checkpoint.fingerprint !== corpus.fingerprint) {
    throw new Problem(
      `the text is not the one that ${resume} was begun with; give the same files, unchanged`,
    );
  }
  const vocabulary = checkpoint?.vocabulary ?? learnVocabulary(corpus.training);
  const [training, heldOut] = [
    vocabulary.encode(corpus.training),
    vocabulary.encode(corpus.heldOut),
  ];
  const least = leastLength(settings.seq, settings.batch);
  if (training.length < least || heldOut.length < 2) {
    throw new Problem(
      `the text has only ${training.length} characters to train on; --batch ${settings.batch} and --seq ${settings.seq} need at least ${least}`,
    );
  }
  const trainer = new Trainer(settings, vocabulary, { training, heldOut });
  if (checkpoint) restore(trainer, checkpoint, resume!);
  return { trainer, corpus };
}

/** The settings of a run that begins. @throws Problem */
function settingsOf(options: TrainOptions): Settings {
  const defaults = defaultsOf(options.model ?? "lstm");
  const settings = { ...defaults, ...given(options, defaults) } as Settings; // only what the net has
  const wrong = misfit(settings);
  if (wrong) throw new Problem(`expected ${wrong.replaceAll(/hidden|heads/g, "--$&")}`);
  return settings;
}

/** The settings that were given on the command line. @throws Problem for one that the net does not have */
function given(options: TrainOptions, settings: Settings): Partial<Settings> {
  const own = ["model", ...numbersOf(settings.model)] as const;
  const strange = NUMBER_SETTINGS.find(
    (name) => options[name] !== undefined && !own.includes(name),
  );
  if (strange) {
    const remedy =
      strange === "heads"
        ? "only --model transformer has heads"
        : "the size of a character's vector is that of --hidden";
    throw new Problem(`--${strange} does not go with --model ${settings.model}: ${remedy}`);
  }
  const names = own.filter((name) => options[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/** Where the report goes: beside the checkpoint, if nothing else was said. */
function reportPath({ report }: TrainOptions, out: string): string | undefined {
  if (report === false) return undefined;
  return typeof report === "string" ? report : join(dirname(out), "report.html");
}

function introduce(trainer: Trainer, corpus: Corpus, progress: Progress): void {
  const { settings, vocabulary, text, model, step, baselines } = trainer;
  const parameters = model.parameters().reduce((n, p) => n + p.size, 0);
  const { unigram, trigram } = baselines;
  progress.say(
    `${nameOf(settings)} with ${count(parameters)} parameters, on ${count(text.training.length)} characters ` +
      `(${vocabulary.characters.length} different) of ${count(corpus.files)} files; ${count(text.heldOut.length)} more are held out`,
    {
      event: "start",
      version: VERSION,
      step,
      options: settings,
      parameters,
      characters: text.training.length,
      heldOut: text.heldOut.length,
      vocabulary: vocabulary.characters.length,
      files: corpus.files,
      skipped: corpus.skipped,
      unigram,
      trigram,
    },
  );
  if (corpus.skipped !== "") progress.say(`passed over: ${corpus.skipped}`);
  if (step > 0) progress.say(`goes on after step ${count(step)}`);
  progress.say(
    `counting alone needs ${trigram.toFixed(2)} bits per held-out character (trigram) or ${unigram.toFixed(2)} (unigram)`,
  );
}

interface Ending {
  trainer: Trainer;
  options: TrainOptions;
  paths: readonly string[];
  out: string;
  report: string | undefined;
  progress: Progress;
  stop: Interruption;
}

/** Says how to go on, and shows what the net has learnt: who interrupts it wants the command first. */
function conclude({ trainer, options, paths, out, report, progress, stop }: Ending): void {
  const { step, baselines, settings } = trainer;
  const { asked } = stop;
  // a run that has done its steps goes on with as many again
  const steps = options.steps !== undefined && !asked ? { steps: 2 * options.steps } : {};
  const resume = resumeCommand(paths, { ...options, ...steps }, out);
  const event = asked ? "interrupted" : "done";
  progress.say(`${event} after step ${count(step)}; saved ${out}`, { event, step, out, resume });
  const goOn = (): void => progress.say(`to go on:    ${resume}`);
  if (asked) goOn();
  if (step === 0) return;

  const bits = trainer.measure();
  progress.say(
    `held-out text, bits per character:  ${nameOf(settings)} ${bits.toFixed(3)}  ` +
      `trigram ${baselines.trigram.toFixed(3)}  unigram ${baselines.unigram.toFixed(3)}`,
    { event: "end", step, bits: { heldOut: bits }, ...baselines },
  );
  if (!asked) {
    const text = trainer.write();
    progress.say(`it writes:\n\n${text}\n`, { event: "sample", text });
    progress.say(`to write:    ${program()} sample ${quoted(out)}`);
    goOn();
  }
  if (report === undefined) return;
  save(report, new TextEncoder().encode(reportOf(trainer, bits)));
  progress.say(`to look at:  ${report}`, { event: "report", report });
}
