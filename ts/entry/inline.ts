/** @file The module, carried along as text: for Node, browsers, Deno and Bun, with and without bundlers. */

import { hex } from "../../build/bytes.ts";

export const getModule = (): WebAssembly.Module => new WebAssembly.Module(decode(hex));

/** Two lower-case digits a byte. Only the newest engines have Uint8Array.fromHex. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  // Node and Bun: ten times as fast as what follows
  const { Buffer } = globalThis as { Buffer?: { from(text: string, as: "hex"): Uint8Array } };
  if (Buffer) return Buffer.from(text, "hex") as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(text.length / 2);
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return code < 0x61 ? code - 0x30 : code - 0x57; // 0 to 9, a to f
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}
