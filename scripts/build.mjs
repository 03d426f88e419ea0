/** @file `npm run build`: the kernels, then dist/. What is up to date is left alone. */

import { pathToFileURL } from "node:url";
import { buildTypeScript } from "./build-ts.mjs";
import { buildWasm } from "./build-wasm.mjs";
import { alone } from "./lock.mjs";
import { run } from "./say.mjs";
import { nodeModules } from "./setup/node-modules.mjs";

export const build = () =>
  alone(async () => {
    await nodeModules();
    await buildWasm();
    await buildTypeScript();
  });

if (import.meta.url === pathToFileURL(process.argv[1]).href) await run(build);
