/** @file Nobody's system is changed unasked. */

import { createInterface } from "node:readline/promises";
import { execute, Stop } from "../say.mjs";

/** Who is there to be asked, and how commands are run. Tests give another. */
const system = {
  isRoot: process.getuid?.() === 0,
  hasTerminal: Boolean(process.stdin.isTTY),
  async ask(question) {
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await prompt.question(question);
    prompt.close();
    return answer;
  },
  async run([command, ...args]) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    return (await execute(command, args, { quiet: true, env })).code;
  },
};

/** Whether changes are made without a question: as root without a terminal (a container, CI). */
export const unasked = ({ isRoot, hasTerminal } = system) => isRoot && !hasTerminal;

/** What installs Debian's packages. */
export const apt = (packages, { isRoot } = system) =>
  [
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends", ...packages],
  ].map((command) => (isRoot ? command : ["sudo", ...command]));

/**
 * Runs commands that change the system: at once where nobody can be asked and nobody's system is changed, at a terminal
 * after a yes. Anywhere else it stops and says what to run.
 *
 * @param {string} why what they are for
 * @param {string[][]} commands
 * @param {string} otherwise what a person may do in their place
 * @returns whether all of them succeeded; false also for a no
 */
export async function withConsent(why, commands, otherwise = "", by = system) {
  const text = commands.map((command) => `    ${command.join(" ")}`).join("\n");
  if (by.hasTerminal) {
    const answer = await by.ask(`${why}:\n${text}\nRun this now? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) return false;
  } else if (!unasked(by)) {
    throw new Stop(`${why}. Run this, then try again:\n${text}\n${otherwise}`.trimEnd());
  }
  for (const command of commands) {
    if ((await by.run(command)) !== 0) return false;
  }
  return true;
}
