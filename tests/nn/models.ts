import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  CELU,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  type DType,
  ELU,
  Embedding,
  Flatten,
  GELU,
  GLU,
  GRU,
  GroupNorm,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  type Layer,
  LayerNorm,
  LeakyReLU,
  LearnedEncoding,
  Linear,
  LogSigmoid,
  LogSoftmax,
  LSTM,
  MaxPool2d,
  Mish,
  type Module,
  MultiHeadAttention,
  PReLU,
  ReLU,
  ReLU6,
  Residual,
  RMSNorm,
  RNN,
  RotaryEncoding,
  SELU,
  Sequential,
  Sigmoid,
  SiLU,
  SinusoidalEncoding,
  Softmax,
  Softplus,
  Softsign,
  stack,
  Tanh,
  type Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  tensor,
} from "../../src/index.js";

/** The dtype of parameters, for options. */
type Options = { readonly dtype: DType };

/** One of the layers of tests/goldens/nn.py. */
export interface Model {
  readonly module: Module;
  /** Everything that the layer gives, for inputs of the shapes below. */
  readonly call: (...xs: Tensor[]) => Tensor[];
}

/** The shape of floats, or of integers below a bound. */
export type Input = readonly number[] | { readonly shape: readonly number[]; readonly below: number };

type Entry = readonly [make: (options: Options) => Model, ...inputs: Input[]];

const layer = (make: (options: Options) => Layer, ...inputs: Input[]): Entry => [
  (options) => {
    const module = make(options);
    return { module, call: (x) => [module.forward(x)] };
  },
  ...inputs,
];

/** A module that is called in a way of its own. */
const called = <M extends Module>(
  make: (options: Options) => M,
  call: (module: M, ...xs: Tensor[]) => Tensor[],
  ...inputs: Input[]
): Entry => [
  (options) => {
    const module = make(options);
    return { module, call: (...xs) => call(module, ...xs) };
  },
  ...inputs,
];

const flat = ([output, state]: [Tensor, Tensor | Tensor[]]): Tensor[] => [output, ...[state].flat()];

const readNet = (net: RNN | GRU, x: Tensor, state?: Tensor): Tensor[] => flat(net.forward(x, state));
const readLstm = (net: LSTM, x: Tensor, h?: Tensor, c?: Tensor): Tensor[] =>
  flat(net.forward(x, h && c ? [h, c] : null));

/** true where there is an element: (N, L), or (L, N). */
function present(lengths: readonly number[], length: number, batchFirst: boolean): Tensor {
  const mask = lengths.map((n) => Array.from({ length }, (_, t) => t < n));
  return batchFirst ? tensor(mask) : tensor(mask).transpose();
}

const forbiddenRows = (rows: number, columns: number): boolean[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => j > 0 && (2 * i + 3 * j) % 5 === 0));
const forbidden = (rows: number, columns: number): Tensor => tensor(forbiddenRows(rows, columns));
const padding = (n: number, keys: number): Tensor =>
  tensor(Array.from({ length: n }, (_, k) => Array.from({ length: keys }, (_, j) => j >= keys - k)));
const added = (rows: number, columns: number): Tensor => values([rows, columns], 3, 1, 7, 4);

/** The formula of nn.py. */
export function values(shape: readonly number[], a: number, b: number, m: number, scale: number): Tensor {
  const n = shape.reduce((product, size) => product * size, 1);
  const data = Float64Array.from({ length: n }, (_, i) => (((a * i + b) % m) - Math.floor(m / 2)) / scale);
  return tensor(data, { shape });
}

