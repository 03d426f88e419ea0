/** @file Modules: the namespace `nn`. */

export { buffer, Module, parameter, type LoadResult, type StateDict } from "./module.ts";
export { ModuleDict, ModuleList, Sequential, type Layer } from "./containers.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { Conv1d, type Conv1dOptions } from "./conv.ts";
export { Dropout } from "./dropout.ts";
export { LayerNorm, type LayerNormOptions } from "./layer-norm.ts";
export { Recurrent, type RecurrentOptions } from "./recurrent.ts";
export { RNN, type RNNOptions } from "./rnn.ts";
export { LSTM, type LSTMOptions, type LSTMState } from "./lstm.ts";
export { GRU, type GRUOptions } from "./gru.ts";
export * as init from "./init.ts";
