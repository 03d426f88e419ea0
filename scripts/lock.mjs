/** @file One build at a time: two in the same folder would write the same files. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "./say.mjs";

const file = join(root, "build/.lock");

export async function alone(work) {
  mkdirSync(join(root, "build"), { recursive: true });
  for (let waiting = false; !take();) {
    if (!waiting) console.log("> waiting for another build in this folder");
    waiting = true;
    await setTimeout(300);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Writes our process into the lock, unless one that still runs holds it. */
function take() {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0); // signal 0 only asks whether it is there
  } catch (error) {
    if (error.code === "ESRCH") rmSync(file, { force: true });
  }
  return false;
}
