/** @file `npm run docs`: the API reference, from the docstrings into docs/. An export without one is an error. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { must, root, run, step } from "./say.mjs";

const cwd = join(root, "scripts/docs");

await run(async () => {
  const flags = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  if (!existsSync(join(cwd, "node_modules"))) {
    await step("installing typedoc into scripts/docs", () =>
      must("npm", ["install", ...flags], { cwd, quiet: true }),
    );
  }
  await step("writing docs/", () =>
    must(process.execPath, ["node_modules/typedoc/bin/typedoc"], { cwd, quiet: true }),
  );
  console.log("docs/index.html");
});
