/** @file Files that many targets share. */

/** A program for a command line. */
export const main = `import * as unrolled from "unrolled";
import { program } from "./program.mjs";

console.log("RESULT " + JSON.stringify(program(unrolled)));
`;

/** The same by require(), where what import gives must be the same Tensor, from the subpaths' core too. */
export const mainCommonJS = `const unrolled = require("unrolled");
const theory = require("unrolled/theory");

(async () => {
  const { program } = await import("./program.mjs");
  const result = program(unrolled);
  if ((await import("unrolled")).Tensor !== unrolled.Tensor) throw new Error("import gives a second copy");
  theory.jacobian((x) => unrolled.square(x), [unrolled.tensor([1, 2])]); // throws at another copy's tensor
  console.log("RESULT " + JSON.stringify(result));
})();
`;

/** What a page or a bundle for one begins with. */
export const page = `import * as unrolled from "unrolled";
import { outcome } from "./program.mjs";

globalThis.result = outcome(unrolled);
`;

export const html = (script) =>
  `<!doctype html><title>unrolled</title><script type="module" src="${script}"></script>\n`;
