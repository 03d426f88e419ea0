import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```(?:ts|js)\n([\s\S]*?)```/g)].map(([, code]) => code!);

test("the README has an example", () => expect(examples.length).toBeGreaterThan(0));

test.each(examples.map((code, i) => [i + 1, code] as const))(
  "example %i of the README runs as written",
  (_, code) => {
    const print = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd: root,
      encoding: "utf8",
    });
    expect(print.trim()).not.toBe("");
  },
);
