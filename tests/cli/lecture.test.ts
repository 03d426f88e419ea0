import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { type Lecture, LECTURES, runLecture } from "../../ts/cli/lecture.ts";
import type { Exhibit } from "../../ts/lecture/exhibit.ts";

const folder = mkdtempSync(join(tmpdir(), "unrolled-lecture-"));
afterAll(() => rmSync(folder, { recursive: true }));

const exhibitOf = (id: string, pass: boolean): Exhibit => ({
  id,
  title: `title ${id}`,
  statement: "statement",
  run({ full, progress }) {
    progress(0.5);
    progress(1);
    const verdict = { what: full ? "five seeds" : "one seed", expected: "1", measured: "2", pass };
    return { verdicts: [verdict], pictures: [{ caption: "caption", svg: "<svg></svg>" }] };
  },
});
const good: Lecture = { title: "Lecture", exhibits: [exhibitOf("A", true), exhibitOf("B", true)] };
const bad: Lecture = { title: "Lecture", exhibits: [exhibitOf("A", true), exhibitOf("B", false)] };

function run(lecture: Lecture, options: { full?: boolean; json?: boolean; out?: string }) {
  const { out = join(folder, "lecture.html") } = options;
  let text = "";
  const stream = { write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
  const code = runLecture("part", { ...options, out }, lecture, stream);
  return { code, text, page: readFileSync(out, "utf8") };
}

test("every number is told with a tick, and the page is written", () => {
  const { code, text, page } = run(good, {});
  expect(code).toBe(0);
  expect(text).toBe(
    "A  title A\n  ✓ one seed: 2 (expected 1)\nB  title B\n  ✓ one seed: 2 (expected 1)\n" +
      `all 2 numbers are as expected; the pictures are in ${join(folder, "lecture.html")}\n`,
  );
  expect(page).toContain("title B");
  expect(page.match(/<svg>/g)).toHaveLength(2);
});

test("a number that is not as expected has a cross, and exit code 1", () => {
  const { code, text } = run(bad, { full: true });
  expect(code).toBe(1);
  expect(text).toContain("  ✗ five seeds: 2 (expected 1)\n");
  expect(text).toContain("1 of 2 numbers are not as expected");
});

test("on a terminal a bar tells which exhibit runs and how much is done", () => {
  const out = join(folder, "lecture.html");
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 40 });
  runLecture("part", { out }, good, terminal as unknown as NodeJS.WriteStream);
  const text = String(terminal.read());
  for (const part of ["─ 0 %  title A", "─ 50 %  title A", "━ 100 %  title B"]) {
    expect(text).toContain(part);
  }
  expect(text.lastIndexOf("━")).toBeLessThan(text.indexOf("all 2 numbers are as expected"));
});

test("for machines: one JSON object a line", () => {
  const { text } = run(bad, { json: true });
  const events = text.trimEnd().split("\n").map((line) => JSON.parse(line) as { event: string }); // prettier-ignore
  expect(events.map(({ event }) => event)).toEqual(["begin", "exhibit", "begin", "exhibit", "end"]);
  expect(events.at(-1)).toMatchObject({ passed: 1, failed: 1 });
  expect(events[3]).toMatchObject({ id: "B", verdicts: [{ pass: false }] });
});

test("a page of our own is replaced; any other file is left as it is, before anything runs", () => {
  run(good, {});
  const other = join(folder, "other.html");
  writeFileSync(other, "<p>mine</p>");
  expect(() => run(good, { out: other })).toThrow(
    "is no such file of unrolled's; it is left as it is",
  );
  expect(readFileSync(other, "utf8")).toBe("<p>mine</p>");
  expect(() => run(good, { out: join(folder, "nowhere", "x.html") })).toThrow("cannot be written");
  expect(existsSync(join(folder, "nowhere"))).toBe(false);
});

test("the lecture's first half is there", () => {
  expect(LECTURES.recurrent!.exhibits.length).toBeGreaterThan(0);
});
