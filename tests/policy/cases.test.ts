import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allCases } from "../support/cases.ts";

/** Exports of ts/ops that are not functions of float tensors; each has tests of its own. */
const NO_ROW = [/^create$/, /^random$/, /^dropout$/, /^cells$/];

/** The functions that ts/index.ts exports from ts/ops. */
function exportedOps(): string[] {
  const index = readFileSync(new URL("../../ts/index.ts", import.meta.url), "utf8");
  return [...index.matchAll(/^export \{([^}]*)\} from "\.\/ops\/([\w-]+)\.ts"/gms)]
    .filter(([, , file]) => !NO_ROW.some((pattern) => pattern.test(file!)))
    .flatMap(([, names]) => names!.split(",").map((name) => name.trim()))
    .filter((name) => name !== "" && !name.startsWith("type "));
}

test("every exported op has a row in the case table", async () => {
  const rows = new Set((await allCases()).map(({ op }) => op));
  expect(exportedOps().filter((name) => !rows.has(name))).toEqual([]);
});

test("every row shows an exported op", async () => {
  const ops = new Set(exportedOps());
  expect((await allCases()).map(({ op }) => op).filter((op) => !ops.has(op))).toEqual([]);
});

test("every op has ten wrong uses to refuse", async () => {
  const rows = await allCases();
  const count = (op: string): number =>
    rows.reduce((n, row) => n + (row.op === op ? row.errors.length : 0), 0);
  expect(exportedOps().filter((name) => count(name) < 10)).toEqual([]);
});
