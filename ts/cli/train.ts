/** @file `unrolled train`. */

import { basename, dirname, join, relative } from "node:path";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { saveFile, VERSION } from "unrolled";
import { isCheckpoint, readCheckpoint, restore, toBytes } from "./checkpoint.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
import { Interruption } from "./interruption.ts";
import { quoted } from "./options.ts";
import { expectOurs, isReport } from "./outputs.ts";
import { Problem } from "./problem.ts";
import { count, type Progress, progressOn, type Status } from "./progress.ts";
import { reportOf } from "./report.ts";
import { DEFAULTS, type Settings } from "./settings.ts";
import { leastLength } from "./streams.ts";
import { Diverged, Trainer } from "./trainer.ts";
import { learnVocabulary } from "./vocabulary.ts";

export interface TrainOptions extends Partial<Settings> {
  steps?: number;
  minutes?: number;
  out?: string;
  resume?: string;
  /** False for --no-report. */
  report?: string | boolean;
  json?: boolean;
}

const MINUTES = 2;
/** The loss that is shown is the mean of this many steps. */
const RECENT = 25;

/** Trains until it is done or interrupted. Gives the exit code. @throws Problem */
export async function runTrain(paths: readonly string[], options: TrainOptions): Promise<number> {
  const out = options.out ?? options.resume ?? "model.safetensors";
  const report = reportPath(options, out);
  const files = [out, ...(report ? [report] : [])];
  const { trainer, corpus } = begin(paths, options, files);
  expectOurs("--out", out, isCheckpoint);
  if (report) expectOurs("--report", report, isReport);
  if (options.steps !== undefined && options.steps < trainer.step) {
    throw new Problem(
      `${options.resume} has done ${trainer.step} steps already: --steps counts from the beginning, so give more than that`,
    );
  }

  const progress = progressOn(process.stdout, options.json === true);
  const stop = new Interruption();
  try {
    introduce(trainer, corpus, progress);
    const save = (): Promise<void> => saved(out, trainer, corpus);
    await loop(trainer, options, progress, stop, save);
    progress.end();
    await conclude({ trainer, options, paths, out, report, progress, save, stop });
    return stop.exitCode;
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    throw new Problem(`${error.message}: try a lower --lr than ${trainer.settings.lr}; ${out} is as it was last saved`);
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
  const settings: Settings = checkpoint?.settings ?? { ...DEFAULTS, ...given(options) };
  for (const [name, value] of Object.entries(given(options))) {
    const own = settings[name as keyof Settings];
    if (value === own) continue;
    throw new Problem(
      `--${name} ${value} contradicts ${resume}, which was begun with --${name} ${own}; leave it out, or begin anew without --resume`,
    );
  }
  const corpus = readCorpus(paths, [...written, ...(resume === undefined ? [] : [resume])]);
  if (checkpoint && checkpoint.fingerprint !== corpus.fingerprint) {
    throw new Problem(`the text is not the one that ${resume} was begun with; give the same files, unchanged`);
  }
  const vocabulary = checkpoint?.vocabulary ?? learnVocabulary(corpus.training);
  const [training, heldOut] = [vocabulary.encode(corpus.training), vocabulary.encode(corpus.heldOut)];
  const least = leastLength(settings.seq, settings.batch);
  if (training.length < least || heldOut.length < 2) {
    throw new Problem(
      `the text has only ${training.length} characters to train on; --batch ${settings.batch} and --seq ${settings.seq} need at least ${least}`,
    );
  }
  const trainer = made(() => new Trainer(settings, vocabulary, { training, heldOut }));
  if (checkpoint) restore(trainer, checkpoint, resume!);
  return { trainer, corpus };
}

/** What is too large for memory is a wrong option. */
function made<R>(make: () => R): R {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem(`a model of these sizes cannot be made: ${error.message}`);
  }
}

/** The settings that were given on the command line. */
function given(options: TrainOptions): Partial<Settings> {
  const names = Object.keys(DEFAULTS).filter((name) => options[name as keyof Settings] !== undefined);
  return Object.fromEntries(names.map((name) => [name, options[name as keyof Settings]]));
}

/** Where the report goes: beside the checkpoint, if nothing else was said. */
function reportPath({ report }: TrainOptions, out: string): string | undefined {
  if (report === false) return undefined;
  return typeof report === "string" ? report : join(dirname(out), "report.html");
}

const saved = async (out: string, trainer: Trainer, corpus: Corpus): Promise<void> => {
  await saveFile(out, toBytes(trainer, corpus.fingerprint));
};

