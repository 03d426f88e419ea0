import { record } from "../core/autograd.ts";
import { type DType, expectDType, isFloat } from "../core/dtype.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { ne, where } from "./compare.ts";

/**
 * The same values in another dtype; x itself if it has it. To int32 fractions are cut off, to bool what is not 0 is true. Gradients pass
 * between float32 and float64.
 *
 * @throws RangeError for NaN and for numbers beyond int32 on the way to int32
 *
 * @example
 * to(tensor([1.7, -1.7]), "int32").toArray(); // [1, -1]
 */
export function to(x: Tensor, dtype: DType): Tensor {
  expectTensor("to", "x", x);
  expectDType("to", dtype);
  if (x.dtype === dtype) return x;
  if (dtype === "bool") return ne(x, 0);
  if (x.dtype === "bool" && dtype === "float32") return where(x, 1, 0);
  if (dtype === "int32") expectInt32(x);
  const y = empty(x.shape, dtype);
  y.view().set(x.view());
  return isFloat(x.dtype) && isFloat(dtype) ? record("to", y, [x], [(dy) => to(dy, x.dtype)]) : y;
}

function expectInt32(x: Tensor): void {
  for (const v of x.view()) {
    if (!(v > -(2 ** 31) - 1 && v < 2 ** 31)) {
      throw new RangeError(
        `to: int32 holds integers from ${-(2 ** 31)} to ${2 ** 31 - 1}, got ${v}`,
      );
    }
  }
}
