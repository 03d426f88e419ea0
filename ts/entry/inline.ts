/** @file `unrolled`, with the module carried along as text: for Node, browsers, Deno and Bun, with and without bundlers. */

import { hex } from "../../build/bytes.ts";
import { provide } from "./slim.ts";

export * from "../index.ts";

provide(() => new WebAssembly.Module(decode(hex)));

type Bytes = Uint8Array<ArrayBuffer>;

/** Two digits a byte. Where the engine or Node has a decoder, that is ten times as fast. */
function decode(text: string): Bytes {
  const { fromHex } = Uint8Array as { fromHex?: (text: string) => Bytes };
  if (fromHex) return fromHex.call(Uint8Array, text);
  const { Buffer } = globalThis as { Buffer?: { from(text: string, as: "hex"): Uint8Array } };
  if (Buffer) return Buffer.from(text, "hex") as Bytes;
  const bytes = new Uint8Array(text.length / 2);
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return code < 0x61 ? code - 0x30 : code - 0x57; // 0 to 9, a to f
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}