function introduce(trainer: Trainer, corpus: Corpus, progress: Progress): void {
  const { settings, vocabulary, text, model, step, baselines } = trainer;
  const parameters = model.parameters().reduce((n, p) => n + p.size, 0);
  const { unigram, trigram } = baselines;
  progress.say(
    `${settings.model.toUpperCase()} with ${count(parameters)} parameters, on ${count(text.training.length)} characters ` +
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

/** Steps until the run is over. */
async function loop(
  trainer: Trainer,
  { steps, minutes = MINUTES }: TrainOptions,
  progress: Progress,
  stop: Interruption,
  save: () => Promise<void>,
): Promise<void> {
  const [first, start] = [trainer.step, performance.now()];
  const pace = new Pace(first, start);
  let heldOut = trainer.history.heldOut.at(-1)?.bits;
  for (;;) {
    const passed = (performance.now() - start) / 1000;
    if (stop.asked || (steps === undefined ? passed >= minutes * 60 : trainer.step >= steps)) return;
    const { norm } = trainer.train();
    const seen = trainer.observe();
    heldOut = seen?.bits ?? heldOut;
    const recent = trainer.history.training.slice(-RECENT);
    const perSecond = pace.at(trainer.step, performance.now());
    const status: Status = {
      step: trainer.step,
      train: recent.reduce((a, b) => a + b, 0) / recent.length,
      heldOut,
      ...trainer.baselines,
      norm,
      charactersPerSecond: Math.round(perSecond * trainer.charactersPerStep),
      ...(steps === undefined
        ? { secondsLeft: minutes * 60 - passed, done: passed / (minutes * 60) }
        : { secondsLeft: (steps - trainer.step) / perSecond, done: (trainer.step - first) / (steps - first) }),
    };
    progress.step(status);
    if (seen) {
      progress.measured(status);
      await save();
    }
    await setImmediate(); // lets Ctrl-C through
  }
}

/** Steps per second, over the last seconds. */
class Pace {
  #marks: { step: number; time: number }[];

  constructor(step: number, time: number) {
    this.#marks = [{ step, time }];
  }

  at(step: number, time: number): number {
    this.#marks.push({ step, time });
    while (this.#marks.length > 2 && time - this.#marks[0]!.time > 5000) this.#marks.shift();
    const [from] = this.#marks;
    return (1000 * (step - from!.step)) / Math.max(1, time - from!.time);
  }
}

interface Ending {
  trainer: Trainer;
  options: TrainOptions;
  paths: readonly string[];
  out: string;
  report: string | undefined;
  progress: Progress;
  save: () => Promise<void>;
  stop: Interruption;
}

/** Saves, says how to go on, and shows what the net has learnt. */
async function conclude({ trainer, options, paths, out, report, progress, save, stop }: Ending): Promise<void> {
  await save();
  const { step, baselines, settings } = trainer;
  // a run that has done its steps goes on with as many again
  const steps = options.steps !== undefined && !stop.asked ? { steps: 2 * options.steps } : {};
  const goOn = resumeCommand(paths, { ...options, ...steps }, out);
  const what = stop.asked ? "interrupted" : "done";
  progress.say(`${what} after step ${count(step)}; saved ${out}`, { event: what, step, out, resume: goOn });
  progress.say(`to go on:  ${goOn}`);
  if (stop.asked && step === 0) return;

  const bits = trainer.measure();
  if (report) {
    await saveFile(report, new TextEncoder().encode(reportOf(trainer, bits)));
    progress.say(`to look at:  ${report}`, { event: "report", report });
  }
  progress.say(
    `held-out text, bits per character:  ${settings.model.toUpperCase()} ${bits.toFixed(3)}  ` +
      `trigram ${baselines.trigram.toFixed(3)}  unigram ${baselines.unigram.toFixed(3)}`,
    { event: "end", step, bits: { heldOut: bits }, ...baselines },
  );
  if (stop.asked) return;
  const text = trainer.write();
  progress.say(`to write:  ${program()} sample ${quoted(out)}\nIt writes:\n\n${text}\n`, { event: "sample", text });
}

/** The command that goes on from a checkpoint. */
function resumeCommand(paths: readonly string[], { steps, minutes, report, json }: TrainOptions, out: string): string {
  const words = [
    ...paths,
    "--resume",
    out,
    ...(steps !== undefined ? ["--steps", `${steps}`] : minutes !== undefined ? ["--minutes", `${minutes}`] : []),
    ...(report === false ? ["--no-report"] : typeof report === "string" ? ["--report", report] : []),
    ...(json ? ["--json"] : []),
  ];
  return `${program()} train ${words.map(quoted).join(" ")}`;
}

/** How this program was called. */
function program(): string {
  const path = process.argv[1] ?? "unrolled";
  return basename(path) === "unrolled" ? "unrolled" : `node ${quoted(relative(process.cwd(), path))}`;
}
