/** @file Modules: the namespace `nn`. */

export { buffer, Module, parameter, type LoadResult, type StateDict } from "./module.ts";
export { ModuleDict, ModuleList, Sequential, type Layer } from "./containers.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { Conv1d, type Conv1dOptions } from "./conv.ts";
export { Dropout } from "./dropout.ts";
export { attend, captureAttention, type AttentionRecord } from "./capture-attention.ts";
export { LayerNorm, type LayerNormOptions } from "./layer-norm.ts";
export { generateSquareSubsequentMask, type BlockMask } from "./block-mask.ts";
export { MultiheadAttention } from "./multihead-attention.ts";
export type {
  KeyValueCache,
  MultiheadAttentionCall,
  MultiheadAttentionOptions,
} from "./multihead-attention.ts";
export { TransformerEncoderLayer, type EncoderLayerCall } from "./transformer-encoder-layer.ts";
export { TransformerDecoderLayer, type DecoderLayerCall } from "./transformer-decoder-layer.ts";
export { TransformerEncoder, type TransformerEncoderOptions } from "./transformer-encoder.ts";
export type { EncoderCall, EncoderLayer } from "./transformer-encoder.ts";
export { TransformerDecoder } from "./transformer-decoder.ts";
export type { DecoderCall, DecoderLayer } from "./transformer-decoder.ts";
export { Transformer, type TransformerCall, type TransformerOptions } from "./transformer.ts";
export type { Activation, TransformerLayerOptions } from "./transformer-options.ts";
export { PositionalEncoding, sinusoidalPositions } from "./positional-encoding.ts";
export type { PositionOptions } from "./positional-encoding.ts";
export { LearnedPositions, type LearnedPositionsOptions } from "./learned-positions.ts";
export { RotaryEmbedding, type RotaryOptions } from "./rotary.ts";
export { alibiBias, alibiSlopes } from "./alibi.ts";
export { RMSNorm, type RMSNormOptions } from "./rms-norm.ts";
export { SwiGLU, type SwiGLUOptions } from "./swiglu.ts";
export { Recurrent } from "./recurrent.ts";
export type { RecurrentOptions } from "./recurrent-options.ts";
export { RNN, type RNNOptions } from "./rnn.ts";
export { LSTM, type LSTMOptions, type LSTMState } from "./lstm.ts";
export { GRU, type GRUOptions } from "./gru.ts";
export { PeepholeLSTM } from "./peephole-lstm.ts";
export { LayerNormLSTM } from "./layer-norm-lstm.ts";
export { CompositeLSTM, type LSTMValues } from "./composite-lstm.ts";
export { tbptt, type Stateful, type TbpttChunk, type TbpttOptions } from "./tbptt.ts";
export { RecurrentCell, type CellModuleOptions } from "./recurrent-cell.ts";
export { RNNCell, type RNNCellOptions } from "./rnn-cell.ts";
export { LSTMCell } from "./lstm-cell.ts";
export { GRUCell } from "./gru-cell.ts";
export type { LayerTrace } from "./trace.ts";
export { Session } from "./session.ts";
export { isPacked, packPaddedSequence, packSequence } from "./packed-sequence.ts";
export { padPackedSequence, unpackSequence } from "./packed-sequence.ts";
export type { PackedSequence, PackOptions, PadPackedOptions } from "./packed-sequence.ts";
export { padSequence, unpadSequence } from "./pad-sequence.ts";
export type { Lengths, PadSequenceOptions } from "./pad-sequence.ts";
export { VariationalDropout, type VariationalDropoutOptions } from "./variational-dropout.ts";
export * as init from "./init.ts";
