/** @file What stands beyond the ends of an axis, when it is not a constant. */

import { fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";

/**
 * "reflect" mirrors at the last element, which is not repeated; "replicate" repeats it; "circular" goes on at the
 * other end.
 */
export type EdgeMode = "reflect" | "replicate" | "circular";

/** Where the element at place i of the padded axis comes from: i counts from −before, the axis has n elements. */
const SOURCE: Record<EdgeMode, (i: number, n: number) => number> = {
  reflect: (i, n) => n - 1 - Math.abs(n - 1 - Math.abs(i)),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};

/** How far an axis of n elements can be padded. */
const REACH: Record<EdgeMode, (n: number) => number> = {
  reflect: (n) => n - 1,
  replicate: (n) => (n > 0 ? Infinity : -1),
  circular: (n) => n,
};

export const isEdgeMode = (mode: unknown): mode is EdgeMode => Object.hasOwn(SOURCE, String(mode));

/** @throws RangeError when the axis is too short to be padded so far */
export function expectReach(mode: EdgeMode, before: number, n: number, after: number): void {
  const far = Math.max(before, after);
  const reach = REACH[mode](n);
  if (far > reach) {
    fail("pad", "padding", `to be at most ${Math.max(reach, 0)} (${mode}, size ${n})`, `${far}`);
  }
}

/** The indices, int32 [before + n + after], that `indexSelect` pads an axis by. */
export function edgeIndices(mode: EdgeMode, before: number, n: number, after: number): Tensor {
  const ids = empty([before + n + after], "int32");
  ids.view().set(Int32Array.from(ids.view(), (_, i) => SOURCE[mode](i - before, n)));
  return ids;
}
