/**
 * The entry point `wengert/nn`: layers, initializers and the base class of models.
 *
 * @module
 */
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
} from "./activation/activation.js";
export { GLU, PReLU, type PReLUOptions } from "./activation/gated-activation.js";
export type { AttentionMasks } from "./attention/attention-mask.js";
export { KeyValueCache, type KeyValueCacheOptions } from "./attention/key-value-cache.js";
export {
  type AttentionWeightsOptions,
  MultiHeadAttention,
  type MultiHeadAttentionForwardOptions,
  type MultiHeadAttentionOptions,
} from "./attention/multi-head-attention.js";
export {
  LearnedEncoding,
  type LearnedEncodingOptions,
  type PositionOptions,
  SinusoidalEncoding,
} from "./attention/positions.js";
export { RotaryEncoding, type RotaryOptions } from "./attention/rotary.js";
export {
  type DecoderForwardOptions,
  type EncoderForwardOptions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./attention/transformer.js";
export {
  TransformerDecoder,
  type TransformerDecoderForwardOptions,
  TransformerEncoder,
  type TransformerEncoderForwardOptions,
  type TransformerStackOptions,
} from "./attention/transformer-stack.js";
export {
  Conv1d,
  type Conv1dLayerOptions,
  Conv2d,
  type Conv2dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
} from "./convolution/conv.js";
export type { PaddingMode } from "./convolution/padding-mode.js";
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from "./convolution/pooling.js";
export {
  AdaptiveAvgPool1d,
  AvgPool1d,
  type AvgPool1dOptions,
  MaxPool1d,
  type MaxPool1dOptions,
} from "./convolution/pooling-1d.js";
export { Dropout, type DropoutLayerOptions } from "./dropout.js";
export { Embedding, type EmbeddingLayerOptions } from "./embedding.js";
export { Flatten } from "./flatten.js";
export {
  fans,
  gain,
  type InitOptions,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
} from "./init/init.js";
export {
  constant,
  type OrthogonalOptions,
  orthogonal,
  type TruncatedNormalOptions,
  truncatedNormal,
  type XavierOptions,
  xavierNormal,
  xavierUniform,
} from "./init/initializers.js";
export { Linear, type LinearOptions } from "./linear.js";
export { type IncompatibleKeys, type LoadStateDictOptions, Module } from "./module.js";
export { BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from "./normalization/batch-norm.js";
export {
  GroupNorm,
  type GroupNormLayerOptions,
  LayerNorm,
  type LayerNormLayerOptions,
  RMSNorm,
  type RMSNormLayerOptions,
} from "./normalization/normalization.js";
export { assign, type BufferOptions, buffer, parameter } from "./parameter.js";
export {
  type CellWeights,
  Recurrent,
  type RecurrentForwardOptions,
  type RecurrentOptions,
} from "./recurrent/recurrent.js";
export { GRU, LSTM, RNN, type RNNOptions } from "./recurrent/rnn.js";
export { Identity, Residual, type ResidualOptions } from "./residual.js";
export { type Layer, Sequential } from "./sequential.js";
export { type SummaryOptions, summary } from "./summary.js";
