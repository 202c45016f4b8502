import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  CELU,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  DTypeError,
  Embedding,
  Generator,
  GLU,
  GroupNorm,
  Hardtanh,
  Identity,
  LayerNorm,
  LearnedEncoding,
  Linear,
  LSTM,
  MultiHeadAttention,
  manualSeed,
  memory,
  noGrad,
  PReLU,
  Residual,
  RMSNorm,
  RNN,
  RotaryEncoding,
  relu,
  Sequential,
  ShapeError,
  SinusoidalEncoding,
  type Tensor,
  TransformerEncoderLayer,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

describe("initial parameters", () => {
  test("are uniform within PyTorch's bound, 1 / sqrt(fanIn), weights and biases", () => {
    tidy(() => {
      const generator = new Generator(5);
      for (const layer of [
        new Linear(400, 300, { generator }),
        new Conv1d(32, 300, 9, { groups: 4, generator }),
        new Conv2d(32, 300, 3, { groups: 4, generator }),
        new ConvTranspose2d(32, 300, 3, { groups: 4, generator }),
      ]) {
        const [, ...inner] = layer.weight.shape;
        const bound = 1 / Math.sqrt(inner.reduce((n, size) => n * size, 1));
        for (const t of layer.parameters()) {
          const data = [...t.dataSync()].map((v) => v / bound);
          const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
          const variance = data.reduce((sum, v) => sum + v * v, 0) / data.length;
          // Five standard errors: sd(u) = 1 / sqrt(3), sd(u^2) = sqrt(4 / 45).
          expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / data.length));
          expect(Math.abs(variance - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / data.length));
          expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(1 + 1e-6);
          expect(Math.max(...data)).toBeGreaterThan(0.95);
          expect(Math.min(...data)).toBeLessThan(-0.95);
        }
        layer.dispose();
      }
    });
  });

  test("of recurrent nets are uniform within 1 / sqrt(hiddenSize)", () => {
    using net = new LSTM(7, 25, { numLayers: 2, bidirectional: true, generator: new Generator(2) });
    const drawn = net.parameters().flatMap((p) => [...p.dataSync()]);
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(0.2 + 1e-7);
    expect(Math.max(...drawn)).toBeGreaterThan(0.199);
    expect(Math.min(...drawn)).toBeLessThan(-0.199);
  });

  test("of normalizations are ones and zeros; of attention Xavier's, with biases of zeros", () => {
    using norm = new BatchNorm2d(2);
    expect([...norm.stateDict()].map(([name, t]) => [name, t.dtype, t.arraySync()])).toEqual([
      ["weight", "float32", [1, 1]],
      ["bias", "float32", [0, 0]],
      ["running_mean", "float32", [0, 0]],
      ["running_var", "float32", [1, 1]],
      ["num_batches_tracked", "int32", 0],
    ]);
    using attention = new MultiHeadAttention(32, 4, { generator: new Generator(3) });
    expect(new Set(attention.inProjBias?.dataSync())).toEqual(new Set([0]));
    expect(new Set(attention.outProj.bias?.dataSync())).toEqual(new Set([0]));
    const largest = Math.max(...(attention.inProjWeight?.dataSync() ?? []));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / (32 + 96)) + 1e-7);
    expect(largest).toBeGreaterThan(0.99 * Math.sqrt(6 / (32 + 96)));
  });

  test("of embeddings are normal, except for the row of padding", () => {
    using table = new Embedding(100, 50, { paddingIdx: -2, generator: new Generator(4) });
    const rows = table.weight.arraySync() as number[][];
    expect(new Set(rows[98])).toEqual(new Set([0]));
    const others = rows.filter((_, i) => i !== 98).flat();
    const variance = others.reduce((sum, v) => sum + v * v, 0) / others.length;
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / others.length));
  });

  test("follow the seed of the default generator or of another one", () => {
    tidy(() => {
      const draw = (seed: number) => {
        manualSeed(seed);
        using layer = new Linear(5, 4);
        return layer.weight.arraySync();
      };
      expect(draw(3)).toEqual(draw(3));
      expect(draw(3)).not.toEqual(draw(4));
      const own = (seed: number) => {
        using layer = new Conv2d(2, 2, 3, { generator: new Generator(seed) });
        return layer.parameters().map((p) => p.arraySync());
      };
      expect(own(3)).toEqual(own(3));
      expect(own(3)).not.toEqual(own(4));
    });
  });

  test("have the dtype asked for", () => {
    using layer = new Linear(2, 2, { dtype: "bfloat16" });
    expect(layer.parameters().map((p) => [p.dtype, p.requiresGrad])).toEqual([
      ["bfloat16", true],
      ["bfloat16", true],
    ]);
  });
});

