/**
 * @file `npm run bench:peers`: the same work on other libraries. Each meets ours in a process of its own, round by round:
 * some of them do not stand each other.
 */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "./measure.ts";
import { type Entry, FILES, meet, type Name } from "./peers/race.ts";
import { WORKS } from "./peers/works.ts";
import { seconds } from "./table.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    json: { type: "string" },
    peer: { type: "string" }, // in the process of one of them
  },
});
const works = WORKS.filter(({ name }) => new RegExp(options.only, "i").test(name));

if (options.peer) {
  const entries = await meet(options.peer as Name, works);
  writeFileSync(options.json!, JSON.stringify(entries));
  process.exit(); // some libraries keep a worker alive
}

const names = Object.keys(FILES) as Name[];
const found = new Map(names.map((name) => [name, inItsOwnProcess(name)]));

console.log(
  `Node ${process.version}, ${cpus()[0]?.model}: our time, and how many times as long others take\n`,
);
console.log(line(["work", "unrolled", ...names]));
for (const { name: work } of works) {
  const entries = names.map((name) => found.get(name)![work]!);
  const ours = entries.flatMap((entry) => ("ours" in entry ? [entry.ours] : []));
  const time = ours.length > 0 ? seconds(median(ours)) : "-";
  console.log(
    line([work, time, ...entries.map((e) => ("ratio" in e ? `${e.ratio.toFixed(2)} x` : "-"))]),
  );
}

console.log("\nnot measured:");
for (const [name, entries] of found) {
  const reasons = new Map<string, string[]>();
  for (const [work, entry] of Object.entries(entries)) {
    if (!("reason" in entry)) continue;
    reasons.set(entry.reason, [...(reasons.get(entry.reason) ?? []), work]);
  }
  for (const [reason, which] of reasons) console.log(`  ${name}: ${reason} (${which.join("; ")})`);
}
if (options.json)
  writeFileSync(options.json, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);

function inItsOwnProcess(name: Name): Record<string, Entry> {
  console.error(`> ${name}`);
  const self = fileURLToPath(import.meta.url);
  const file = join(dirname(self), "entries.json");
  const given = ["--peer", name, "--only", options.only, "--json", file];
  const { status } = spawnSync(process.execPath, [self, ...given], { stdio: ["ignore", 2, 2] });
  if (status === 0) return JSON.parse(readFileSync(file, "utf8")) as Record<string, Entry>;
  const reason = "its process broke off";
  return Object.fromEntries(works.map((work) => [work.name, { reason }]));
}

function line(cells: readonly string[]): string {
  return cells.map((text, i) => (i === 0 ? text.padEnd(44) : text.padStart(17))).join("");
}
