/** @file The set-up: whose system is changed, and what is made again. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { Stop } from "../../scripts/say.mjs";
import { apt, unasked, withConsent } from "../../scripts/setup/consent.mjs";
import { MISSING } from "../../scripts/setup/rust.mjs";
import { unlessFresh } from "../../scripts/stamp.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("consent", () => {
  const commands = [["one", "-y"], ["two"]];
  const somebody = (who: { isRoot: boolean; hasTerminal: boolean; answer?: string }) => ({
    ...who,
    ask: vi.fn(async () => who.answer ?? ""),
    run: vi.fn(async () => 0),
  });

  test("as root without a terminal it goes ahead unasked", async () => {
    const by = somebody({ isRoot: true, hasTerminal: false });
    expect(await withConsent("Something is needed", commands, "", by)).toBe(true);
    expect(by.ask).not.toHaveBeenCalled();
    expect(by.run.mock.calls).toEqual([[["one", "-y"]], [["two"]]]);
  });

  test.each([true, false])(
    "at a terminal it asks, and shows the commands (root: %s)",
    async (isRoot) => {
      const by = somebody({ isRoot, hasTerminal: true, answer: " Yes " });
      expect(await withConsent("Something is needed", commands, "", by)).toBe(true);
      expect(by.ask).toHaveBeenCalledWith(
        "Something is needed:\n    one -y\n    two\nRun this now? [y/N] ",
      );
      expect(by.run).toHaveBeenCalledTimes(2);
    },
  );

  test.each(["", "n", "no", "yellow", "q"])("at a terminal, %j is a no", async (answer) => {
    const by = somebody({ isRoot: true, hasTerminal: true, answer });
    expect(await withConsent("Something is needed", commands, "", by)).toBe(false);
    expect(by.run).not.toHaveBeenCalled();
  });

  test("without a terminal and not as root it stops, and says exactly what to run", async () => {
    const by = somebody({ isRoot: false, hasTerminal: false });
    const said = withConsent("Something is needed", commands, "Or do this.", by);
    await expect(said).rejects.toThrow(Stop);
    await expect(said).rejects.toThrow(
      "Something is needed. Run this, then try again:\n    one -y\n    two\nOr do this.",
    );
    expect(by.run).not.toHaveBeenCalled();
  });

  test("a command that fails ends it", async () => {
    const by = { ...somebody({ isRoot: true, hasTerminal: false }), run: vi.fn(async () => 1) };
    expect(await withConsent("Something is needed", commands, "", by)).toBe(false);
    expect(by.run).toHaveBeenCalledTimes(1);
  });

  test("only root installs without sudo", () => {
    const words = (isRoot: boolean): string[] =>
      apt(["a", "b"], somebody({ isRoot, hasTerminal: true })).map((c) => c.join(" "));
    const install = "apt-get install -y --no-install-recommends a b";
    expect(words(true)).toEqual(["apt-get update", install]);
    expect(words(false)).toEqual(["sudo apt-get update", `sudo ${install}`]);
  });

  test("nobody is left unasked who could be asked", () => {
    expect(unasked(somebody({ isRoot: true, hasTerminal: false }))).toBe(true);
    for (const [isRoot, hasTerminal] of [
      [true, true],
      [false, true],
      [false, false],
    ] as const)
      // prettier-ignore
      expect(unasked(somebody({ isRoot, hasTerminal }))).toBe(false);
  });
});

test("where Rust cannot be had, it stops and says what to install, by name", () => {
  const source = `const [{ run }, { rust }] = await Promise.all(["say", "setup/rust"].map((name) => import(\`./scripts/\${name}.mjs\`)));
      await run(() => rust("nowhere"));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", source],
    { cwd: root, encoding: "utf8", env: { PATH: "", HOME: join(root, "build/nobody") } },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe(`\n${MISSING}\n`);
  for (const name of ["rustup.rs", "rustup target add wasm32-unknown-unknown", "rustc-web"])
    expect(MISSING).toContain(name);
});

describe("what is made again", () => {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build/stamp-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const name = (file: string): string => relative(root, join(folder, file));
  const put = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const make = vi.fn(() => put("output", "made"));
  const build = async (): Promise<boolean> => {
    make.mockClear();
    await unlessFresh(name("stamp"), [name("input"), name("missing")], [name("output")], make);
    return make.mock.calls.length > 0;
  };

  test("it is made when something it is made from changed, and only then", async () => {
    put("input", "one");
    expect(await build()).toBe(true);
    expect(await build()).toBe(false);
    utimesSync(join(folder, "input"), 0, 0); // a clone has its own times
    expect(await build()).toBe(false);
    put("input", "two");
    expect(await build()).toBe(true);
  });

  test("it is made again when it is gone, or when making it failed", async () => {
    rmSync(join(folder, "output"));
    expect(await build()).toBe(true);
    put("input", "three");
    make.mockImplementationOnce(() => {
      throw new Error("no");
    });
    await expect(build()).rejects.toThrow("no");
    expect(await build()).toBe(true);
  });
});
