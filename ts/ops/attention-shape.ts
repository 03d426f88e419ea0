/** @file What attention is asked to do, checked. */

import { broadcastShape, expectNumber, fail, sameShape, type Shape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import type { AttentionOptions } from "./attention.ts";
import { expectFloat, expectSameDType } from "./operand.ts";

const OP = "scaledDotProductAttention";

/** The sizes of attention over query [..., Hq, L, E], key [..., H, S, E] and value [..., H, S, Ev]. */
export interface AttentionShape {
  /** The axes before [L, E] and [L, Ev], and before [S, E] and [S, Ev], to which all broadcast. */
  front: Shape;
  keyFront: Shape;
  /** H */
  heads: number;
  /** Hq / H */
  group: number;
  L: number;
  S: number;
  E: number;
  scale: number;
}

/** @throws RangeError or TypeError when a shape, dtype or option does not fit */
export function attentionShape(
  query: Tensor,
  key: Tensor,
  value: Tensor | undefined,
  options: AttentionOptions,
): AttentionShape {
  const { attnMask, isCausal, causalAlignment = "topLeft", enableGqa, dropoutP = 0 } = options;
  const given = { query, key, ...(value && { value }) };
  for (const [name, x] of Object.entries(given)) {
    expectFloat(OP, name, x);
    const least = enableGqa ? 3 : 2;
    if (x.ndim < least) fail(OP, name, `to have at least ${least} dimensions`, show(x.shape));
  }
  expectSameDType(OP, ...(Object.values(given) as [Tensor]));
  const [L, E] = query.shape.slice(-2) as [number, number];
  const S = key.shape.at(-2)!;
  if (key.shape.at(-1) !== E) {
    fail(OP, "key", `to be [..., S, ${E}] as query ${show(query.shape)} is`, show(key.shape));
  }
  if (value && value.shape.at(-2) !== S) {
    fail(OP, "value", `to be [..., ${S}, Ev] as key ${show(key.shape)} is`, show(value.shape));
  }
  const heads = headsOf(query, key, value, enableGqa);

  expectNumber(OP, "dropoutP", dropoutP, 0, 1);
  const scale = expectNumber(OP, "scale", options.scale ?? 1 / Math.sqrt(E || 1));
  if (causalAlignment !== "topLeft" && causalAlignment !== "bottomRight") {
    fail(OP, "causalAlignment", `to be "topLeft" or "bottomRight"`, String(causalAlignment));
  }
  if (attnMask !== undefined) {
    if (isCausal) {
      throw new TypeError(
        `${OP}: expected isCausal or attnMask, got both; put the triangle into attnMask`,
      );
    }
    expectMask(attnMask, query, [...heads.front, L, S]);
  }
  return { ...heads, L, S, E, scale };
}

/** Without groups the heads broadcast as any axis does. */
function headsOf(
  query: Tensor,
  key: Tensor,
  value: Tensor | undefined,
  grouped = false,
): Pick<AttentionShape, "front" | "keyFront" | "heads" | "group"> {
  const all = value ? [query, key, value] : [query, key];
  const common = all
    .map((x): Shape => x.shape.slice(0, grouped ? -3 : -2))
    .reduce((a, b) => broadcastShape(OP, a, b));
  if (!grouped) return { front: common, keyFront: common, heads: common.at(-1) ?? 1, group: 1 };
  const [Hq, H] = [query.shape.at(-3)!, key.shape.at(-3)!];
  if (H === 0 ? Hq !== 0 : Hq % H !== 0) {
    fail(OP, "query", `to have a multiple of the ${H} heads of key`, show(query.shape));
  }
  if (value && value.shape.at(-3) !== H) {
    fail(OP, "value", `to have the ${H} heads of key`, show(value.shape));
  }
  const group = H === 0 ? 1 : Hq / H;
  return { front: [...common, Hq], keyFront: [...common, H], heads: H, group };
}

function expectMask(mask: Tensor, query: Tensor, scores: Shape): void {
  expectTensor(OP, "attnMask", mask);
  if (mask.dtype !== "bool" && mask.dtype !== query.dtype) {
    throw new TypeError(
      `${OP}: expected attnMask to be bool or ${query.dtype}, as query is, got ${mask.dtype}`,
    );
  }
  if (!sameShape(broadcastShape(OP, mask.shape, scores), scores)) {
    fail(OP, "attnMask", `to broadcast to ${show(scores)}`, show(mask.shape));
  }
}
