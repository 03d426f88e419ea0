/** @file Hugging Face's tokenizers: `unrolled/tokenizers`. */

export { Tokenizer, type DecodeOptions, type Encoding, type EncodeOptions } from "./tokenizer.ts";
export type { TokenizerFile } from "./tokenizer.ts";
export { TextStream } from "./text-stream.ts";
