/** @file Wrong input: one clear sentence on standard error, exit code 2, and nothing overwritten. */

import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadSafetensors, saveSafetensors, scope, tensor } from "../../../ts/index.ts";
import { folderWithText, SMALL, unrolled } from "../../support/program.ts";

let folder: string;

beforeAll(async () => {
  folder = folderWithText();
  const put = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content);
  await unrolled(folder, ["train", "text", ...SMALL, "--steps", "3"]);
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "pictures"));
  put("pictures/a.png", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff));
  put("latin1.txt", Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a));
  put("blank.txt", " \n\n");
  put("short.txt", "too short to train on");
  put("notes.txt", "mine, and dear to me");
  symlinkSync("nowhere.safetensors", join(folder, "dangling"));
  symlinkSync("model.safetensors", join(folder, "link"));
  put("page.html", "<!doctype html><title>mine</title>");

  const whole = new Uint8Array(readFileSync(join(folder, "model.safetensors")));
  put("truncated.safetensors", whole.subarray(0, whole.length - 100));
  put("header.safetensors", whole.subarray(0, 5));
  put("nothing.safetensors", "");
  const flipped = Uint8Array.from(whole);
  flipped[20] = flipped[20]! ^ 0xff;
  put("corrupt.safetensors", flipped);
  scope(() => {
    const { tensors, metadata } = loadSafetensors(whole);
    const changed = (key: string, value: string): Uint8Array =>
      saveSafetensors(tensors, new Map([...metadata, [`unrolled.${key}`, value]]));
    const options = JSON.parse(metadata.get("unrolled.options")!) as object;
    const withOptions = (other: object): Uint8Array =>
      changed("options", JSON.stringify({ ...options, ...other }));
    put("foreign.safetensors", saveSafetensors(tensors, new Map([["format", "pt"]])));
    put("newer.safetensors", changed("format", "char-lm 99"));
    put("no-json.safetensors", changed("options", "{"));
    put("no-net.safetensors", withOptions({ model: "perceptron" }));
    put("no-heads.safetensors", withOptions({ model: "transformer" }));
    put("odd-heads.safetensors", withOptions({ model: "transformer", heads: 3 }));
    put("no-size.safetensors", withOptions({ hidden: 1.5 }));
    put("larger.safetensors", withOptions({ hidden: 32 }));
    put("no-vocabulary.safetensors", changed("vocabulary", "[]"));
    const nan = new Map(tensors);
    const bias = tensors.get("linear.bias")!;
    nan.set("linear.bias", tensor(new Float32Array(bias.size).fill(Number.NaN)));
    put("no-number.safetensors", saveSafetensors(nan, metadata));
    const without = new Map(tensors);
    without.delete("unrolled.position");
    put("no-position.safetensors", saveSafetensors(without, metadata));
  });
});

/** Each file's bytes, by a hash. */
function snapshot(): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => [name, lstatSync(join(folder, name))] as const)
    .filter(([, status]) => !status.isDirectory())
    .map(([name, status]) => {
      if (status.isSymbolicLink()) return [name, "link"];
      const hash = createHash("sha256").update(readFileSync(join(folder, name)));
      return [name, hash.digest("hex")];
    });
  return Object.fromEntries(files) as Record<string, string>;
}

const TRAIN = "train text --steps 5";

