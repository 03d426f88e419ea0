/** @file What came of the last run of each target, and the table of it in the README. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/say.mjs";
import { targets } from "./targets/index.mjs";

const RESULTS = join(root, "build/runtimes.json");
const README = join(root, "README.md");
export const BEGIN = "<!-- runtimes: written by npm run test:runtimes -- --readme -->";
export const END = "<!-- /runtimes -->";

const recorded = () => (existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {});

/** @param outcome the version, the hash that was expected, and what came of each way */
export function record(name, outcome) {
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, JSON.stringify({ ...recorded(), [name]: outcome }, null, 2));
}

/** Results of other weights than these are of an earlier build, and their rows say so. */
export function writeTable(hash) {
  const text = readFileSync(README, "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md: expected ${BEGIN} and ${END}`);
  writeFileSync(
    README,
    `${text.slice(0, from + BEGIN.length)}\n\n${table(hash)}\n\n${text.slice(to)}`,
  );
}

function table(hash) {
  const results = recorded();
  const rows = targets.flatMap(({ name }) => {
    const outcome = results[name];
    if (!outcome) return [`| ${where(name)} | | not run |`];
    const yes = outcome.hash === hash ? "yes" : `yes, of an earlier build: \`${outcome.hash}\``;
    return rowsOf(where(name, outcome.version), outcome.results, yes);
  });
  const today = new Date().toISOString().slice(0, 10);
  const head = `${today}, ${process.platform} ${process.arch}; the hash is \`${hash}\`.`;
  return [head, "", "| where | how | the same bits |", "| --- | --- | --- |", ...rows].join("\n");
}

/** "Vite 8" or "Next.js, webpack", with the version where it belongs. */
export function where(name, version) {
  const [who, ...rest] = name.split(", ");
  return [version ? `${who.replace(/ \d+$/, "")} ${version}` : who, ...rest].join(", ");
}

/** The ways that pass share a row; each other has its own, with the reason. */
function rowsOf(where, results, yes) {
  const same = results.filter(({ verdict, note }) => verdict === "passed" && !note);
  const rest = results.filter((result) => !same.includes(result));
  return [
    ...(same.length > 0
      ? [`| ${where} | ${same.map(({ way }) => way).join("; ")} | ${yes} |`]
      : []),
    ...rest.map(({ way, verdict, note }) => {
      const [first] = note.split("\n");
      return `| ${where} | ${way} | ${verdict === "passed" ? "" : `${verdict}: `}${first} |`;
    }),
  ];
}
