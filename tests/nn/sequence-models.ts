/** The recurrent and attention layers that tests/goldens/nn.py also builds in PyTorch. */
import {
  GRU,
  LayerNorm,
  LearnedEncoding,
  LSTM,
  MultiHeadAttention,
  RNN,
  RotaryEncoding,
  SinusoidalEncoding,
  stack,
  type Tensor,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  tensor,
} from "../../src/index.js";
import { called, layer, type ModelCase, values } from "./model.js";

const flat = ([output, state]: [Tensor, Tensor | Tensor[]]): Tensor[] => [output, ...[state].flat()];

const readNet = (net: RNN | GRU, x: Tensor, state?: Tensor): Tensor[] => flat(net.forward(x, state));
const readLstm = (net: LSTM, x: Tensor, h?: Tensor, c?: Tensor): Tensor[] =>
  flat(net.forward(x, h && c ? [h, c] : null));

/** true for elements, false for padding: (N, L), or (L, N). */
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

/** Layers that read sequences. */
export const sequenceModels: Readonly<Record<string, ModelCase>> = {
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
  TransformerEncoder: called(
    (o) => new TransformerEncoder(() => new TransformerEncoderLayer(4, 2, { dimFeedforward: 5, dropout: 0, ...o }), 2),
    (m, x) => [m.forward(x, { mask: forbidden(3, 3), srcKeyPaddingMask: padding(2, 3) })],
    [3, 2, 4],
  ),
  "TransformerEncoder with a norm": called(
    (o) => {
      const options = { dimFeedforward: 5, dropout: 0, activation: "gelu", batchFirst: true, normFirst: true } as const;
      const make = () => new TransformerEncoderLayer(4, 2, { ...options, ...o });
      return new TransformerEncoder(make, 2, { norm: new LayerNorm(4, o) });
    },
    (m, x) => [m.forward(x, { isCausal: true })],
    [2, 3, 4],
  ),
  TransformerDecoder: called(
    (o) => {
      const options = { dimFeedforward: 5, dropout: 0, batchFirst: true };
      const make = () => new TransformerDecoderLayer(4, 2, { ...options, ...o });
      return new TransformerDecoder(make, 2, { norm: new LayerNorm(4, o) });
    },
    (m, x, y) => {
      const paddings = { tgtKeyPaddingMask: padding(2, 3), memoryKeyPaddingMask: padding(2, 5) };
      return [m.forward(x, y, { tgtIsCausal: true, memoryMask: forbidden(3, 5), ...paddings })];
    },
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
