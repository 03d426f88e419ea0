/** @file How long from nothing to a first output, in a process of its own? */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./measure.ts";
import type { Work } from "./work.ts";

const ROUNDS = 31;
const root = fileURLToPath(new URL("../..", import.meta.url));

export const works = (): Work[] => [
  {
    name: "import to first LSTM output, over an empty process",
    bar: { of: "time", atMost: 0.015 },
    figures() {
      const rounds = Array.from({ length: ROUNDS }, () => [EMPTY, IMPORT, MODULE, OUTPUT].map(run));
      const over = (i: number): number => median(rounds.map((round) => round[i]! - round[0]!));
      const [imported, compiled, time] = [over(1), over(2), over(3)];
      const empty = median(rounds.map(([empty]) => empty!));
      return {
        time,
        note: `the import alone ${ms(imported)}, the kernels' module alone ${ms(compiled)}; an empty process takes ${ms(empty)}`,
      };
    },
  },
];

const ms = (seconds: number): string => `${(1000 * seconds).toFixed(0)} ms`;

const EMPTY = "";
const IMPORT = `import "unrolled";`;
/** What any library would need for these kernels. */
const MODULE = `
  const bytes = process.getBuiltinModule("node:fs").readFileSync("dist/kernels.wasm");
  new WebAssembly.Instance(new WebAssembly.Module(bytes), {});`;
const OUTPUT = `
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
