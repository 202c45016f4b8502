import "../backends/index.js";

export {
  Activation,
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from "./activation.js";
export type { AttentionMasks } from "./attention-mask.js";
export { BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from "./batch-norm.js";
export {
  Conv1d,
  type Conv1dLayerOptions,
  Conv2d,
  type Conv2dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
} from "./conv.js";
export { Dropout, type DropoutLayerOptions } from "./dropout.js";
export { Embedding, type EmbeddingLayerOptions } from "./embedding.js";
export { Flatten } from "./flatten.js";
export { GLU, PReLU, type PReLUOptions } from "./gated-activation.js";
export {
  fans,
  gain,
  type InitOptions,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
} from "./init.js";
export {
  constant,
  type OrthogonalOptions,
  orthogonal,
  type TruncatedNormalOptions,
  truncatedNormal,
  type XavierOptions,
  xavierNormal,
  xavierUniform,
} from "./initializers.js";
export { KeyValueCache, type KeyValueCacheOptions } from "./key-value-cache.js";
export { Linear, type LinearOptions } from "./linear.js";
export { type IncompatibleKeys, type LoadStateDictOptions, Module } from "./module.js";
export {
  type AttentionWeightsOptions,
  MultiHeadAttention,
  type MultiHeadAttentionForwardOptions,
  type MultiHeadAttentionOptions,
} from "./multi-head-attention.js";
export {
  GroupNorm,
  type GroupNormLayerOptions,
  LayerNorm,
  type LayerNormLayerOptions,
  RMSNorm,
  type RMSNormLayerOptions,
} from "./normalization.js";
export type { PaddingMode } from "./padding-mode.js";
export { assign, type BufferOptions, buffer, parameter } from "./parameter.js";
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from "./pooling.js";
export { AdaptiveAvgPool1d, AvgPool1d, type AvgPool1dOptions, MaxPool1d, type MaxPool1dOptions } from "./pooling-1d.js";
export { LearnedEncoding, type LearnedEncodingOptions, type PositionOptions, SinusoidalEncoding } from "./positions.js";
export { type CellWeights, Recurrent, type RecurrentForwardOptions, type RecurrentOptions } from "./recurrent.js";
export { Identity, Residual, type ResidualOptions } from "./residual.js";
export { GRU, LSTM, RNN, type RNNOptions } from "./rnn.js";
export { RotaryEncoding, type RotaryOptions } from "./rotary.js";
export { type Layer, Sequential } from "./sequential.js";
export { type SummaryOptions, summary } from "./summary.js";
export {
  type DecoderForwardOptions,
  type EncoderForwardOptions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./transformer.js";
export {
  TransformerDecoder,
  type TransformerDecoderForwardOptions,
  TransformerEncoder,
  type TransformerEncoderForwardOptions,
  type TransformerStackOptions,
} from "./transformer-stack.js";
