/** @file Bun. Its package's own command wants an install script; the binary stands beside. */

import { readdirSync } from "node:fs";
import { main, mainCommonJS } from "../files.mjs";
import { resultIn } from "../project.mjs";

const run = async (project, file) => {
  const [platform] = readdirSync(project.path("node_modules/@oven"));
  return resultIn(
    await project.run(project.path("node_modules/@oven", platform, "bin/bun"), [file]),
  );
};

export default {
  name: "Bun",
  version: "1.4.5",
  packages: { bun: "1.4.5" },
  files: { "main.mjs": main, "main.cjs": mainCommonJS },
  ways: {
    import: (project) => run(project, "main.mjs"),
    require: (project) => run(project, "main.cjs"),
  },
};
