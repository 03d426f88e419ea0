/** @file `npm run bench`: every question, one table. */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { VERSION } from "unrolled";
import { works as attention } from "./attention.ts";
import { works as bundle } from "./bundle.ts";
import { works as decoding } from "./decoding.ts";
import { works as elementwise } from "./elementwise.ts";
import { works as encoder } from "./encoder.ts";
import { works as growth } from "./growth.ts";
import { multiplyAdd, multiplyInL1, read } from "./limits/limits.ts";
import { works as matmul } from "./matmul.ts";
import { measure, rounds, Unsteady } from "./measure.ts";
import { works as overhead } from "./overhead.ts";
import { works as parallel } from "./parallel.ts";
import { works as recurrent } from "./recurrent.ts";
import { works as startup } from "./startup.ts";
import { header, line } from "./table.ts";
import { type Figures, isMet, type Work } from "./work.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    check: { type: "boolean", default: false },
    relaxed: { type: "boolean", default: false }, // taken care of by scripts/bench.mjs
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`npm run bench -- [options]

  --only <pattern>  the rows whose name holds it (a regular expression); may be repeated
  --json <file>     the table as JSON
  --relaxed         the kernels with fused multiply-add
  --check           exit with 1 if a row misses what it must reach`);
  process.exit();
}

const patterns = options.only.map((text) => new RegExp(text, "i"));
const chosen = [
  matmul,
  recurrent,
  attention,
  encoder,
  decoding,
  elementwise,
  overhead,
  startup,
  bundle,
  growth,
  parallel,
]
  .flatMap((works) => works())
  .filter(({ name }) => patterns.length === 0 || patterns.some((p) => p.test(name)));

const limits = {
  multiplyAdd: speed(multiplyAdd()),
  multiplyInL1: speed(multiplyInL1()),
  read4MB: speed(read(2 ** 22)),
};
const kernels = options.relaxed ? "relaxed" : "plain";
const machine = { cpu: cpus()[0]?.model, node: process.version, unrolled: VERSION, kernels };
console.log(
  `unrolled ${VERSION}, ${kernels} kernels, Node ${process.version}, ${machine.cpu}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(
  `limits: ${shown(limits.multiplyAdd)} GFLOP/s in registers, ${shown(limits.multiplyInL1)} in the first cache, ` +
    `${shown(limits.read4MB)} GB/s reading 4 MB\n`,
);
console.log(header());

const rows: (Figures & { work: string; bar?: Work["bar"]; met?: boolean })[] = [];
for (const { name, bar, figures: measured } of chosen) {
  const figures = await attempt(measured);
  console.log(line(name, figures, bar));
  rows.push({ work: name, ...figures, ...(bar && { bar, met: isMet(bar, figures) }) });
}

const missed = rows.filter(({ met }) => met === false);
console.log(
  `\n${rounds.thrown} of ${rounds.kept + rounds.thrown} rounds thrown away: the guard was slow in them`,
);
console.log(`${missed.length} of ${rows.filter(({ bar }) => bar).length} bars missed`);
if (options.json) {
  const report = { date: new Date().toISOString(), machine, limits, rounds, rows };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (options.check && missed.length > 0) process.exitCode = 1;

/** A machine that is too busy spoils a row, not the table. */
async function attempt(measured: Work["figures"]): Promise<Figures> {
  try {
    return await measured();
  } catch (error) {
    if (error instanceof Unsteady) return { note: error.message };
    throw error;
  }
}

/** GFLOP/s or GB/s of a limit by itself; undefined when the machine was too busy. */
function speed({ run, amount }: { run: () => void; amount: number }): number | undefined {
  try {
    return amount / measure(run).work / 1e9;
  } catch (error) {
    if (error instanceof Unsteady) return undefined;
    throw error;
  }
}

function shown(speed: number | undefined): string {
  return speed?.toFixed(1) ?? "(too busy)";
}
