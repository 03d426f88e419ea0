/** @file The module where the application loads it itself: `init` or `initSync` come before anything else. */

let given: WebAssembly.Module | undefined;

export function getModule(): WebAssembly.Module {
  if (given) return given;
  throw new Error(
    "unrolled/slim: call initSync(module) or await init(source) before anything else",
  );
}

/** Takes the compiled module, or its bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
  given = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
}

/**
 * Loads the module: compiled, as bytes, as a response, or from a URL.
 *
 * @throws TypeError when the response is not a WASM module
 */
export async function init(
  source: WebAssembly.Module | BufferSource | Response | PromiseLike<Response> | URL | string,
): Promise<void> {
  const from = await source;
  if (
    from instanceof WebAssembly.Module ||
    from instanceof ArrayBuffer ||
    ArrayBuffer.isView(from)
  ) {
    return initSync(from);
  }
  const response = from instanceof Response ? from : await fetch(from);
  if (!response.ok) throw new TypeError(`init: ${response.url} answered ${response.status}`);
  initSync(await response.arrayBuffer());
}
