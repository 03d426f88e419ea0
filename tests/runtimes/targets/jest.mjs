/** @file Jest, which knows no ES modules unless Node's flag lets it. */

import { resultIn } from "../project.mjs";

const run =
  (pattern, ...flags) =>
  (project) =>
    project
      .node(...flags, project.bin("jest"), "--silent=false", pattern)
      .then((text) => resultIn(text.replace(/^\s+RESULT/m, "RESULT")));

const body = `test("the program runs", () => console.log("RESULT " + JSON.stringify(program(unrolled))));\n`;

export default {
  name: "Jest",
  version: "30.5.2",
  packages: { jest: "30.5.2" },
  files: {
    "jest.config.json": { moduleFileExtensions: ["js", "mjs", "cjs"], testMatch: ["**/*.spec.*"] },
    "commonjs.spec.cjs": `const unrolled = require("unrolled");
const { program } = require("./program.cjs");
${body}`,
    "modules.spec.mjs": `import * as unrolled from "unrolled";
import { program } from "./program.mjs";
${body}`,
  },
  /** The program in CommonJS. */
  prepare(project) {
    const source = project.read("program.mjs").replaceAll("export function", "function");
    project.write({ "program.cjs": `${source}\nmodule.exports = { program };\n` });
  },
  ways: {
    "CommonJS, its default": run("commonjs"),
    "ES modules (--experimental-vm-modules)": run("modules", "--experimental-vm-modules"),
  },
};
