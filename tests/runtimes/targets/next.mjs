/** @file Next.js: a Node route, an edge route and a client component, of one build. */

import * as chromium from "../browsers/chromium.mjs";
import { freePort } from "../project.mjs";

const route = (runtime) => `import * as unrolled from "unrolled";
import { outcome } from "../program.mjs";

export const runtime = "${runtime}";
export const dynamic = "force-dynamic";
export const GET = () => Response.json(outcome(unrolled));
`;

const answer = (path) => (url) => fetch(url + path).then((response) => response.json());

const built = (bundler) => {
  let made; // once for the three
  return (use) => async (project) => {
    made ??= project.node(project.bin("next"), "build", `--${bundler}`);
    await made;
    const port = await freePort();
    const command = [project.bin("next"), "start", "--port", String(port)];
    return project.during(process.execPath, command, `http://127.0.0.1:${port}`, use);
  };
};

const target = (bundler) => {
  const build = built(bundler);
  return {
    name: `Next.js, ${bundler}`,
    version: "16.4.6",
    missing: chromium.missing,
    debian: chromium.debian,
    packages: { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" },
    files: {
      "app/node/route.js": route("nodejs"),
      "app/edge/route.js": route("edge"),
      "app/layout.js": `export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n`,
      "app/page.js": `"use client";
import { useEffect } from "react";
import * as unrolled from "unrolled";
import { outcome } from "./program.mjs";

export default function Page() {
  useEffect(() => void (globalThis.result = outcome(unrolled)), []);
  return <p>unrolled</p>;
}
`,
    },
    prepare: (project) => project.write({ "app/program.mjs": project.read("program.mjs") }),
    ways: {
      server: build(answer("/node")),
      edge: build(answer("/edge")),
      client: build(chromium.visit),
    },
  };
};

export default ["turbopack", "webpack"].map(target);
