import { normal, zeros } from "../nn/init.ts";
import { Linear, type LinearOptions } from "../nn/linear.ts";

/** A linear layer whose weight starts from N(0, std²) and whose bias, if it has one, starts at 0. */
export function dense(
  inFeatures: number,
  outFeatures: number,
  { std, ...options }: LinearOptions & { std: number },
): Linear {
  const layer = new Linear(inFeatures, outFeatures, options);
  normal(layer.weight, 0, std, options.generator);
  if (layer.bias) zeros(layer.bias);
  return layer;
}
