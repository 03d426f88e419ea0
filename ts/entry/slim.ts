/** @file Where core.js has its module from: the entry that carries one along, or the application, by `init` or `initSync`. */

type Source = () => WebAssembly.Module;

/** The application's, an entry's, and that of the entry without float64: the first of them that is there serves. */
let given: Source | undefined;
let whole: Source | undefined;
let part: Source | undefined;

export function getModule(): WebAssembly.Module {
  const source = given ?? whole ?? part;
  if (source) return source();
  throw new Error(
    "unrolled/slim: call initSync(module) or await init(source) before anything else",
  );
}

/** For an entry with a module of its own: compiled on first use, unless another was given. */
export function provide(compile: Source): void {
  whole = compile;
}

/** The same for the entry whose module has no float64. */
export function providePart(compile: Source): void {
  part = compile;
}

/** Of any realm: Next.js gives an edge route a module that is no instance of the route's own class. */
const isModule = (source: unknown): boolean =>
  Object.prototype.toString.call(source) === "[object WebAssembly.Module]";

const isBytes = (source: unknown): source is BufferSource =>
  ArrayBuffer.isView(source) || source instanceof ArrayBuffer;

/**
 * Takes the compiled module, or its bytes, which are compiled at once.
 *
 * @throws WebAssembly.CompileError when the bytes are no module, or the runtime refuses to compile
 *
 * @example
 * initSync(bytes); // of unrolled/kernels.wasm
 */
export function initSync(from: WebAssembly.Module | BufferSource): void {
  // The type of a module has no members, so nothing narrows to it.
  const module = isModule(from)
    ? (from as WebAssembly.Module)
    : new WebAssembly.Module(from as BufferSource);
  given = () => module;
}

/**
 * Loads the module: compiled, as bytes, as a response, or from a URL. Not from a file: URL in Node, whose `fetch` knows
 * none: read the bytes and pass them.
 *
 * @throws TypeError when the response is an error or holds no module
 * @throws WebAssembly.CompileError when the runtime refuses to compile
 *
 * @example
 * await init(new Response(bytes)); // or of fetch(url), for unrolled/kernels.wasm at a URL of yours
 */
export async function init(
  given: WebAssembly.Module | BufferSource | Response | PromiseLike<Response> | URL | string,
): Promise<void> {
  const from = await given;
  if (isModule(from)) return initSync(from as WebAssembly.Module);
  initSync(
    await WebAssembly.compile(
      isBytes(from) ? from : await download(from as Response | URL | string),
    ),
  );
}

/** Servers answer a wrong address with a page, whose text no compiler's error would show. */
async function download(from: Response | URL | string): Promise<ArrayBuffer> {
  const response = from instanceof Response ? from : await fetch(from);
  const where = response.url || "the response";
  if (!response.ok) throw new TypeError(`init: ${where} answered ${response.status}`);
  const bytes = await response.arrayBuffer();
  const start = new TextDecoder().decode(bytes.slice(0, 16));
  if (start.startsWith("\0asm")) return bytes;
  throw new TypeError(
    `init: expected ${where} to be a WASM module, got ${bytes.byteLength} bytes that begin with ${JSON.stringify(start)}`,
  );
}
