/** @file Element types. */

/** float32 is the default; float64 for checks and theory; int32 for indices; bool for masks (one byte each). */
export type DType = "float32" | "float64" | "int32" | "bool";
/** The dtypes that have gradients. */
export type FloatDType = "float32" | "float64";

/** What `data()` returns for each dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export const BYTES: Record<DType, number> = { float32: 4, float64: 8, int32: 4, bool: 1 };
export const VIEW = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

export const isFloat = (dtype: DType): dtype is FloatDType =>
  dtype === "float32" || dtype === "float64";

/** Throws a TypeError unless `dtype` is one of ours. */
export function expectDType(op: string, dtype: unknown): asserts dtype is DType {
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    throw new TypeError(
      `${op}: expected dtype "float32", "float64", "int32" or "bool", got ${String(dtype)}`,
    );
  }
}

/** Throws a TypeError unless `dtype` is one that has gradients. */
export function expectFloatDType(op: string, dtype: unknown): asserts dtype is FloatDType {
  if (dtype !== "float32" && dtype !== "float64") {
    throw new TypeError(`${op}: expected dtype "float32" or "float64", got ${String(dtype)}`);
  }
}
