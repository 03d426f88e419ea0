/** @file Deno, without any permission. */

import { main, mainCommonJS } from "../files.mjs";
import { resultIn } from "../project.mjs";

const run = async (project, file) =>
  resultIn(await project.node(project.bin("deno"), "run", "--no-remote", file));

export default {
  name: "Deno",
  version: "2.9.6",
  packages: { deno: "2.9.6" },
  files: { "main.mjs": main, "main.cjs": mainCommonJS },
  ways: {
    import: (project) => run(project, "main.mjs"),
    require: (project) => run(project, "main.cjs"),
  },
};
