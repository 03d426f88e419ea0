/** @file `unrolled`, with the module carried along as text: for Node, browsers, Deno and Bun, with and without bundlers. */

import { size, text } from "../../build/bytes.ts";
import { decode } from "./printable.ts";
import { provide } from "./slim.ts";

export * from "../index.ts";

provide(() => new WebAssembly.Module(decode(text, size)));
