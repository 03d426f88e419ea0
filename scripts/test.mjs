/** @file `npm test`: set-up, then every check. It goes on after a failure; the last line is the total. */

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { alone } from "./lock.mjs";
import { execute, output, root, run, step, Stop, tool } from "./say.mjs";
import { browser } from "./setup/browser.mjs";
import { nodeModules } from "./setup/node-modules.mjs";

const total = { passed: 0, failed: 0, skipped: 0 };
/** What was skipped, and why. */
const reasons = [];

await run(async () => {
  await alone(nodeModules);
  const built = await succeeds(build);
  const noBrowser = await browser();
  if (noBrowser) reasons.push(noBrowser);

  await check("types", "tsc", "-p", ".");
  await check("lint of TypeScript", "oxlint", "--deny-warnings");
  await check("format of TypeScript", "prettier", "--check", "--log-level", "warn", ".");
  await checkRust("format of Rust", "fmt", "--check");
  await checkRust("lint of Rust", "clippy", "-p", "kernels", "--all-targets", "--", "-Dwarnings");
  await cargoTests();
  if (built) {
    await vitest("the library", {});
    const checked = join(root, "build/kernels.checked.wasm");
    await vitest("the library on the checked kernels", { UNROLLED_KERNELS: checked });
  } else {
    console.log("> the library: not tested, for the build failed");
  }

  const { passed, failed, skipped } = total;
  console.log(reasons.map((reason) => `\nskipped: ${reason}`).join(""));
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
});

/** Counts only when it fails: a build is no test. */
async function succeeds(work) {
  try {
    await work();
    return true;
  } catch (error) {
    console.error(error instanceof Stop ? error.message : error);
    total.failed++;
    return false;
  }
}

async function check(name, command, ...args) {
  const { code } = await step(name, () => execute(process.execPath, [tool(command), ...args]));
  total[code === 0 ? "passed" : "failed"]++;
}

async function checkRust(name, command, ...args) {
  if (output("cargo", [command, "--version"]) === undefined) {
    reasons.push(`${name}, for cargo has no ${command} here (rustup component add ${command})`);
    total.skipped++;
    return;
  }
  const { code } = await step(name, () => execute("cargo", [command, ...args]));
  total[code === 0 ? "passed" : "failed"]++;
}

async function cargoTests() {
  const { code, text } = await step("the kernels on this machine", () =>
    execute("cargo", ["test", "-p", "kernels"]),
  );
  const results = [
    ...text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm),
  ];
  for (const [, passed, failed, ignored] of results) add(+passed, +failed, +ignored);
  // It did not compile.
  if (code !== 0 && !results.some(([, , failed]) => +failed > 0)) total.failed++;
}

async function vitest(name, env) {
  const report = join(root, "build/vitest.json");
  rmSync(report, { force: true });
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await step(name, () =>
    execute(process.execPath, [tool("vitest"), "run", ...options], {
      env: { ...process.env, ...env },
    }),
  );
  const found = readReport(report);
  add(found.passed, found.failed, found.skipped);
  // Something went wrong outside the tests, such as an error that nothing caught.
  if (code !== 0 && found.failed === 0) total.failed++;
}

function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }; // vitest itself did not start
  }
}

function add(passed, failed, skipped) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
