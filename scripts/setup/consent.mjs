/** @file Nobody's system is changed unasked. */

import { createInterface } from "node:readline/promises";
import { execute, Stop } from "../say.mjs";

const isRoot = process.getuid?.() === 0;

/** What installs Debian's packages. */
export const apt = (...packages) =>
  [
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends", ...packages],
  ].map((command) => (isRoot ? command : ["sudo", ...command]));

/**
 * Runs commands that change the system: as root without a terminal (a container, CI) at once, at a terminal after a
 * yes. Anywhere else it stops and says what to run.
 *
 * @param {string} why what they are for
 * @param {string[][]} commands
 * @param {string} otherwise what a person may do in their place
 * @returns whether all of them succeeded; false also for a no
 */
export async function withConsent(why, commands, otherwise = "") {
  const text = commands.map((command) => `    ${command.join(" ")}`).join("\n");
  if (process.stdin.isTTY) {
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await prompt.question(`${why}:\n${text}\nRun this now? [y/N] `);
    prompt.close();
    if (!/^y(es)?$/i.test(answer.trim())) return false;
  } else if (!isRoot) {
    throw new Stop(`${why}. Run this, then try again:\n${text}\n${otherwise}`.trimEnd());
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const [command, ...args] of commands) {
    const { code } = await execute(command, args, { quiet: true, env });
    if (code !== 0) return false;
  }
  return true;
}
