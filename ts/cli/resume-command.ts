/** @file The command that goes on from a checkpoint. */

import { basename, relative } from "node:path";
import { quoted } from "./options.ts";
import type { TrainOptions } from "./train.ts";

/** As a shell reads it. */
export function resumeCommand(
  paths: readonly string[],
  { steps, minutes, report, json }: TrainOptions,
  out: string,
): string {
  const words = [
    ...paths,
    "--resume",
    out,
    ...(steps !== undefined
      ? ["--steps", `${steps}`]
      : minutes !== undefined
        ? ["--minutes", `${minutes}`]
        : []),
    ...(report === false
      ? ["--no-report"]
      : typeof report === "string"
        ? ["--report", report]
        : []),
    ...(json ? ["--json"] : []),
  ];
  return `${program()} train ${words.map(quoted).join(" ")}`;
}

/** How this program was called. */
export function program(): string {
  const path = process.argv[1] ?? "unrolled";
  if (basename(path) !== "unrolled") return `node ${quoted(relative(process.cwd(), path))}`;
  return process.env.npm_command === "exec" ? "npx unrolled" : "unrolled";
}
