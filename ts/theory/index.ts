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
export { anbn, ANBN_LETTERS } from "./anbn.ts";
export { StackedNet } from "./stacked-net.ts";
export { eventTask, type EventTaskOptions } from "./event-task.ts";
export { delayed, linearRnnAsConvolution } from "./tdnn.ts";
export { TDNN, type TDNNLayer, type TDNNOptions } from "./tdnn.ts";
export { MEL_BANDS, PHONEMES, syllables, type Syllables } from "./phonemes.ts";
export { simulate, turingMachine } from "./turing-machine.ts";
export type { Configuration, Rule, TuringMachine } from "./turing-machine.ts";
export { compileMachine, PrecisionError, runExactly, runMachine } from "./turing-rnn.ts";
export { saturatedToRelu, type NetConfiguration, type SaturatedNet } from "./turing-rnn.ts";
export { sequentialJacobian } from "./sequential-jacobian.ts";
export { delayedCopy } from "./delayed-copy.ts";
export { CASES, FORMS, GENDERS, my, QUESTION, sentence, sentences, WORDS } from "./agreement.ts";
export type { Case, Gender, GrammaticalNumber, Sentence } from "./agreement.ts";
export { ablation, AgreementNet, freeLoss, glassLoss, glassValues } from "./agreement-net.ts";
export { formIds, wordIds, type Insides, type Intervention } from "./agreement-net.ts";
export { agreement, beforeQuestion, gateMeans, mostMissed, type Probed } from "./agreement-analysis.ts"; // prettier-ignore
export { probe, tellingCells, withoutEach } from "./agreement-analysis.ts";
export { WindowNet } from "./window-net.ts";