test.each([
  // what is asked for
  ["dance", "unknown command 'dance'"],
  ["train", "missing required argument 'paths'"],
  ["sample", "missing required argument 'checkpoint'"],
  ["export model.safetensors", "missing required argument 'out'"],
  ["sample model.safetensors model.safetensors", "too many arguments"],
  // texts
  ["train none.txt", "none.txt cannot be read: no such file or directory"],
  ["train text none", "none cannot be read: no such file or directory"],
  ["train notes.txt/a", "notes.txt/a cannot be read: a part of the path is not a folder"],
  ["train empty", "there is no text in empty"],
  ["train pictures", "there is no text in pictures"],
  ["train blank.txt", "there is no text in blank.txt"],
  ["train latin1.txt", "latin1.txt is not UTF-8 text"],
  ["train text pictures/a.png", "pictures/a.png is not UTF-8 text"],
  [
    "train short.txt",
    "the text has only 19 characters to train on; --batch 32 and --seq 64 need at least 2049",
  ],
  // options
  [`${TRAIN} --model cnn`, `--model must be lstm or gru or rnn or transformer, got "cnn"`],
  [`${TRAIN} --hidden 0`, `--hidden must be an integer from 1 to 65536, got "0"`],
  [`${TRAIN} --hidden ten`, `--hidden must be an integer from 1 to 65536, got "ten"`],
  [`${TRAIN} --embedding 1.5`, "--embedding must be an integer"],
  [`${TRAIN} --layers 65`, "--layers must be an integer from 1 to 64"],
  [`${TRAIN} --layers`, "option '--layers <n>' argument missing"],
  [`${TRAIN} --seq -1`, "--seq must be an integer"],
  [`${TRAIN} --batch 1e99`, "--batch must be an integer"],
  [`${TRAIN} --lr 0`, `--lr must be a number above 0 and up to 10, got "0"`],
  [`${TRAIN} --lr NaN`, "--lr must be a number"],
  [`${TRAIN} --dropout 1`, "--dropout must be a number from 0 to 0.99"],
  [`${TRAIN} --clip -1`, "--clip must be a number"],
  [`${TRAIN} --seed -1`, "--seed must be an integer"],
  ["train text --steps 0", "--steps must be an integer"],
  ["train text --minutes 0", "--minutes must be a number above 0"],
  [`${TRAIN} --minutes 1`, "option '--steps <n>' cannot be used with option '--minutes <m>'"],
  [
    `${TRAIN} --heads 2`,
    "--heads does not go with --model lstm: only --model transformer has heads",
  ],
  [
    `${TRAIN} --model transformer --embedding 8`,
    "--embedding does not go with --model transformer: the size of a character's vector is that of --hidden",
  ],
  [
    `${TRAIN} --model transformer --hidden 10 --heads 3`,
    "expected --hidden to be a multiple of --heads, got 10 and 3",
  ],
  [`${TRAIN} --resume model.safetensors --heads 2`, "--heads does not go with --model lstm"],
  ["attend model.safetensors --text abc", "model.safetensors holds a recurrent net"],
  [`${TRAIN} --colour`, "unknown option '--colour'"],
  [
    `${TRAIN} --hidden 65536 --layers 64`,
    "this does not fit into memory; try a smaller --hidden, --batch or --seq",
  ],
  ["sample model.safetensors --length -1", "--length must be an integer"],
  ["sample model.safetensors --temperature hot", "--temperature must be a number from 0 to 100"],
  ["sample model.safetensors --top-k 1.5", "--top-k must be an integer"],
  ["sample model.safetensors --seed x", "--seed must be an integer"],
  // checkpoints
  ["sample none.safetensors", "none.safetensors cannot be read: no such file or directory"],
  ["sample text", "text cannot be read: it is a folder"],
  ...[
    "truncated",
    "header",
    "nothing",
    "corrupt",
    "foreign",
    "newer",
    "no-json",
    "no-net",
    "no-heads",
    "odd-heads",
    "no-size",
    "no-vocabulary",
  ].flatMap((name): [string, string][] => {
    const what = `${name}.safetensors is not a checkpoint of unrolled train: `;
    return [
      [`sample ${name}.safetensors`, what],
      [`export ${name}.safetensors new.safetensors`, what],
      [`${TRAIN} --resume ${name}.safetensors`, what],
    ];
  }),
  ["export corrupt.safetensors new.safetensors", "corrupt.safetensors is not a checkpoint"],
  ["sample notes.txt", "notes.txt is not a checkpoint of unrolled train: "],
  ["sample larger.safetensors", "larger.safetensors is damaged: "],
  ["export larger.safetensors new.safetensors", "larger.safetensors is damaged: "],
  [`${TRAIN} --resume larger.safetensors`, "larger.safetensors is damaged: "],
  [`${TRAIN} --resume no-position.safetensors`, "no-position.safetensors is damaged: "],
  // resuming
  [
    `${TRAIN} --resume none.safetensors`,
    "none.safetensors cannot be read: no such file or directory",
  ],
  [
    `${TRAIN} --resume model.safetensors --hidden 17`,
    "--hidden 17 contradicts model.safetensors, which was begun with --hidden 16",
  ],
  [`${TRAIN} --resume model.safetensors --model gru`, "--model gru contradicts model.safetensors"],
  [`${TRAIN} --resume model.safetensors --seed 2`, "--seed 2 contradicts model.safetensors"],
  [
    "train text/one.ts --steps 5 --resume model.safetensors",
    "the text is not the one that model.safetensors was begun with",
  ],
  ["train text --steps 2 --resume model.safetensors", "model.safetensors has done 3 steps already"],
  // what would be written
  [
    `${TRAIN} --out nowhere/model.safetensors`,
    "--out nowhere/model.safetensors cannot be written: ",
  ],
  [
    `${TRAIN} --out notes.txt/model.safetensors`,
    "--out notes.txt/model.safetensors cannot be written: ",
  ],
  [`${TRAIN} --out /proc/model.safetensors`, "--out /proc/model.safetensors cannot be written: "],
  [`${TRAIN} --out /dev/null`, "--out /dev/null cannot be written: "],
  [`${TRAIN} --out=`, '--out must be the name of a file, got ""'],
  [`${TRAIN} --report=`, '--report must be the name of a file, got ""'],
  [`${TRAIN} --out dangling`, "--out dangling cannot be written: it is a link"],
  [`${TRAIN} --out link`, "--out link cannot be written: it is a link"],
  [`${TRAIN} --out text`, "--out text cannot be written: it is a folder"],
  [
    `${TRAIN} --out notes.txt`,
    "--out notes.txt is there already and is no such file of unrolled's",
  ],
  [`${TRAIN} --out foreign.safetensors`, "--out foreign.safetensors is there already"],
  [`${TRAIN} --out truncated.safetensors`, "--out truncated.safetensors is there already"],
  [`${TRAIN} --out text/one.ts`, "--out text/one.ts is there already"],
  [`${TRAIN} --out report.html`, "--out and --report are both report.html"],
  [
    `${TRAIN} --report page.html`,
    "--report page.html is there already and is no such file of unrolled's",
  ],
  [`${TRAIN} --report model.safetensors`, "--out and --report are both model.safetensors"],
  [
    `${TRAIN} --out new.safetensors --report model.safetensors`,
    "--report model.safetensors is there already",
  ],
  [`${TRAIN} --report nowhere/report.html`, "--report nowhere/report.html cannot be written: "],
  ["export model.safetensors notes.txt", "notes.txt is there already"],
  ["export model.safetensors model.safetensors", "model.safetensors is there already"],
  [
    "export model.safetensors nowhere/weights.safetensors",
    "nowhere/weights.safetensors cannot be written: ",
  ],
])("unrolled %s: %s", async (line, sentence) => {
  const before = snapshot();
  const args = line.split(" ").filter(Boolean);
  const { code, stdout, stderr } = await unrolled(folder, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^unrolled: .+\n$/);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toMatch(/undefined|NaN must|\bat .*:\d+:\d+/);
  expect(snapshot()).toEqual(before);
});

test("a prompt that is not UTF-8 is refused", async () => {
  const prompt = Uint8Array.of(0x63, 0xe9);
  const { code, stdout, stderr } = await unrolled(folder, ["sample", "model.safetensors"], prompt);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: "unrolled: the prompt on standard input is not UTF-8 text\n",
  });
});

test("a loss that is no number ends the run in a sentence, and saves nothing", async () => {
  const before = snapshot();
  const args = "train text --steps 50 --resume no-number.safetensors".split(" ");
  const { code, stderr } = await unrolled(folder, args);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      "unrolled: the loss is no longer a number after step 3: try a lower --lr; nothing was saved since\n",
  });
  expect(snapshot()).toEqual(before);
});

test("without a command it shows what there is", async () => {
  const { code, stdout, stderr } = await unrolled(folder, []);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^Usage: unrolled[^]*\nunrolled: expected a command: train, sample, export, attend or lecture/,
  );
});

test("--help and --version are no mistakes", async () => {
  for (const args of [
    ["--help"],
    ["train", "--help"],
    ["sample", "--help"],
    ["export", "--help"],
  ]) {
    const { code, stdout, stderr } = await unrolled(folder, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: unrolled");
  }
  expect((await unrolled(folder, ["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
