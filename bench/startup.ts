/** @file How long from nothing to a first output, in a process of its own? */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./measure.ts";
import type { Work } from "./work.ts";

const PAIRS = 25;
const root = fileURLToPath(new URL("../..", import.meta.url));

export const works = (): Work[] => [
  {
    name: "import to first LSTM output, over an empty process",
    bar: { of: "time", atMost: 0.015 },
    figures() {
      const pairs = Array.from({ length: PAIRS }, () => [run(""), run(FIRST_OUTPUT)] as const);
      const time = median(pairs.map(([empty, whole]) => whole - empty));
      const empty = median(pairs.map(([empty]) => empty));
      return { time, note: `an empty process takes ${(1000 * empty).toFixed(0)} ms` };
    },
  },
];

const FIRST_OUTPUT = `
  import { nn, randn } from "unrolled";
  const lstm = new nn.LSTM(64, 128);
  const [hs] = lstm.forward(randn([16, 1, 64]));
  if (!Number.isFinite(hs.data()[0])) throw new Error("not a number");`;

/** Seconds from the start of a process to the end of its program; its exit may wait for code that is still being compiled. */
function run(program: string): number {
  const timed = `${program}\n console.log(performance.now())`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", timed],
    { cwd: root, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the program failed: ${stderr}`);
  return Number(stdout) / 1000;
}
