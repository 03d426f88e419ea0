/** @file The WASM instance: made on first use, from the module that the entry point supplies. */

import { getModule } from "#module";
import type { KernelExports } from "../../build/kernels.d.ts";
import type { DType } from "../core/dtype.ts";

/** An address in WASM memory. 0 is null: "nobody asks for this". */
export type Ptr = number;

type Base<Suffix extends string> = {
  [Name in keyof KernelExports]: Name extends `${infer B}${Suffix}` ? B : never;
}[keyof KernelExports] &
  keyof KernelExports;

/** The rows of the boundary table that exist for an element type, under their plain names. */
export type FloatKernels = Pick<KernelExports, Base<"_f64">>;
export type BytewiseKernels = Pick<KernelExports, Base<"_u8">>;

export interface Kernels extends KernelExports {
  /** The rows of each dtype: `kernels.of[x.dtype].add(...)`. int32 has few of its own and moves as float32 does, bit for bit. */
  of: {
    float32: FloatKernels;
    float64: FloatKernels;
    int32: BytewiseKernels;
    bool: BytewiseKernels;
  };
}

/** Good after `boot()`, which every allocation calls: no tensor exists before it. */
export let kernels: Kernels;

/** Makes the instance, once. Throws if the runtime has no WASM SIMD or forbids compiling. */
export function boot(): void {
  if (kernels) return;
  const { exports } = instance();
  // `fault_at` is there in the checked build only.
  const raw = ("fault_at" in exports ? guarded(exports) : exports) as unknown as KernelExports;
  kernels = {
    ...raw,
    of: {
      float32: raw,
      float64: refusing(suffixed(raw, "_f64")) as FloatKernels,
      int32: { ...raw, ...suffixed(raw, "_i32") },
      bool: suffixed(raw, "_u8") as BytewiseKernels,
    } satisfies Record<DType, unknown>,
  };
}

/** A function that uses one SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** Engines say that they refuse, each in other words, and not what to do. */
function instance(): WebAssembly.Instance {
  const { WebAssembly } = globalThis as { WebAssembly?: typeof globalThis.WebAssembly };
  if (!WebAssembly)
    throw new Error("unrolled: this runtime has no WebAssembly, or it is turned off");
  try {
    return new WebAssembly.Instance(getModule(), {});
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    if (!WebAssembly.validate(SIMD)) {
      throw new Error("unrolled: this runtime's WebAssembly has no SIMD", { cause });
    }
    throw new Error(
      "unrolled: the runtime refused to compile the kernels. Under a Content-Security-Policy, add 'wasm-unsafe-eval' to its " +
        'script-src; at the edge, let the bundler resolve the condition "workerd" or "edge-light"',
      { cause },
    );
  }
}

/** The rows of float64; asking for one that `unrolled/float32` does not bring says so. */
function refusing(rows: object): object {
  if ("add" in rows) return rows;
  return new Proxy(rows, {
    get(rows, name) {
      const row = Reflect.get(rows, name) as unknown;
      if (row) return row;
      throw new TypeError(
        `unrolled/float32 has no ${String(name)} for float64: import "unrolled" instead, or as well, before the first tensor`,
      );
    },
  });
}

/** `{ add_f64 }` becomes `{ add }`. */
function suffixed(exports: object, suffix: string): object {
  const rows = Object.entries(exports).filter(([name]) => name.endsWith(suffix));
  return Object.fromEntries(rows.map(([name, row]) => [name.slice(0, -suffix.length), row]));
}

/** The checked build's exports, which leave a message behind when they trap. */
function guarded(exports: WebAssembly.Exports): Record<string, unknown> {
  const { memory, fault_at, fault_len } = exports as Record<string, CallableFunction> & {
    memory: WebAssembly.Memory;
  };
  const guard =
    (row: CallableFunction) =>
    (...args: number[]): unknown => {
      try {
        return row(...args);
      } catch (cause) {
        const message = new Uint8Array(memory.buffer, fault_at!() >>> 0, fault_len!());
        throw new Error(`internal: ${new TextDecoder().decode(message)}`, { cause });
      }
    };
  const rows = Object.entries(exports).map(([name, value]) => [
    name,
    typeof value === "function" ? guard(value) : value,
  ]);
  const { alloc } = exports as { alloc: (bytes: number) => Ptr };
  let growths = 0;
  /** Growing by nothing cuts off every view that is held across an allocation, as growing by something would. */
  const allocCuttingOff = (bytes: number): Ptr => {
    const ptr = alloc(bytes);
    if (++growths < 1000) memory.grow(0); // each leaves the engine work
    return ptr;
  };
  return { ...Object.fromEntries(rows), alloc: allocCuttingOff };
}
