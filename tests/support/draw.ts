import type { Shape } from "../../ts/index.ts";
import type { Nd, OpCase } from "./cases.ts";
import { random, sizeOf } from "./nd.ts";

/** Inputs drawn from the row's domain; exact in float32. */
export function draw({ domain = [-2, 2] }: OpCase, shapes: readonly Shape[]): Nd[] {
  const nested = typeof domain[0] === "number" ? undefined : domain;
  return shapes.map((shape, i) => {
    const range = (nested ? nested[i] : domain) as readonly [number, number];
    return { shape, data: random(sizeOf(shape), i + 1, range).map(Math.fround) };
  });
}
