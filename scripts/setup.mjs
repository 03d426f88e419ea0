/** @file `npm run setup`: everything that a build and the tests need. */

import { build } from "./build.mjs";
import { run } from "./say.mjs";
import { browser } from "./setup/browser.mjs";

await run(async () => {
  await build();
  const missing = await browser();
  console.log(missing ? `> everything is there, except for ${missing}` : "> everything is there");
});
