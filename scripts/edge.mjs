/** @file `npm run edge`: the edge service of ts/edge in workerd. `npm run edge -- --load`: its load test instead. */

import { join } from "node:path";
import { build } from "./build.mjs";
import { checkpoints } from "./edge/checkpoints.mjs";
import { load, shown } from "./edge/load.mjs";
import { prepare, serve } from "./edge/workerd.mjs";
import { root, run, step } from "./say.mjs";

const FOLDER = "build/edge";
const STARTS = 5;

await run(async () => {
  await build();
  await checkpoints(FOLDER);
  const folder = join(root, FOLDER);
  await prepare(folder);
  return process.argv.includes("--load") ? test(folder) : listen(folder);
});

async function listen(folder) {
  const { url, ended } = await serve(folder);
  console.log(`
The service listens on ${url}. In another terminal:

  curl -N ${url}/text -d '{"prompt": "export function ", "length": 300}'
  curl -N ${url}/text -d '{"prompt": "export function ", "length": 200, "model": "gpt2"}'
  curl ${url}/sessions -d '{"model": "lstm"}'

ts/edge/service.ts lists all that it answers. Ctrl-C ends it.`);
  return ended;
}

/** Starts it some times, for another process may hold one up; then loads the last. */
async function test(folder) {
  const starts = [];
  for (let i = 0; i < STARTS; i++) {
    const { startup, stop, ended } = await serve(folder, { port: 0 });
    starts.push(startup);
    stop();
    await ended;
  }
  const service = { ...(await serve(folder, { port: 0 })), startup: Math.min(...starts) };
  try {
    const report = await step("10,000 requests of 64 sessions at a time", () =>
      load(service, { sessions: 64, requests: 10_000 }),
    );
    console.log(shown(report));
    return report.crossTalk + report.failures > 0 ? 1 : 0;
  } finally {
    service.stop();
  }
}
