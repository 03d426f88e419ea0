/** @file The examples of docstrings: what stands under `@example`, and indented code in the text before. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ts = fileURLToPath(new URL("../../ts", import.meta.url));

export interface Example {
  /** In ts/. */
  file: string;
  code: string;
}

/** Those of everything in a folder of ts/, or in one file. */
export function examplesOf(place = ""): Example[] {
  const files = place.endsWith(".ts")
    ? [place]
    : readdirSync(join(ts, place), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .sort();
  return files.flatMap((file) => {
    const source = readFileSync(join(ts, file), "utf8");
    return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(([comment]) => {
      const text = comment.slice(3, -2).replace(/^ *\* ?/gm, "");
      return [...tagged(text), ...indented(text)].map((code) => ({ file, code }));
    });
  });
}

const tagged = (text: string): string[] =>
  [...text.matchAll(/^@example\n([\s\S]*?)(?=^@|$(?![\s\S]))/gm)].map(([, code]) => code!);

/** Paragraphs of four spaces are formulas or code, whose statements end with a semicolon or open a brace. */
function indented(text: string): string[] {
  const [prose = ""] = text.split(/^@(?!file)/m);
  return [...prose.matchAll(/(?<=\n\s*\n)(?: {4}.*\n(?:\s*\n(?= {4}))?)+/g)].flatMap(([block]) => {
    const paragraphs = block.replace(/^ {4}/gm, "").split("\n\n");
    const code = paragraphs.filter((paragraph) => /[;{]( *\/\/.*)?$/m.test(paragraph));
    return code.length > 0 ? [code.join("\n\n")] : [];
  });
}