describe("Dropout", () => {
  test("drops only in training, and draws again each time", () => {
    tidy(() => {
      const layer = new Dropout(0.25, { generator: new Generator(1) });
      const x = tensor(new Float32Array(4000).fill(3));
      const [first, second] = [layer.forward(x).dataSync(), layer.forward(x).dataSync()];
      const kept = first.filter((v) => v !== 0);
      expect([...new Set(kept)]).toEqual([4]);
      expect(kept.length / 4000).toBeGreaterThan(0.71);
      expect(kept.length / 4000).toBeLessThan(0.79);
      expect(second).not.toEqual(first);
      layer.eval();
      expect(layer.forward(x).dataSync()).toEqual(x.dataSync());
    });
  });
});

describe("BatchNorm", () => {
  test("keeps running statistics in float32 where parameters have 16 bits, and leaves them alone in use", () => {
    tidy(() => {
      using norm = new BatchNorm1d(2, { dtype: "bfloat16" });
      expect([norm.weight?.dtype, norm.runningMean?.dtype]).toEqual(["bfloat16", "float32"]);
      norm.forward(
        tensor([
          [1, 2],
          [3, 6],
        ]).cast("bfloat16"),
      );
      const state = () => [norm.runningMean, norm.runningVar, norm.numBatchesTracked].map((t) => t?.arraySync());
      const after = state();
      expect(after[2]).toBe(1);
      expect((after[0] as number[])[1]).toBeCloseTo(0.4);
      norm.eval().forward(
        tensor([
          [1, 2],
          [3, 6],
        ]),
      );
      expect(state()).toEqual(after);
    });
  });

  test("a step that is refused changes nothing", () => {
    tidy(() => {
      using norm = new BatchNorm1d(2);
      expect(() => norm.forward(zeros([1, 2]))).toThrow(ShapeError);
      expect(norm.numBatchesTracked?.item()).toBe(0);
    });
  });
});

