/** @file The bodies of requests: small JSON objects, checked field by field. */

import { bad, Problem } from "./problem.ts";

const MOST_BYTES = 2 ** 16;

/** The fields of a request. None without a body. @throws Problem when it is too large, or no JSON object */
export async function bodyOf(request: Request): Promise<Body> {
  const bytes = await readAtMost(request.body, MOST_BYTES);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return new Body({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`expected the body to be JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(`expected the body to be a JSON object, got ${JSON.stringify(value).slice(0, 40)}`);
  }
  return new Body(value as Record<string, unknown>);
}

async function readAtMost(body: ReadableStream<Uint8Array> | null, most: number) {
  const bytes = new Uint8Array(most);
  if (!body) return bytes.subarray(0, 0);
  const reader = body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, length);
    if (length + value.length > most) {
      await reader.cancel();
      throw new Problem(413, `expected a body of at most ${most} bytes`);
    }
    bytes.set(value, length);
    length += value.length;
  }
}

export class Body {
  readonly #fields: Map<string, unknown>;

  constructor(fields: Record<string, unknown>) {
    this.#fields = new Map(Object.entries(fields));
  }

  /** A number, or what it is by default. @throws Problem when it is out of range */
  number(name: string, { least, most, otherwise, whole = false }: NumberField): number {
    const value = this.#take(name) ?? otherwise;
    const fits = typeof value === "number" && value >= least && value <= most;
    if (!fits || (whole && !Number.isInteger(value))) {
      const kind = whole ? "a whole number" : "a number";
      throw bad(
        `expected ${name} to be ${kind} from ${least} to ${most}, got ${JSON.stringify(value)}`,
      );
    }
    return value;
  }

  /** A string of at most `most` characters. @throws Problem */
  text(name: string, { most, otherwise }: { most: number; otherwise?: string }): string {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== "string") {
      throw bad(`expected ${name} to be a string, got ${JSON.stringify(value)}`);
    }
    const length = [...value].length;
    if (length > most) {
      throw bad(`expected ${name} to have at most ${most} characters, got ${length}`);
    }
    return value;
  }

  #take(name: string): unknown {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    return value;
  }

  /** Nothing more is expected. @throws Problem for a field that nobody asked for, such as a misspelt one */
  end(): void {
    const [left] = this.#fields.keys();
    if (left !== undefined) throw bad(`there is no field ${JSON.stringify(left)} here`);
  }
}

interface NumberField {
  least: number;
  most: number;
  otherwise: number;
  whole?: boolean;
}
