/** @file `npm test`: set-up, then every check. It goes on after a failure; the last line is the total. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { execute, output, root, run } from "./say.mjs";
import { browser } from "./setup/browser.mjs";

const total = { passed: 0, failed: 0, skipped: 0 };

await run(async () => {
  await build();
  await browser();

  await check("types", "npx", ["tsc", "-p", "."]);
  await check("lint", "npx", ["oxlint", "--deny-warnings"]);
  await check("format of TypeScript", "npx", ["prettier", "--check", "--log-level", "warn", "."]);
  if (output("cargo", ["fmt", "--version"]))
    await check("format of Rust", "cargo", ["fmt", "--check"]);
  else skip("format of Rust", "there is no rustfmt");
  await cargoTests();
  await vitest("the library", {});
  await vitest("the library on the checked kernels", {
    UNROLLED_KERNELS: join(root, "build/kernels.checked.wasm"),
  });

  console.log(
    `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`,
  );
  return total.failed > 0 ? 1 : 0;
});

/** Runs one part and says how long it took; what it found is counted by `count`. */
async function part(name, work) {
  console.log(`\n> ${name}`);
  const start = Date.now();
  await work();
  console.log(`  ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

const check = (name, command, args) =>
  part(name, async () => {
    const { code } = await execute(command, args);
    total[code === 0 ? "passed" : "failed"]++;
  });

function skip(name, why) {
  console.log(`\n> ${name}: skipped, ${why}`);
  total.skipped++;
}

const cargoTests = () =>
  part("kernels on the host", async () => {
    const env = { ...process.env };
    delete env.RUSTFLAGS;
    const { code, text } = await execute("cargo", ["test", "-p", "kernels"], { env });
    const counts = [
      ...text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm),
    ];
    for (const [, passed, failed, ignored] of counts) {
      total.passed += Number(passed);
      total.failed += Number(failed);
      total.skipped += Number(ignored);
    }
    if (code !== 0 && !counts.some(([, , failed]) => failed > 0)) total.failed++;
  });

const vitest = (name, env) =>
  part(name, async () => {
    const report = join(root, "build/vitest.json");
    const args = [
      "vitest",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ];
    const { code } = await execute("npx", args, {
      env: { ...process.env, ...env, FORCE_COLOR: "0" },
    });
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    total.passed += numPassedTests;
    total.failed += numFailedTests;
    total.skipped += numPendingTests;
    if (code !== 0 && numFailedTests === 0) total.failed++; // a file that could not be loaded
  });
