/** @file The module, carried along as text: for Node, browsers, Deno and Bun, with and without bundlers. */

import { base64 } from "../../build/bytes.ts";

export function getModule(): WebAssembly.Module {
  return new WebAssembly.Module(decode(base64));
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const builtIn = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }; // not yet in Node 24
  if (builtIn.fromBase64) return builtIn.fromBase64(text);
  // Node and Bun: ten times as fast as what follows
  const { Buffer } = globalThis as { Buffer?: { from(text: string, as: "base64"): Uint8Array } };
  if (Buffer) return Buffer.from(text, "base64") as Uint8Array<ArrayBuffer>;
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