export const models: Readonly<Record<string, Entry>> = {
  Linear: layer((o) => new Linear(3, 4, o), [2, 3]),
  "Linear without bias": layer((o) => new Linear(3, 2, { bias: false, ...o }), [2, 2, 3]),
  Conv1d: layer((o) => new Conv1d(2, 3, 3, o), [2, 2, 6]),
  "Conv1d with options": layer(
    (o) => new Conv1d(4, 2, 2, { stride: 2, padding: 1, dilation: 2, groups: 2, bias: false, ...o }),
    [2, 4, 6],
  ),
  "Conv1d circular": layer((o) => new Conv1d(2, 3, 3, { padding: 2, paddingMode: "circular", ...o }), [2, 2, 5]),
  Conv2d: layer((o) => new Conv2d(2, 3, 3, o), [2, 2, 5, 4]),
  "Conv2d with options": layer(
    (o) =>
      new Conv2d(4, 6, [3, 2], { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2, bias: false, ...o }),
    [1, 4, 5, 4],
  ),
  "Conv2d same": layer((o) => new Conv2d(1, 2, [3, 4], { padding: "same", ...o }), [1, 1, 4, 5]),
  "Conv2d reflect": layer((o) => new Conv2d(1, 2, 3, { padding: [2, 1], paddingMode: "reflect", ...o }), [1, 1, 4, 5]),
  "Conv2d replicate": layer(
    (o) => new Conv2d(1, 2, [2, 3], { padding: "same", dilation: [3, 1], paddingMode: "replicate", ...o }),
    [1, 1, 4, 5],
  ),
  "Conv2d circular": layer(
    (o) => new Conv2d(2, 2, 3, { padding: [1, 2], stride: 2, paddingMode: "circular", groups: 2, ...o }),
    [1, 2, 4, 5],
  ),
  ConvTranspose2d: layer((o) => new ConvTranspose2d(2, 3, 2, o), [2, 2, 3, 2]),
  "ConvTranspose2d with options": layer(
    (o) =>
      new ConvTranspose2d(4, 2, [3, 2], {
        stride: 2,
        padding: [1, 0],
        outputPadding: 1,
        dilation: [1, 2],
        groups: 2,
        bias: false,
        ...o,
      }),
    [1, 4, 3, 2],
  ),
  MaxPool2d: layer(() => new MaxPool2d(2), [1, 2, 4, 5]),
  "MaxPool2d with options": layer(
    () => new MaxPool2d([3, 2], { stride: [2, 1], padding: 1, ceilMode: true }),
    [1, 1, 6, 4],
  ),
  AvgPool2d: layer(() => new AvgPool2d(2), [1, 2, 4, 5]),
  "AvgPool2d with options": layer(
    () => new AvgPool2d([3, 2], { stride: [2, 1], padding: 1, ceilMode: true, countIncludePad: false }),
    [1, 1, 6, 4],
  ),
  AdaptiveAvgPool2d: layer(() => new AdaptiveAvgPool2d([3, 2]), [2, 1, 4, 5]),
  Flatten: layer(() => new Flatten(), [2, 3, 2]),
  "Flatten of two axes": layer(() => new Flatten(0, 1), [2, 3, 2]),
  Identity: layer(() => new Identity(), [5]),
  Sigmoid: layer(() => new Sigmoid(), [11]),
  LogSigmoid: layer(() => new LogSigmoid(), [11]),
  Tanh: layer(() => new Tanh(), [11]),
  ReLU: layer(() => new ReLU(), [11]),
  ReLU6: layer(() => new ReLU6(), [11]),
  LeakyReLU: layer(() => new LeakyReLU(), [11]),
  "LeakyReLU with slope": layer(() => new LeakyReLU(0.25), [11]),
  ELU: layer(() => new ELU(), [11]),
  "ELU with alpha": layer(() => new ELU(0.5), [11]),
  CELU: layer(() => new CELU(), [11]),
  "CELU with alpha": layer(() => new CELU(0.5), [11]),
  SELU: layer(() => new SELU(), [11]),
  GELU: layer(() => new GELU(), [11]),
  "GELU tanh": layer(() => new GELU({ approximate: "tanh" }), [11]),
  SiLU: layer(() => new SiLU(), [11]),
  Mish: layer(() => new Mish(), [11]),
  Softplus: layer(() => new Softplus(), [11]),
  "Softplus with options": layer(() => new Softplus(2, 1), [11]),
  Softsign: layer(() => new Softsign(), [11]),
  Hardtanh: layer(() => new Hardtanh(), [11]),
  "Hardtanh with bounds": layer(() => new Hardtanh(-0.6, 1.1), [11]),
  Hardsigmoid: layer(() => new Hardsigmoid(), [11]),
  Hardswish: layer(() => new Hardswish(), [11]),
  Softmax: layer(() => new Softmax(), [2, 5]),
  "Softmax of an axis": layer(() => new Softmax(1), [2, 3, 2]),
  LogSoftmax: layer(() => new LogSoftmax(), [2, 5]),
  PReLU: layer((o) => new PReLU(1, o), [2, 3]),
  "PReLU of channels": layer((o) => new PReLU(3, { init: 0.5, ...o }), [2, 3, 2]),
  GLU: layer(() => new GLU(), [3, 4]),
  "GLU of an axis": layer(() => new GLU(0), [4, 3]),
  "Dropout in use": layer(() => new Dropout(0.5).eval(), [7]),
  BatchNorm1d: layer((o) => new BatchNorm1d(3, o), [4, 3]),
  "BatchNorm1d of sequences": layer((o) => new BatchNorm1d(2, { eps: 1e-3, momentum: 0.3, ...o }), [3, 2, 4]),
  BatchNorm2d: layer((o) => new BatchNorm2d(2, o), [2, 2, 3, 2]),
  "BatchNorm2d of all steps": layer((o) => new BatchNorm2d(2, { momentum: null, affine: false, ...o }), [2, 2, 3, 2]),
  "BatchNorm2d without statistics": layer((o) => new BatchNorm2d(2, { trackRunningStats: false, ...o }), [2, 2, 3, 2]),
  "BatchNorm2d in use": layer((o) => new BatchNorm2d(2, o).eval(), [2, 2, 3, 2]),
  LayerNorm: layer((o) => new LayerNorm(4, o), [3, 4]),
  "LayerNorm of two axes": layer((o) => new LayerNorm([2, 3], { eps: 1e-3, bias: false, ...o }), [2, 2, 3]),
  "LayerNorm without parameters": layer(() => new LayerNorm(4, { elementwiseAffine: false }), [3, 4]),
  RMSNorm: layer((o) => new RMSNorm(4, o), [3, 4]),
  "RMSNorm with options": layer(() => new RMSNorm([2, 3], { eps: 1e-3, elementwiseAffine: false }), [2, 2, 3]),
  GroupNorm: layer((o) => new GroupNorm(2, 4, o), [2, 4, 3]),
  "GroupNorm without parameters": layer(() => new GroupNorm(1, 3, { eps: 1e-3, affine: false }), [2, 3, 2, 2]),
  Embedding: layer((o) => new Embedding(5, 3, o), { shape: [2, 4], below: 5 }),
  "Embedding with padding": layer((o) => new Embedding(5, 3, { paddingIdx: -2, ...o }), { shape: [2, 4], below: 5 }),
  Residual: layer((o) => new Residual(new Linear(3, 3, o)), [2, 3]),
  "Residual with shortcut": layer(
    (o) =>
      new Residual(new Sequential(new Linear(3, 4, o), new Tanh()), {
        shortcut: new Linear(3, 4, { bias: false, ...o }),
      }),
    [2, 3],
  ),
  Sequential: layer(
    (o) =>
      new Sequential(
        new Conv2d(1, 3, 3, o),
        new ReLU(),
        new MaxPool2d(2),
        new Flatten(),
        new Sequential(new Linear(12, 4, o), new ReLU()),
        new Linear(4, 2, o),
      ),
    [2, 1, 6, 6],
  ),
  RNN: called((o) => new RNN(3, 2, o), readNet, [4, 2, 3]),
  "RNN with options": called(
    (o) =>
      new RNN(2, 3, {
        numLayers: 2,
        nonlinearity: "relu",
        bias: false,
        batchFirst: true,
        bidirectional: true,
        ...o,
      }),
    readNet,
    [2, 3, 2],
    [4, 2, 3],
  ),
  "RNN with padding": called(
    (o) => new RNN(2, 3, { bidirectional: true, ...o }),
    (m, x) => flat(m.forward(x, null, { mask: present([3, 5, 1], 5, false) })),
    [5, 3, 2],
  ),
  GRU: called((o) => new GRU(3, 2, o), readNet, [4, 2, 3]),
  "GRU with options": called(
    (o) => new GRU(2, 2, { numLayers: 2, batchFirst: true, bidirectional: true, ...o }),
    readNet,
    [2, 3, 2],
    [4, 2, 2],
  ),
  "GRU without bias": called((o) => new GRU(2, 2, { bias: false, ...o }), readNet, [3, 2, 2]),
  "GRU with padding": called(
    (o) => new GRU(2, 2, { numLayers: 2, batchFirst: true, bidirectional: true, ...o }),
    (m, x) => flat(m.forward(x, null, { mask: present([2, 1, 4], 4, true) })),
    [3, 4, 2],
  ),
  LSTM: called((o) => new LSTM(3, 2, o), readLstm, [7, 2, 3]),
  "LSTM with options": called(
    (o) => new LSTM(2, 2, { numLayers: 2, batchFirst: true, bidirectional: true, ...o }),
    readLstm,
    [2, 3, 2],
    [4, 2, 2],
    [4, 2, 2],
  ),
  "LSTM without bias": called((o) => new LSTM(2, 2, { numLayers: 2, bias: false, ...o }), readLstm, [3, 2, 2]),
  "LSTM with padding": called(
    (o) => new LSTM(2, 2, { bidirectional: true, ...o }),
    (m, x) => flat(m.forward(x, null, { mask: present([4, 2, 3], 4, false) })),
    [4, 3, 2],
  ),
  MultiHeadAttention: called(
    (o) => new MultiHeadAttention(4, 2, o),
    (m, x) => [m.forward(x)],
    [3, 2, 4],
  ),
  "MultiHeadAttention with weights": called(
    (o) => new MultiHeadAttention(4, 2, { batchFirst: true, ...o }),
    (m, x) => m.forwardWithWeights(x, x, x, { isCausal: true }),
    [2, 3, 4],
  ),
  "MultiHeadAttention with weights of heads": called(
    (o) => new MultiHeadAttention(4, 2, { bias: false, batchFirst: true, ...o }),
    (m, q, k) => m.forwardWithWeights(q, k, k, { keyPaddingMask: padding(2, 5), averageAttnWeights: false }),
    [2, 3, 4],
    [2, 5, 4],
  ),
  "MultiHeadAttention causal": called(
    (o) => new MultiHeadAttention(4, 2, { batchFirst: true, ...o }),
    (m, x) => [m.forward(x, x, x, { isCausal: true })],
    [2, 4, 4],
  ),
  "MultiHeadAttention of a memory": called(
    (o) => new MultiHeadAttention(4, 2, o),
    (m, q, k) => [m.forward(q, k, k, { keyPaddingMask: padding(2, 5), attnMask: forbidden(3, 5) })],
    [3, 2, 4],
    [5, 2, 4],
  ),
  "MultiHeadAttention of three inputs": called(
    (o) => new MultiHeadAttention(4, 2, { batchFirst: true, ...o }),
    (m, q, k, v) => [m.forward(q, k, v, { attnMask: added(3, 5).cast(q.dtype) })],
    [2, 3, 4],
    [2, 5, 4],
    [2, 5, 4],
  ),
  "MultiHeadAttention with kdim and vdim": called(
    (o) => new MultiHeadAttention(4, 2, { kdim: 3, vdim: 2, batchFirst: true, ...o }),
    (m, q, k, v) => {
      const mask = forbidden(3, 5);
      return [m.forward(q, k, v, { attnMask: stack([mask, mask, mask, mask.flip(0)]) })];
    },
    [2, 3, 4],
    [2, 5, 3],
    [2, 5, 2],
  ),
  "MultiHeadAttention with rotary": called(
    (o) => new MultiHeadAttention(8, 2, { batchFirst: true, rotary: new RotaryEncoding(4), ...o }),
    (m, x) => [m.forward(x, x, x, { isCausal: true })],
    [2, 4, 8],
  ),
  TransformerEncoderLayer: called(
    (o) => new TransformerEncoderLayer(4, 2, { dimFeedforward: 5, dropout: 0, ...o }),
    (m, x) => [m.forward(x, { srcMask: forbidden(3, 3), srcKeyPaddingMask: padding(2, 3) })],
    [3, 2, 4],
  ),
  "TransformerEncoderLayer with options": called(
    (o) =>
      new TransformerEncoderLayer(4, 2, {
        dimFeedforward: 5,
        dropout: 0,
        activation: "gelu",
        layerNormEps: 1e-3,
        batchFirst: true,
        normFirst: true,
        bias: false,
        ...o,
      }),
    (m, x) => [m.forward(x, { isCausal: true })],
    [2, 3, 4],
  ),
  TransformerDecoderLayer: called(
    (o) => new TransformerDecoderLayer(4, 2, { dimFeedforward: 5, dropout: 0, ...o }),
    (m, x, y) => [m.forward(x, y, { tgtIsCausal: true, memoryKeyPaddingMask: padding(2, 5) })],
    [3, 2, 4],
    [5, 2, 4],
  ),
  "TransformerDecoderLayer with options": called(
    (o) =>
      new TransformerDecoderLayer(4, 2, {
        dimFeedforward: 5,
        dropout: 0,
        activation: "gelu",
        batchFirst: true,
        normFirst: true,
        ...o,
      }),
    (m, x, y) => [m.forward(x, y, { memoryMask: forbidden(3, 5), tgtKeyPaddingMask: padding(2, 3) })],
    [2, 3, 4],
    [2, 5, 4],
  ),
  SinusoidalEncoding: layer(() => new SinusoidalEncoding(6), [4, 2, 6]),
  LearnedEncoding: called(
    (o) => new LearnedEncoding(5, 3, o),
    (m, x) => [m.forward(x, 1)],
    [4, 2, 3],
  ),
  RotaryEncoding: called(
    () => new RotaryEncoding(4),
    (m, x) => [m.forward(x, 2)],
    [2, 3, 4],
  ),
  "RotaryEncoding interleaved": called(
    () => new RotaryEncoding(6, { interleaved: true }),
    (m, x) => [m.forward(x, 2)],
    [2, 1, 3, 6],
  ),
};
