/** @file A Worker for Cloudflare: what wrangler uploads, in Miniflare and in workerd. */

import { readdirSync } from "node:fs";
import { resultIn } from "../project.mjs";

const DATE = "2026-04-01"; // of compatibility: not after that of wrangler's workerd

const bundle = (project) =>
  project.node(project.bin("wrangler"), "deploy", "--dry-run", "--outdir", "out");

export default {
  name: "wrangler",
  version: "4.86.0",
  packages: { wrangler: "4.86.0" },
  files: {
    "wrangler.json": {
      name: "bare",
      main: "worker.js",
      compatibility_date: DATE,
      send_metrics: false,
    },
    "worker.js": `import * as unrolled from "unrolled";
import { outcome } from "./program.mjs";

export default {
  fetch: () => Response.json(outcome(unrolled)),
  test: () => console.log("RESULT " + JSON.stringify(outcome(unrolled))),
};
`,
  },
  ways: {
    "its bundle in Miniflare": async (project) => {
      await bundle(project);
      const { Miniflare } = await project.import("miniflare");
      const [wasm] = readdirSync(project.path("out")).filter((name) => name.endsWith(".wasm"));
      const miniflare = new Miniflare({
        modules: [
          { type: "ESModule", path: project.path("out/worker.js") },
          { type: "CompiledWasm", path: project.path("out", wasm) },
        ],
        modulesRoot: project.path("out"),
        compatibilityDate: DATE,
      });
      try {
        const response = await miniflare.dispatchFetch("http://localhost/");
        return await response.json();
      } finally {
        await miniflare.dispose();
      }
    },
    "in workerd": async (project) => {
      await bundle(project);
      const [wasm] = readdirSync(project.path("out")).filter((name) => name.endsWith(".wasm"));
      project.write({
        "config.capnp": `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "out/worker.js"),
    (name = "${wasm}", wasm = embed "out/${wasm}")
  ],
  compatibilityDate = "${DATE}"
);
`,
      });
      return resultIn(await project.node(project.bin("workerd"), "test", "config.capnp"));
    },
  },
};