test("an embedding does not train the row of padding", () => {
  tidy(() => {
    using table = new Embedding(3, 2, { paddingIdx: 1 });
    table
      .forward(tensor([0, 1, 1], { dtype: "int32" }))
      .sum()
      .backward();
    expect(table.weight.grad?.arraySync()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });
});

test("Identity gives the very same tensor", () => {
  tidy(() => {
    const x = zeros([2]);
    expect(new Identity().forward(x)).toBe(x);
  });
});

test.each<[() => unknown, string]>([
  [() => new Linear(0, 3), "Linear: inFeatures must be a positive integer, got 0"],
  [() => new Linear(3, 1.5), "Linear: outFeatures must be a positive integer, got 1.5"],
  [() => new Conv1d(1, 2, 0), "Conv1d: kernelSize must be a positive integer, got 0"],
  [() => new Conv2d(1, 2, 0), "Conv2d: the kernel's height must be a positive integer, got 0"],
  [() => new Conv2d(-1, 2, 3), "Conv2d: inChannels"],
  [
    () => new Conv2d(4, 6, 3, { groups: 3 }),
    "Conv2d: inChannels and outChannels must be divisible by groups = 3, got 4 and 6",
  ],
  [() => new ConvTranspose2d(4, 6, [3, -1]), "ConvTranspose2d: the kernel's width must be a positive integer, got -1"],
  [() => new Dropout(1.5), "Dropout: p must be a probability between 0 and 1, got 1.5"],
  [() => new CELU(0), "CELU: alpha must be finite and not 0, got 0"],
  [() => new Hardtanh(1, 1), "Hardtanh: min must be less than max, got 1 and 1"],
  [() => new PReLU(0), "PReLU: numParameters must be a positive integer, got 0"],
  [() => new BatchNorm1d(0), "BatchNorm1d: numFeatures must be a positive integer, got 0"],
  [() => new BatchNorm2d(1, { eps: -1 }), "BatchNorm2d: eps must be a finite non-negative number, got -1"],
  [() => new BatchNorm2d(1, { momentum: Number.NaN }), "BatchNorm2d: momentum must be a finite number, got NaN"],
  [() => new LayerNorm([]), "LayerNorm: normalizedShape must have at least one size, got []"],
  [() => new LayerNorm([2, 0]), "LayerNorm: normalizedShape must be a positive integer, got 0"],
  [() => new RMSNorm(4, { eps: -1 }), "RMSNorm: eps must be a finite non-negative number, got -1"],
  [() => new GroupNorm(2, 3), "GroupNorm: numChannels must be divisible by numGroups, got 3 and 2"],
  [() => new Embedding(3, 2, { paddingIdx: 3 }), "Embedding: paddingIdx 3 is out of range for a table of 3 rows"],
  [() => new RNN(2, 0), "RNN: hiddenSize must be a positive integer, got 0"],
  [() => new LSTM(2, 3, { dropout: 2 }), "LSTM: dropout must be a probability between 0 and 1, got 2"],
  [() => new RNN(2, 3, { nonlinearity: "sin" as "tanh" }), 'RNN: nonlinearity must be "tanh" or "relu", got "sin"'],
  [() => new MultiHeadAttention(6, 4), "MultiHeadAttention: embedDim must be divisible by numHeads, got 6 and 4"],
  [
    () => new MultiHeadAttention(8, 2, { rotary: new RotaryEncoding(8) }),
    "MultiHeadAttention: rotary.dim must be embedDim / numHeads = 4, got 8",
  ],
  [() => new RotaryEncoding(3), "RotaryEncoding: dim must be even, got 3"],
  [
    () => new TransformerEncoderLayer(4, 2, { dimFeedforward: 0 }),
    "TransformerEncoderLayer: dimFeedforward must be a positive",
  ],
  [
    () => new TransformerEncoderLayer(4, 2, { layerNormEps: -1 }),
    "TransformerEncoderLayer: eps must be a finite non-negative number, got -1",
  ],
  [() => new Sequential(relu as never), "Sequential: layer 0 is not a module: "],
  [
    () => new TransformerEncoderLayer(4, 2, { activation: "tan" as "relu" }),
    'TransformerEncoderLayer: activation must be "relu", "gelu" or a function, got "tan"',
  ],
])("%#: %s", (f, message) => {
  const before = memory();
  expect(f).toThrow(ArgumentError);
  expect(f).toThrow(message);
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test.each<[() => unknown, string]>([
  [() => new LayerNorm(2, { dtype: "int32" }), "LayerNorm: parameters must have a float dtype, got int32"],
  [() => new Linear(2, 2, { dtype: "int32" }), "dtype must be a float, got int32"],
])("%#: %s", (f, message) => {
  expect(f).toThrow(DTypeError);
  expect(f).toThrow(message);
});

test.each<[() => Tensor, string]>([
  [() => new Linear(3, 2).forward(zeros([2, 4])), "linear: the last axis of x must have size 3"],
  [() => new BatchNorm2d(2).forward(zeros([2, 2])), "BatchNorm2d: x must be (N, C, H, W), got [2, 2]"],
  [
    () => new BatchNorm1d(2).forward(zeros([2, 2, 1, 1])),
    "BatchNorm1d: x must be (N, C) or (N, C, L), got [2, 2, 1, 1]",
  ],
  [
    () => new PReLU(2).forward(zeros([3, 4])),
    "PReLU: axis 1 of x must have 2 channels, one for each slope, got [3, 4]",
  ],
  [() => new GLU().forward(zeros([2, 3])), "GLU: axis 1 of x must have an even size, got [2, 3]"],
  [() => new AvgPool2d(3).forward(zeros([1, 1, 2, 2])), "avgPool2d: the kernel [3, 3] is larger"],
  [
    () => new Residual(new Linear(3, 1)).forward(zeros([2, 3])),
    "Residual: the layer returns [2, 1], but the shortcut returns [2, 3]; their shapes must match",
  ],
  [
    () => new Conv1d(1, 1, 3, { padding: 3, paddingMode: "circular" }).forward(zeros([1, 1, 2])),
    "Conv1d: circular padding must be an integer from 0 to the size of the axis, got 3 and 3 for x [1, 1, 2]",
  ],
  [
    () => new Conv2d(1, 1, 3, { padding: 2, paddingMode: "reflect" }).forward(zeros([1, 1, 2, 5])),
    "is too short for reflect padding of 2",
  ],
  [
    () => new SinusoidalEncoding(4).forward(zeros([2, 4])),
    "SinusoidalEncoding: x must be (L, N, D) with D = 4, got [2, 4]",
  ],
  [
    () => new LearnedEncoding(3, 2).forward(zeros([2, 1, 2]), 2),
    "LearnedEncoding: positions 2 to 3 are out of range for maxLength 3",
  ],
  [() => new RotaryEncoding(4).forward(zeros([2, 6])), "RotaryEncoding: x must be (..., L, 4), got [2, 6]"],
])("an input that does not fit is refused, %#: %s", (f, message) => {
  tidy(() => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });
});

test("positions continue at an offset", () => {
  tidy(() => {
    noGrad(() => {
      const x = zeros([5, 1, 6], { dtype: "float64" });
      for (const layer of [new SinusoidalEncoding(6), new LearnedEncoding(5, 6, { dtype: "float64" })]) {
        const whole = layer.forward(x).arraySync() as number[][][];
        expect(layer.forward(x.slice([[3, 5]]), 3).arraySync()).toEqual(whole.slice(3));
        layer.dispose();
      }
      expect(() => new SinusoidalEncoding(6).forward(x, -1)).toThrow(
        "SinusoidalEncoding: offset must be a non-negative integer, got -1",
      );
    });
  });
});

test("tables of positions grow, follow the dtype, and are freed with the module", () => {
  const before = memory();
  tidy(() => {
    const layer = new SinusoidalEncoding(2);
    const at = (length: number, dtype: "float32" | "float64", offset = 0) =>
      (layer.forward(zeros([length, 1, 2], { dtype }), offset).arraySync() as number[][][]).at(-1)?.[0];
    expect(at(3, "float64")).toEqual([Math.sin(2), Math.cos(2)]);
    const { table } = layer;
    expect(at(1, "float64", 2)).toEqual([Math.sin(2), Math.cos(2)]);
    expect(layer.table).toBe(table);
    expect(at(1, "float64", 3)).toEqual([Math.sin(3), Math.cos(3)]);
    expect(layer.table?.shape).toEqual([6, 2]);
    expect(table?.disposed).toBe(true);
    expect(at(2, "float32")).toEqual([Math.sin(1), Math.cos(1)].map(Math.fround));
    expect([...layer.stateDict()]).toEqual([]);
    layer.dispose();
  });
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test("with batchFirst, positions run along axis 1", () => {
  tidy(() => {
    const x = zeros([2, 3, 4]);
    const rows = new SinusoidalEncoding(4, { batchFirst: true }).forward(x).arraySync() as number[][][];
    const columns = new SinusoidalEncoding(4).forward(x.transpose(0, 1)).transpose(0, 1).arraySync();
    expect(rows).toEqual(columns);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0][0]).toEqual([0, 1, 0, 1]);
  });
});
