import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { transformWithOxc } from "vite";
import { saveFile } from "../../ts/io/save-file.ts";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  return { ...real, fsyncSync: vi.fn(real.fsyncSync), renameSync: vi.fn(real.renameSync) };
});

const SIZE = 1 << 20;
const folder = fs.mkdtempSync(join(tmpdir(), "unrolled-save-"));
let path = "";
let tests = 0;

/** A program for processes of their own: `saveFile` in plain JavaScript, and what they do with it. */
const CHILD = `
import { writeSync } from "node:fs";
import { saveFile } from "./save-file.mjs";
const [path, count, ...fills] = process.argv.slice(2);
const contents = fills.map((fill) => new Uint8Array(${SIZE}).fill(Number(fill)));
for (let i = 0; i < Number(count); i++) {
  saveFile(path, contents[i % contents.length]);
  if (i === 0) writeSync(1, "saved");
}
`;

beforeAll(async () => {
  const source = fileURLToPath(new URL("../../ts/io/save-file.ts", import.meta.url));
  const { code } = await transformWithOxc(fs.readFileSync(source, "utf8"), source);
  fs.writeFileSync(join(folder, "save-file.mjs"), code);
  fs.writeFileSync(join(folder, "child.mjs"), CHILD);
});
beforeEach(() => {
  vi.clearAllMocks();
  fs.mkdirSync(join(folder, String(++tests)));
  path = join(folder, String(tests), "file");
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const start = (...args: (string | number)[]): ChildProcess =>
  spawn(process.execPath, [join(folder, "child.mjs"), path, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
const beside = (): string[] => fs.readdirSync(join(path, ".."));
const wait = (milliseconds: number): Promise<void> =>
  new Promise((done) => void setTimeout(done, milliseconds));

/** The one byte that a whole content consists of. */
function fillOf(bytes: Uint8Array): number {
  expect(bytes.length).toBe(SIZE);
  const fill = bytes[0]!;
  expect(Buffer.alloc(SIZE, fill).equals(bytes), `all of ${fill}`).toBe(true);
  return fill;
}

test("a file is made, replaced, and may be empty", () => {
  for (const content of ["one", "", "another"]) {
    saveFile(path, new TextEncoder().encode(content));
    expect(fs.readFileSync(path, "utf8")).toBe(content);
    expect(beside()).toEqual(["file"]);
  }
});

test("the content is flushed before the rename, the folder after it", () => {
  saveFile(path, Uint8Array.of(1));
  const flushes = vi.mocked(fs.fsyncSync).mock.invocationCallOrder;
  const [rename] = vi.mocked(fs.renameSync).mock.invocationCallOrder;
  expect(flushes.length).toBe(2);
  expect([flushes[0]! < rename!, rename! < flushes[1]!]).toEqual([true, true]);
});

const failing = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: as if`), { code });
};

test.each(["EPERM", "EISDIR", "EINVAL", "ENOTSUP", "EACCES"])(
  "a folder that cannot be flushed is let be (%s)",
  (code) => {
    const real = vi.mocked(fs.fsyncSync).getMockImplementation()!;
    vi.mocked(fs.fsyncSync).mockImplementationOnce(real).mockImplementationOnce(failing(code));
    saveFile(path, Uint8Array.of(7));
    expect([...fs.readFileSync(path)]).toEqual([7]);
    expect(fs.fsyncSync).toHaveBeenCalledTimes(2);
  },
);

test("an error leaves the old file and nothing beside it", () => {
  saveFile(path, Uint8Array.of(1));
  vi.mocked(fs.fsyncSync).mockImplementationOnce(failing("EIO"));
  expect(() => saveFile(path, Uint8Array.of(2))).toThrow("EIO");
  vi.mocked(fs.renameSync).mockImplementationOnce(failing("EACCES"));
  expect(() => saveFile(path, Uint8Array.of(2))).toThrow("EACCES");
  expect([...fs.readFileSync(path)]).toEqual([1]);
  expect(beside()).toEqual(["file"]);
  expect(() => saveFile(join(path, "below"), Uint8Array.of(2))).toThrow(/ENOTDIR|ENOENT/);
  const taken = `${path}.folder`;
  fs.mkdirSync(taken);
  expect(() => saveFile(taken, Uint8Array.of(2))).toThrow(/EISDIR|EPERM|EEXIST|ENOTEMPTY/);
  expect(beside()).toEqual(["file", "file.folder"]);
});

test("what a killed process of the same number left is neither used nor removed", () => {
  saveFile(path, Uint8Array.of(1));
  const [temporary] = vi.mocked(fs.renameSync).mock.calls[0]! as [string, string];
  const next = temporary.replace(/(\d+)\.tmp$/, (_, n) => `${Number(n) + 1}.tmp`);
  fs.writeFileSync(next, "left");
  saveFile(path, Uint8Array.of(2));
  expect([...fs.readFileSync(path)]).toEqual([2]);
  expect(fs.readFileSync(next, "utf8")).toBe("left");
});

test("killed at 40 moments, the file is always one of the two, whole", async () => {
  let random = 20261123;
  let interrupted = 0;
  const seen = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const child = start(1e9, 1, 2);
    await once(child.stdout!, "data");
    random = (random * 48271) % 2147483647;
    await wait((random % 400) / 10);
    child.kill("SIGKILL");
    await once(child, "exit");
    seen.add(fillOf(fs.readFileSync(path)));
    const left = beside().filter((name) => name !== "file");
    interrupted += left.length;
    for (const name of left) fs.rmSync(join(path, "..", name));
  }
  expect([...seen].every((fill) => fill === 1 || fill === 2)).toBe(true);
  expect(interrupted, "kills in the middle of a save").toBeGreaterThan(0);
});

test("two processes that save to one path: every read is whole, and nothing is left", async () => {
  const children = [start(100, 1, 2), start(100, 3, 4)];
  const codes = Promise.all(
    children.map(async (child) => (await once(child, "exit"))[0] as number),
  );
  await Promise.all(children.map((child) => once(child.stdout!, "data")));
  const seen = new Set<number>();
  let reads = 0;
  while (children.some((child) => child.exitCode === null && child.signalCode === null)) {
    seen.add(fillOf(await fs.promises.readFile(path)));
    reads++;
  }
  expect(await codes).toEqual([0, 0]);
  seen.add(fillOf(fs.readFileSync(path)));
  for (const fill of seen) expect([1, 2, 3, 4]).toContain(fill);
  expect(reads).toBeGreaterThan(0);
  expect(beside()).toEqual(["file"]);
});
