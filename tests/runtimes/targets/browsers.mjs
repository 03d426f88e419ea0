/** @file Browsers without a bundler: a page with an import map, and a module worker, which has none. */

import * as chromium from "../browsers/chromium.mjs";
import * as firefox from "../browsers/firefox.mjs";
import * as webkit from "../browsers/webkit.mjs";
import { html, page } from "../files.mjs";
import { serving } from "../serve.mjs";

const map = { imports: { unrolled: "/node_modules/unrolled/dist/index.js" } };

const files = {
  "page.html": `<script type="importmap">${JSON.stringify(map)}</script>${html("page.js")}`,
  "page.js": page,
  "worker.html": html("starts-worker.js"),
  "starts-worker.js": `const worker = new Worker("worker.js", { type: "module" });
worker.onmessage = ({ data }) => (globalThis.result = data);
worker.onerror = ({ message }) => (globalThis.result = { error: String(message) });
`,
  "worker.js": page
    .replace('"unrolled"', '"/node_modules/unrolled/dist/index.js"')
    .replace("globalThis.result = outcome(unrolled)", "postMessage(outcome(unrolled))"),
};

const target = (browser) => ({
  name: browser.name,
  version: browser.version,
  missing: browser.missing,
  debian: browser.debian,
  packages: browser.packages ?? {},
  files,
  ways: Object.fromEntries(
    ["page", "worker"].map((way) => [
      way === "worker" ? "module worker" : way,
      (project) => serving(project.folder, (url) => browser.visit(`${url}/${way}.html`, project)),
    ]),
  ),
});

export default [chromium, firefox, webkit].map(target);
