import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readCorpus, REPORT_MARK } from "../../ts/cli/corpus.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-"));
});

function put(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  return file;
}

test("files are read in the order of their paths, and the last tenth of each is held out", () => {
  put("b.txt", "BBBBBBBBBb");
  put("a/z.txt", "ZZZZZZZZZz");
  put("a.txt", "AAAAAAAAAa");
  const { training, heldOut, files } = readCorpus([folder]);
  expect(training.split("\f")).toEqual(["AAAAAAAAA", "ZZZZZZZZZ", "BBBBBBBBB"]);
  expect(heldOut).toBe("a\fz\fb");
  expect(files).toBe(3);
});

test("a character of two UTF-16 halves is never cut", () => {
  const { training, heldOut } = readCorpus([put("a.txt", "😀".repeat(11))]);
  expect(training + heldOut).toBe("😀".repeat(11));
  expect(training.isWellFormed?.() ?? true).toBe(true);
  expect([...heldOut]).toEqual(["😀"]);
});

test("what is not text, hidden, made or locked is passed over in a folder, and said", () => {
  put("a.txt", "text that stays");
  put("binary.bin", Uint8Array.of(0xff, 0xfe, 0x00));
  put("zeros.bin", Uint8Array.of(65, 0, 65));
  put("node_modules/x/index.js", "no");
  put("target/x.rs", "no");
  put("build/x.js", "no");
  put("dist/x.js", "no");
  put(".git/HEAD", "no");
  put("package-lock.json", "{}");
  put("sub/Cargo.lock", "no");
  put("report.html", `<!doctype html>${REPORT_MARK}`);
  put("model.safetensors", "written by the program");
  symlinkSync(folder, join(folder, "loop"));
  const { files, skipped } = readCorpus([folder], [join(folder, "model.safetensors")]);
  expect(files).toBe(1);
  expect(skipped).toBe(
    "1 hidden, 2 not text, 4 dependencies or output, 1 links, 2 lock files, 1 reports"
      .split(", ")
      .sort((a, b) => skipped.indexOf(a) - skipped.indexOf(b))
      .join(", "),
  );
});

test("a file that is named twice counts once", () => {
  const file = put("a.txt", "once only");
  expect(readCorpus([folder, file, file]).files).toBe(1);
});

test("the fingerprint tells any other text, and the same text under another folder", () => {
  const file = put("a.txt", "some text");
  const { fingerprint } = readCorpus([file]);
  expect(readCorpus([put("copy/a.txt", "some text")]).fingerprint).toBe(fingerprint);
  writeFileSync(file, "some tex!");
  expect(readCorpus([file]).fingerprint).not.toBe(fingerprint);
});

test.each([
  [
    "a missing file",
    () => [join(folder, "none.txt")],
    /none\.txt cannot be read: no such file or directory/,
  ],
  ["an empty folder", () => [folder], /there is no text in/],
  ["an empty file", () => [put("e.txt", "")], /there is no text in/],
  [
    "a named file that is not UTF-8",
    () => [put("x.txt", Uint8Array.of(65, 0xe9, 65))],
    /x\.txt is not UTF-8 text/,
  ],
])("%s is a problem in one sentence", (_, paths, message) => {
  expect(() => readCorpus(paths())).toThrow(message);
});
