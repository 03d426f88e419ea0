/**
 * @file Everywhere the package is said to run. To add a target, write a file beside and name it here:
 *
 * - `name`; `version`, or a function that finds it out
 * - `packages`: what its project installs besides ours, by version
 * - `files`: what its project holds besides program.mjs, by name
 * - `ways`: by name, functions that run the program in the project and give its result; or `{ run, refuses, because }`
 *   where an error is the right outcome, with the pattern of its message and what to say in the table
 * - `missing`, optional: gives the reason where it cannot run on this machine; `debian`: Debian's packages that would help
 * - `prepare`, optional: is given the project before the ways run
 */

import browsers from "./browsers.mjs";
import bun from "./bun.mjs";
import bundlers from "./bundlers.mjs";
import csp from "./csp.mjs";
import deno from "./deno.mjs";
import jest from "./jest.mjs";
import next from "./next.mjs";
import node from "./node.mjs";
import vite from "./vite.mjs";
import workers from "./workers.mjs";

export const targets = [node, deno, bun, browsers, csp, vite, bundlers, next, workers, jest].flat();
