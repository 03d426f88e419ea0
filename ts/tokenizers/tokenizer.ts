import { Tokenizer as Library } from "@huggingface/tokenizers";
import { TextStream } from "./text-stream.ts";

/** tokenizer.json or tokenizer_config.json: parsed, as text, or as bytes. */
export type TokenizerFile = Readonly<Record<string, unknown>> | string | Uint8Array;

export interface EncodeOptions {
  /** A second text after the first. Default none. */
  pair?: string;
  /** Whether the tokens that the model expects around texts are added, such as [CLS] and [SEP]. Default true. */
  special?: boolean;
}

export interface Encoding {
  ids: number[];
  tokens: string[];
  /** 0 for tokens of the first text, 1 for those of the pair: `tokenTypes` of a BERT. */
  types: number[];
}

export interface DecodeOptions {
  /** Whether special tokens are left out. Default true. */
  skipSpecial?: boolean;
}

/**
 * Text to tokens and back, as tokenizer.json says: byte-level BPE, WordPiece, Unigram and what else Hugging Face's library of
 * this name reads.
 *
 *     const tokenizer = new Tokenizer(readFileSync("tokenizer.json"));
 *     const { ids } = tokenizer.encode("The animal didn't cross the street");
 *     const { logits } = model.forward(tensor([ids], { dtype: "int32" }));
 */
export class Tokenizer {
  readonly #library: Library;
  readonly #cleanUp: boolean;
  readonly #special: ReadonlySet<number>;
  /** Whether the library leaves it to us to put a pair together. */
  readonly #joins: boolean;

  /**
   * @param file   tokenizer.json
   * @param config tokenizer_config.json; default none. It may ask that spaces before punctuation are dropped from decoded text
   * @throws TypeError for what is no such file, or asks for a part that the library has not
   */
  constructor(file: TokenizerFile, config: TokenizerFile = {}) {
    const parsed = parse("tokenizer.json", file);
    const settings = parse("tokenizer_config.json", config);
    if (typeof parsed.model !== "object" || parsed.model === null) {
      throw new TypeError("Tokenizer: expected tokenizer.json with a model, got none");
    }
    const parts = { decoder: null, post_processor: null, pre_tokenizer: null, normalizer: null };
    try {
      this.#library = new Library({ ...parts, added_tokens: [], ...parsed }, settings);
    } catch (cause) {
      throw new TypeError(
        `Tokenizer: expected a tokenizer.json that can be read, got: ${String(cause)}`,
        { cause },
      );
    }
    const { type } = (parsed.post_processor ?? {}) as { type?: string };
    this.#joins = type === undefined || type === "ByteLevel";
    this.#cleanUp = settings.clean_up_tokenization_spaces === true;
    const added = [...this.#library.get_added_tokens_decoder().values()];
    this.#special = new Set(added.filter((token) => token.special).map(({ id }) => id));
  }

  /** @throws RangeError for a text that has no tokens, where the vocabulary has none for the unknown */
  encode(text: string, { pair, special = true }: EncodeOptions = {}): Encoding {
    expectText("encode", text);
    if (pair !== undefined) expectText("encode", pair);
    if (pair !== undefined && this.#joins) {
      const [a, b] = [this.encode(text), this.encode(pair)];
      return {
        ids: [...a.ids, ...b.ids],
        tokens: [...a.tokens, ...b.tokens],
        types: [...a.types, ...b.types.map(() => 1)],
      };
    }
    const options = { text_pair: pair ?? null, add_special_tokens: special };
    const found = this.#library.encode(text, { ...options, return_token_type_ids: true });
    const { ids, tokens, token_type_ids = ids.map(() => 0) } = found;
    const strange = ids.findIndex((id) => id === undefined);
    if (strange >= 0) {
      throw new RangeError(
        `Tokenizer: expected a text of known tokens, got ${JSON.stringify(tokens[strange])}, and there is no unknown token`,
      );
    }
    return { ids, tokens, types: token_type_ids };
  }

  /** @throws RangeError for an id that is not in the vocabulary */
  decode(ids: Iterable<number>, { skipSpecial = true }: DecodeOptions = {}): string {
    const all = Array.from(ids);
    for (const id of all) {
      if (this.tokenOf(id) !== undefined) continue;
      throw new RangeError(`Tokenizer: expected ids below ${this.size}, got ${String(id)}`);
    }
    const shown = skipSpecial ? all.filter((id) => !this.#special.has(id)) : all;
    if (shown.length === 0) return "";
    return this.#library.decode(shown, { clean_up_tokenization_spaces: this.#cleanUp });
  }

  /** Decodes tokens as they come: see `TextStream`. */
  stream(options: DecodeOptions = {}): TextStream {
    return new TextStream((ids) => this.decode(ids, options));
  }

  /** How many tokens there are, added ones included. */
  get size(): number {
    return this.#library.get_vocab().size;
  }

  /** undefined for a token that is not there. */
  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  /** undefined for an id that is not there. */
  tokenOf(id: number): string | undefined {
    return this.#library.id_to_token(id);
  }
}

function parse(name: string, file: TokenizerFile): Readonly<Record<string, unknown>> {
  if (typeof file === "object" && file !== null && !isBytes(file)) return file;
  try {
    const text = isBytes(file) ? new TextDecoder().decode(file) : file;
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch (cause) {
    throw new TypeError(`Tokenizer: expected ${name} to be JSON, got what is none`, { cause });
  }
  throw new TypeError(`Tokenizer: expected ${name} to be an object, got ${String(file)}`);
}

const isBytes = (x: unknown): x is Uint8Array =>
  Object.prototype.toString.call(x) === "[object Uint8Array]";

function expectText(op: string, text: unknown): void {
  if (typeof text === "string") return;
  throw new TypeError(`Tokenizer: expected a string to ${op}, got ${typeof text}`);
}
