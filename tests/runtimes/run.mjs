/**
 * @file `npm run test:runtimes`: the packed package, installed into a bare project for each target, where the same program
 * must give the same bits. `--list`, `--only <part of a name>`, `--keep` (the projects), `--readme` (writes the table),
 * `--tarball <file>` (one that is packed already).
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { must, output, run, Stop } from "../../scripts/say.mjs";
import { debianPackages } from "../../scripts/setup/browser.mjs";
import { main } from "./files.mjs";
import { Project, resultIn } from "./project.mjs";
import { record, writeTable } from "./table.mjs";
import { targets } from "./targets/index.mjs";

const { values: options } = parseArgs({
  options: {
    list: { type: "boolean" },
    only: { type: "string", multiple: true, default: [] },
    keep: { type: "boolean" },
    tarball: { type: "string" },
    readme: { type: "boolean" },
  },
});

const chosen = targets.filter(
  ({ name }) =>
    options.only.length === 0 ||
    options.only.some((part) => name.toLowerCase().includes(part.toLowerCase())),
);

await run(async () => {
  if (options.list) {
    for (const { name, ways } of targets) console.log(`${name}: ${Object.keys(ways).join("; ")}`);
    return 0;
  }
  if (chosen.length === 0)
    throw new Stop(`No target is called ${options.only.join(" or ")}; see --list.`);
  if (!options.tarball) await build();
  await debianPackages(
    chosen.flatMap((target) => (target.missing?.() ? (target.debian ?? []) : [])),
  );
  const folder = mkdtempSync(join(tmpdir(), "unrolled-runtimes-"));
  try {
    const tarball = options.tarball ? resolve(options.tarball) : pack(folder);
    const expected = await reference(folder, tarball);
    console.log(`the weights' hash: ${expected.hash}`);
    const total = { passed: 0, failed: 0, skipped: 0 };
    for (const target of chosen) {
      for (const { verdict } of await tried(target, folder, tarball, expected)) total[verdict]++;
    }
    if (options.readme) writeTable(expected.hash);
    const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
    console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
    return total.failed > 0 ? 1 : 0;
  } finally {
    if (options.keep) console.log(`the projects: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
});

/** @returns the path of what would be published */
function pack(folder) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const text = output("npm", args);
  if (text === undefined) throw new Stop("npm pack failed.");
  return join(folder, JSON.parse(text)[0].filename);
}

/** What this Node computes, from a project like the others. */
async function reference(folder, tarball) {
  const project = await projectOf(
    { name: "reference", files: { "main.mjs": main } },
    folder,
    tarball,
  );
  const result = resultIn(await project.node("main.mjs"));
  if (result.loss !== result.reloaded)
    throw new Stop("The loss changes when the weights are saved and loaded.");
  return result;
}

async function projectOf({ name, packages = {}, files, prepare }, folder, tarball) {
  const project = new Project(join(folder, name.replaceAll(/[^\w.]+/g, "-")));
  mkdirSync(project.folder);
  project.write({ "package.json": { name: "bare", private: true, version: "1.0.0" } });
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const flags = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--no-progress",
  ];
  await must("npm", ["install", ...flags, tarball, ...wanted], {
    cwd: project.folder,
    quiet: true,
  });
  project.write({
    "program.mjs": readFileSync(new URL("program.mjs", import.meta.url), "utf8"),
    ...files,
  });
  await prepare?.(project);
  return project;
}

/** Runs a target's ways, says and records what came of each. */
async function tried(target, folder, tarball, expected) {
  const reason = target.missing?.();
  const ways = Object.entries(target.ways);
  let version, project, broken;
  const start = performance.now();
  console.log(`\n> ${target.name}`);
  if (reason) {
    console.log(`  skipped: ${reason}`);
  } else {
    try {
      project = await projectOf(target, folder, tarball);
    } catch (error) {
      broken = error;
    }
    console.log(`  ${broken ? "not installed" : "installed"} in ${seconds(start)} s`);
  }
  const results = [];
  for (const [name, way] of ways) {
    const start = performance.now();
    const result = reason
      ? { verdict: "skipped", note: reason }
      : broken
        ? { verdict: "failed", note: broken.message }
        : await judged(way, project, expected);
    results.push({ way: name, ...result, seconds: Number(seconds(start)) });
    if (reason) continue;
    const note = result.note ? `: ${result.note}` : "";
    console.log(`  ${result.verdict} ${name}${note} (${seconds(start)} s)`);
  }
  if (project) {
    version = typeof target.version === "function" ? await target.version(project) : target.version;
    console.log(`  version ${version}`);
  }
  record(target.name, { version, hash: expected.hash, results });
  if (project && !options.keep) rmSync(project.folder, { recursive: true, force: true });
  return results;
}

async function judged(way, project, expected) {
  const { run, refuses, because } = typeof way === "function" ? { run: way } : way;
  let result;
  try {
    result = await run(project);
  } catch (error) {
    result = { error: error.message };
  }
  if (refuses) {
    if (refuses.test(result.error)) return { verdict: "passed", note: because };
    return { verdict: "failed", note: `expected an error like ${refuses}, got ${told(result)}` };
  }
  if (isDeepStrictEqual(result, expected)) return { verdict: "passed" };
  return { verdict: "failed", note: told(result) };
}

function told(result) {
  return result?.error ?? `it gave ${JSON.stringify(result)}`;
}

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(1);
}
