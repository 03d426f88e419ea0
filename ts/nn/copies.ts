/** @file Layers that begin alike: copies of one. */

import type { Generator } from "../core/random.ts";
import { ModuleList } from "./containers.ts";
import { Module } from "./module.ts";

/** What `make` makes, with the parameters and the modes of `module`. No random number is used up. */
export function copyOf<M extends Module>(module: M, generator: Generator, make: () => M): M {
  const before = generator.state();
  const copy = make();
  generator.setState(before);
  copy.loadStateDict(module.stateDict());
  const own = module.parameters();
  copy.parameters().forEach((p, i) => (p.requiresGrad = own[i]!.requiresGrad));
  const modules = module.modules();
  copy.modules().forEach((m, i) => (m.training = modules[i]!.training));
  return copy;
}

/** Copies of a layer. @throws TypeError for what cannot be copied, or a norm that is no module */
export function clones<L extends Module & { clone(): L }>(
  where: string,
  layer: L,
  numLayers: number,
  norm: Module | undefined,
): ModuleList<L> {
  if (!(layer instanceof Module) || typeof layer.clone !== "function") {
    throw new TypeError(`${where}: expected a layer that has clone(), got ${typeof layer}`);
  }
  if (norm !== undefined && !(norm instanceof Module)) {
    throw new TypeError(`${where}: expected norm to be a module, got ${typeof norm}`);
  }
  return new ModuleList(Array.from({ length: numLayers }, () => layer.clone()));
}
