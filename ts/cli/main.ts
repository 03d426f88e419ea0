/** @file The program `unrolled`. */

import { Argument, Command, CommanderError, Option } from "commander";
import { VERSION } from "unrolled";
import { type AttendOptions, runAttend, VIEWS } from "./attend.ts";
import { runExport } from "./export.ts";
import { LECTURES, type LectureOptions, runLecture } from "./lecture.ts";
import { numberIn, oneOf, sentenceOf } from "./options.ts";
import { Problem } from "./problem.ts";
import { runSample, type SampleOptions } from "./sample.ts";
import { defaultsOf, NETS, type NumberSetting, RANGES } from "./settings.ts";
import { runTrain, type TrainOptions } from "./train.ts";

/** Wrong input: one sentence, and this exit code. */
const WRONG_INPUT = 2;

/** An option of `unrolled train` that is a setting of the run. */
function setting(name: NumberSetting, value: string, what: string): Option {
  const [recurrent, transformer] = (["lstm", "transformer"] as const).map((model) => {
    const defaults: Partial<Record<NumberSetting, unknown>> = { ...defaultsOf(model) };
    return defaults[name];
  });
  const both = recurrent !== undefined && transformer !== undefined && recurrent !== transformer;
  const shown = both ? `${recurrent}; transformer: ${transformer}` : (recurrent ?? transformer);
  return new Option(`--${name} <${value}>`, `${what} (default: ${shown})`).argParser(
    numberIn(RANGES[name]),
  );
}

const integer = (least: number, most: number) => numberIn({ least, most, integer: true });

function programOf(finish: (code: number) => void): Command {
  const program = new Command("unrolled")
    .description(
      "Trains recurrent nets and transformers on text, character by character, and writes with them.",
    )
    .version(VERSION);
  program
    .command("train")
    .description("train a character-level language model on files and folders")
    .argument("<paths...>", "text files, and folders of them")
    .addOption(
      new Option("--model <net>", "lstm, gru, rnn or transformer (default: lstm)").argParser(
        oneOf(...NETS),
      ),
    )
    .addOption(setting("embedding", "n", "size of a character's vector, but in a transformer"))
    .addOption(setting("hidden", "n", "size of a layer's state"))
    .addOption(setting("layers", "n", "layers"))
    .addOption(setting("heads", "n", "heads of a transformer's attention"))
    .addOption(setting("seq", "n", "characters in a step; a transformer sees as many at most"))
    .addOption(setting("batch", "n", "streams read side by side"))
    .addOption(
      new Option(
        "--steps <n>",
        "stop after this many steps, counted from the beginning, resumed or not",
      )
        .argParser(integer(1, 2 ** 40))
        .conflicts("minutes"),
    )
    .addOption(
      new Option("--minutes <m>", "stop after this much time (default: 2)").argParser(
        numberIn({ least: 0, most: 1e6, above: true }),
      ),
    )
    .addOption(setting("lr", "x", "learning rate at the start"))
    .addOption(setting("clip", "x", "largest norm of the gradient, 0 for no limit"))
    .addOption(setting("dropout", "p", "dropout between layers and before the output"))
    .addOption(setting("seed", "n", "seed of all randomness"))
    .option(
      "--out <file>",
      "the checkpoint to write (default: the resumed one, or model.safetensors)",
    )
    .option("--resume <file>", "go on from a checkpoint, with the same text")
    .option("--report <file>", "the report to write (default: report.html beside the checkpoint)")
    .option("--no-report", "write no report")
    .option("--json", "one JSON object a line instead of a progress bar")
    .addHelpText(
      "after",
      "\nCtrl-C finishes the step, saves, and prints the command that goes on." +
        "\nThe last tenth of every file is held out. Sizes, seed and learning rate of a resumed run come from its checkpoint.",
    )
    .action(async (paths: string[], options: TrainOptions) =>
      finish(await runTrain(paths, options)),
    );
  program
    .command("sample")
    .description("write text with a trained model")
    .argument("<checkpoint>", "what unrolled train has saved")
    .option(
      "--prompt <text>",
      "what the text begins with (default: standard input, if that is not a terminal)",
    )
    .addOption(
      new Option("--length <n>", "how many characters").argParser(integer(0, 2 ** 40)).default(500),
    )
    .addOption(
      new Option("--temperature <t>", "below 1: keeps to what is likely; 0: always the likeliest")
        .argParser(numberIn({ least: 0, most: 100 }))
        .default(0.8),
    )
    .addOption(
      new Option("--top-k <k>", "choose among the k likeliest only; 0: among all")
        .argParser(integer(0, 2 ** 40))
        .default(0),
    )
    .addOption(
      new Option("--seed <n>", "another seed, another text")
        .argParser(numberIn(RANGES.seed))
        .default(1),
    )
    .action(async (path: string, options: SampleOptions) => finish(await runSample(path, options)));
  program
    .command("export")
    .description(
      "write the plain state dict that PyTorch loads: an nn.Embedding, an nn.LSTM (GRU, RNN), an nn.Linear; or Hugging Face's GPT-2",
    )
    .addArgument(new Argument("<checkpoint>", "what unrolled train has saved"))
    .addArgument(new Argument("<out>", "the safetensors file to write"))
    .action(async (path: string, out: string) => finish(await runExport(path, out)));
  program
    .command("attend")
    .description("show what a transformer attends to while it reads a text, as pages")
    .argument(
      "<model>",
      "a transformer that unrolled train has saved; or a safetensors file of GPT-2, BERT or T5, with config.json and tokenizer.json beside it, or its folder",
    ) // prettier-ignore
    .requiredOption("--text <text>", "what it reads")
    .option("--text-b <text>", "the second sentence of a pair, or what the decoder of a T5 writes")
    .addOption(new Option("--view <view>", "which view").choices(VIEWS).default("all"))
    .addOption(new Option("--layer <n>", "the layer shown first").argParser(integer(0, 2 ** 20)))
    .addOption(new Option("--head <n>", "the head shown first").argParser(integer(0, 2 ** 20)))
    .option(
      "--out <file>",
      "the page to write; of all views, one for each: page-head.html …",
      "attention.html",
    ) // prettier-ignore
    .action((path: string, options: AttendOptions) => finish(runAttend(path, options)));
  program
    .command("lecture")
    .description("run what the lecture says, measure it, and write a page with its pictures")
    .addArgument(new Argument("<part>", "which part").choices(Object.keys(LECTURES)))
    .option("--full", "train from five seeds wherever something is trained")
    .option("--out <file>", "the page to write", "lecture.html")
    .option("--json", "one JSON object a line instead of a progress bar")
    .action((part: string, options: LectureOptions) => finish(runLecture(part, options)));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} }); // main says it
  }
  return program;
}

async function main(): Promise<number> {
  let code = 0;
  try {
    await programOf((result) => (code = result)).parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError)
      return complain(`${sentenceOf(error)} (unrolled ${commandName()}--help tells more)`);
    if (error instanceof Problem) return complain(error.message);
    throw error;
  }
}

function complain(message: string): number {
  console.error(`unrolled: ${message.replaceAll(/\s*\n\s*/g, " ")}`);
  return WRONG_INPUT;
}

function commandName(): string {
  const name = process.argv[2] ?? "";
  return ["train", "sample", "export", "attend", "lecture"].includes(name) ? `${name} ` : "";
}

process.exitCode = await main();
