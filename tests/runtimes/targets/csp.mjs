/** @file A page with a strict Content-Security-Policy: WASM needs 'wasm-unsafe-eval', and who forgets it is told so. */

import * as chromium from "../browsers/chromium.mjs";
import * as firefox from "../browsers/firefox.mjs";
import * as webkit from "../browsers/webkit.mjs";
import { html, page } from "../files.mjs";
import { serving } from "../serve.mjs";

const under = (browser, sources) => (project) =>
  serving(project.folder, (url) => browser.visit(`${url}/page.html`, project), {
    "content-security-policy": `default-src 'none'; script-src ${sources}`,
  });

const target = (browser) => ({
  name: `${browser.name}, strict CSP`,
  version: browser.version,
  missing: browser.missing,
  debian: browser.debian,
  packages: browser.packages ?? {},
  files: {
    "page.html": html("page.js"),
    "page.js": page.replace('"unrolled"', '"/node_modules/unrolled/dist/index.js"'),
  },
  ways: {
    "with 'wasm-unsafe-eval'": under(browser, "'self' 'wasm-unsafe-eval'"),
    "without it": {
      run: under(browser, "'self'"),
      refuses: /Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src/,
      because: "refused, as it must be, in words that name the remedy",
    },
  },
});

export default [chromium, firefox, webkit].map(target);
