/**
 * @file `npm run size`: what each row of the table adds to build/kernels.wasm, and what float64 adds to float32. A function
 * that one row alone can reach is its own; what several reach is shared.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "./build.mjs";
import { node, root, run } from "./say.mjs";

const WASM = join(root, "build/kernels.wasm");
const TEXT = join(root, "build/kernels.wat");

/** Bytes by row: { name, own, shared }; of shared functions, with the rows that reach them; of the whole code, and of what only float64 rows reach. */
export async function sizes() {
  await node("wasm-dis", ["--enable-simd", WASM, "-o", TEXT]);
  const { calls, rows } = callsIn(readFileSync(TEXT, "utf8"));
  const bytes = functionSizes(readFileSync(WASM));
  const reach = new Map([...rows].map(([name, start]) => [name, reachable(start, calls)]));
  const users = bytes.map((_, f) => [...reach.keys()].filter((name) => reach.get(name).has(f)));
  const add = (functions) => functions.reduce((sum, f) => sum + bytes[f], 0);
  const table = [...reach].map(([name, functions]) => {
    const own = add([...functions].filter((f) => users[f].length === 1));
    return { name, own, shared: add([...functions]) - own };
  });
  const shared = bytes
    .map((size, f) => ({ size, users: users[f] }))
    .filter(({ users }) => users.length > 1)
    .sort((a, b) => b.size - a.size);
  const doubles = bytes.map((_, f) => f).filter((f) => users[f].every((n) => n.endsWith("_f64")));
  const code = add([...bytes.keys()]);
  return { rows: table.sort((a, b) => b.own - a.own), shared, code, float64: add(doubles) };
}

/** Who calls whom, by number, and the function of each exported name. */
function callsIn(text) {
  const table = [...(/\(elem .*?\)\)?$/m.exec(text)?.[0] ?? "").matchAll(/\$(\d+)(?= |\))/g)];
  const indirect = table.map(([, f]) => Number(f));
  const calls = text
    .split(/^ \(func \$/m)
    .slice(1)
    .map((body) => [
      ...[...body.matchAll(/\(call \$(\d+)/g)].map(([, f]) => Number(f)),
      ...(body.includes("(call_indirect") ? indirect : []),
    ]);
  const exported = text.matchAll(/\(export "(\w+)" \(func \$(\d+)\)\)/g);
  return { calls, rows: new Map([...exported].map(([, name, f]) => [name, Number(f)])) };
}

function reachable(start, calls, seen = new Set()) {
  if (seen.has(start)) return seen;
  seen.add(start);
  for (const f of calls[start]) reachable(f, calls, seen);
  return seen;
}

/** The bytes of each function's body, from the code section: a size before each. */
function functionSizes(wasm) {
  let at = 8; // magic number and version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const CODE = 10;
  for (;;) {
    const [section, length] = [wasm[at++], number()];
    if (section === CODE) break;
    at += length;
  }
  return Array.from({ length: number() }, () => {
    const from = at;
    const size = number();
    at += size;
    return at - from;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    await build();
    const { rows, shared, code, float64 } = await sizes();
    console.log(`${"row".padEnd(28)}${"its own".padStart(10)}${"shared".padStart(10)}`);
    for (const { name, own, shared } of rows) {
      console.log(`${name.padEnd(28)}${String(own).padStart(10)}${String(shared).padStart(10)}`);
    }
    console.log(`\n${"shared".padStart(10)}  by`);
    for (const { size, users } of shared.filter(({ size }) => size >= 1000)) {
      const more = users.length > 8 ? ` and ${users.length - 8} more` : "";
      console.log(`${String(size).padStart(10)}  ${users.slice(0, 8).join(", ")}${more}`);
    }
    const wasm = readFileSync(WASM);
    const part = (100 * float64) / (code - float64);
    console.log(
      `\n${wasm.length} bytes, ${gzipSync(wasm, { level: 9 }).length} gzipped; code ${code}`,
    );
    console.log(
      `float64 adds ${float64} bytes, ${part.toFixed(0)} %, to the ${code - float64} of the rest`,
    );
  });
}
