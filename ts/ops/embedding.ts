import { expectTensor, type Tensor } from "../core/tensor.ts";
import { dims } from "../core/shape.ts";
import { eq, where } from "./compare.ts";
import { indexSelect } from "./indexing.ts";
import { expectFloat } from "./operand.ts";
import { reshape } from "./shape.ts";

export interface EmbeddingLookUp {
  /** The row that gets no gradient. Default none. */
  paddingIdx?: number;
}

/**
 * The rows of `weight` at `ids`.
 *
 * @param ids    int32, any shape
 * @param weight [V, D]
 * @returns      [...ids.shape, D]
 * @throws RangeError for an index outside the table
 */
export function embedding(
  ids: Tensor,
  weight: Tensor,
  { paddingIdx }: EmbeddingLookUp = {},
): Tensor {
  expectTensor("embedding", "ids", ids);
  expectFloat("embedding", "weight", weight);
  const [, D] = dims("embedding", { weight }, 2);
  const flat = reshape(ids, [ids.size]);
  const rows = indexSelect(weight, 0, flat);
  const free =
    paddingIdx === undefined
      ? rows
      : where(reshape(eq(flat, paddingIdx), [ids.size, 1]), rows.detach(), rows);
  return reshape(free, [...ids.shape, D]);
}
