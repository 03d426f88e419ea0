/**
 * @file `unrolled/float32`: the whole API with three quarters of the kernels' bytes, since arithmetic in float64 is left out.
 * Where `unrolled` is imported as well, before the first tensor, its kernels serve both.
 */

import { size, text } from "../../build/bytes.float32.ts";
import { decode } from "./printable.ts";
import { providePart } from "./slim.ts";

export * from "../index.ts";

providePart(() => new WebAssembly.Module(decode(text, size)));
