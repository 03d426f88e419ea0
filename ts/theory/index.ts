/** @file What the lecture says about recurrent nets, as functions: the subpath `unrolled/theory`. */

export { jacobian, jvp, partial, total, vjp } from "./calculus.ts";
export type { Argument, Differentiable } from "./calculus.ts";
export { bptt, rtrl, type Step } from "./rtrl.ts";
export type { NamedTensors, Recurrence, State } from "./recurrence.ts";
export { unroll, type GraphEdge, type GraphNode } from "./unroll.ts";
export type { Unrolled, UnrolledValues, UnrollOptions } from "./unroll.ts";
export { linearRnn } from "./linear-rnn.ts";
export type { LinearRnnLoss, LinearRnnOptions, LinearRnnResult } from "./linear-rnn.ts";
export { bpttTerms, type BpttOptions, type BpttTerm, type BpttTerms } from "./bptt.ts";
export { gradientFlow } from "./gradient-flow.ts";
export { spectralNorm } from "./spectral-norm.ts";
export { ADDING_BASELINE, addingProblem, type AddingProblemOptions } from "./adding-problem.ts";
export { COPY_CATEGORIES, copyMemory, copyMemoryBaseline } from "./copy-memory.ts";
export type { CopyMemoryOptions } from "./copy-memory.ts";
