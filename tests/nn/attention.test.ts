import { describe, expect, test } from "vitest";
import {
  DTypeError,
  Generator,
  KeyValueCache,
  MultiHeadAttention,
  memory,
  noGrad,
  RotaryEncoding,
  ShapeError,
  Tape,
  type Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";
import { values } from "./model.js";

const f64 = { dtype: "float64", batchFirst: true } as const;

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < e.length; i++) expect(Math.abs(a[i] - e[i])).toBeLessThan(1e-13);
}

/** (N, L, E) */
const sequence = (n: number, length: number, features: number): Tensor => values([n, length, features], 7, 3, 13, 4);

describe("MultiHeadAttention", () => {
  test("masks in every form say the same", () => {
    tidy(() => {
      using attention = new MultiHeadAttention(4, 2, f64);
      const x = sequence(2, 3, 4);
      const whole = attention.forward(x, x, x, { isCausal: true });
      const bool = tensor([
        [0, 1, 1],
        [0, 0, 1],
        [0, 0, 0],
      ]).cast("bool");
      const floats = bool.where(Number.NEGATIVE_INFINITY, 0).cast("float64");
      for (const attnMask of [
        bool,
        floats,
        bool.reshape([1, 1, 3, 3]),
        bool.expand([4, 3, 3]),
        floats.expand([2, 2, 3, 3]),
      ]) {
        expectClose(attention.forward(x, x, x, { attnMask }), whole);
        expectClose(attention.forwardWithWeights(x, x, x, { attnMask })[0], whole);
      }
    });
  });

  test("padding of bool and of floats, with and without another mask", () => {
    tidy(() => {
      using attention = new MultiHeadAttention(4, 2, f64);
      const x = sequence(2, 3, 4);
      const bool = tensor([
        [false, false, true],
        [false, false, false],
      ]);
      const floats = bool.where(Number.NEGATIVE_INFINITY, 0).cast("float64");
      const added = values([3, 3], 3, 1, 7, 4);
      const forward = (keyPaddingMask: Tensor, attnMask: Tensor | null) =>
        attention.forward(x, x, x, { keyPaddingMask, attnMask });
      expectClose(forward(bool, null), forward(floats, null));
      expectClose(forward(bool, added), forward(floats, added));
      const shorter = x.slice([
        [0, 1],
        [0, 2],
      ]);
      expectClose(
        forward(bool, null).slice([
          [0, 1],
          [0, 2],
        ]),
        attention.forward(shorter),
      );
    });
  });

  test("a query that may attend to nothing gets the bias of the last projection, and no NaN", () => {
    tidy(() => {
      using attention = new MultiHeadAttention(4, 2, f64);
      using tape = new Tape();
      const x = tape.watch(sequence(1, 2, 4));
      const attnMask = tensor([
        [true, true],
        [false, false],
      ]);
      const [y, weights] = attention.forwardWithWeights(x, x, x, { attnMask });
      expectClose(attention.forward(x, x, x, { attnMask }), y);
      expect((y.arraySync() as number[][][])[0][0]).toEqual(attention.outProj.bias?.arraySync());
      expect((weights.arraySync() as number[][][])[0][0]).toEqual([0, 0]);
      const [dx] = tape.gradients(y.sum(), [x]);
      expect([...dx.dataSync()].every(Number.isFinite)).toBe(true);
    });
  });

  test("weights are probabilities", () => {
    tidy(() => {
      using attention = new MultiHeadAttention(4, 2, f64);
      const [, weights] = attention.forwardWithWeights(sequence(2, 3, 4), sequence(2, 5, 4));
      expect(weights.shape).toEqual([2, 3, 5]);
      for (const sum of weights.sum(-1).dataSync()) expect(sum).toBeCloseTo(1, 12);
    });
  });

  test("dropout acts in training alone, and follows the generator", () => {
    tidy(() => {
      const make = () => new MultiHeadAttention(4, 2, { dropout: 0.5, generator: new Generator(3), ...f64 });
      const x = sequence(2, 6, 4);
      const runs = [make(), make()].map((layer) => [layer.forward(x), layer.forward(x)].map((y) => y.arraySync()));
      expect(runs[0]).toEqual(runs[1]);
      expect(runs[0][0]).not.toEqual(runs[0][1]);
      const layer = make().eval();
      expect(layer.forward(x).arraySync()).toEqual(layer.forward(x).arraySync());
    });
  });

  test("keeps the dtype of 16-bit inputs, masks of both kinds included", () => {
    tidy(() => {
      using attention = new MultiHeadAttention(4, 2, { dtype: "bfloat16", batchFirst: true });
      const x = sequence(2, 3, 4).cast("bfloat16");
      const attnMask = values([3, 3], 3, 1, 7, 4).cast("bfloat16");
      const keyPaddingMask = tensor([
        [false, false, true],
        [false, false, false],
      ]);
      expect(attention.forward(x, x, x, { attnMask, keyPaddingMask }).dtype).toBe("bfloat16");
    });
  });

  test.each<[(layer: MultiHeadAttention, x: Tensor) => unknown, string]>([
    [
      (m) => m.forward(zeros([2, 4])),
      "MultiHeadAttention: query, key and value must be (N, L, E) with E = 4, 4, 4, got query [2, 4]",
    ],
    [(m, x) => m.forward(x, zeros([2, 3, 5])), "with E = 4, 4, 4, got query [2, 3, 4], key [2, 3, 5]"],
    [(m, x) => m.forward(x, zeros([1, 3, 4])), "MultiHeadAttention: query and key must have the same batch size"],
    [
      (m, x) => m.forward(x, x, zeros([2, 4, 4])),
      "MultiHeadAttention: key and value must have the same length and batch size",
    ],
    [
      (m, x) => m.forward(x, x, x, { attnMask: zeros([3, 4]) }),
      "MultiHeadAttention: attnMask must be [3, 3] or [4, 3, 3], or broadcast to [2, 2, 3, 3], got [3, 4]",
    ],
    [(m, x) => m.forward(x, x, x, { attnMask: zeros([3]) }), "got [3]"],
    [(m, x) => m.forward(x, x, x, { attnMask: zeros([2, 3, 3]) }), "got [2, 3, 3]"],
    [
      (m, x) => m.forward(x, x, x, { keyPaddingMask: zeros([3, 2]) }),
      "MultiHeadAttention: keyPaddingMask must be [2, 3], got [3, 2]",
    ],
  ])("refuses what does not fit, %#", (f, message) => {
    tidy(() => {
      const run = () => f(new MultiHeadAttention(4, 2, { batchFirst: true }), zeros([2, 3, 4]));
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(message);
    });
  });

  test("refuses a mask of integers", () => {
    tidy(() => {
      using layer = new MultiHeadAttention(4, 2);
      const x = zeros([3, 2, 4]);
      const attnMask = zeros([3, 3], { dtype: "int32" });
      expect(() => layer.forward(x, x, x, { attnMask })).toThrow(DTypeError);
    });
  });
});

describe("KeyValueCache", () => {
  test.each([
    ["batch first, rotary", { batchFirst: true, rotary: new RotaryEncoding(4) }],
    ["length first", { batchFirst: false }],
  ])("read in pieces, a sequence gives the same as read at once: %s", (_, options) => {
    const before = memory();
    tidy(() => {
      using layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 5, dtype: "float64", ...options }).eval();
      const axis = options.batchFirst ? 1 : 0;
      const x = options.batchFirst ? sequence(2, 6, 8) : sequence(2, 6, 8).transpose(0, 1);
      const whole = layer.forward(x, { isCausal: true });
      using cache = new KeyValueCache();
      for (const [from, to] of [
        [0, 2],
        [2, 3],
        [3, 6],
      ]) {
        const piece = (t: Tensor) => t.slice([...new Array<null>(axis).fill(null), [from, to]]);
        // In a separate scope: the tensors in the cache outlive it.
        tidy(() => {
          expectClose(layer.forward(piece(x), { isCausal: true, cache }), piece(whole));
        });
        expect(cache.length).toBe(to);
      }
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("masks cover the keys of the cache too", () => {
    tidy(() => {
      using layer = new MultiHeadAttention(4, 2, f64);
      const x = sequence(2, 4, 4);
      const keyPaddingMask = tensor([
        [true, false, false, false],
        [false, false, false, false],
      ]);
      const whole = layer.forward(x, x, x, { isCausal: true, keyPaddingMask });
      using cache = new KeyValueCache();
      layer.forward(x.slice([null, [0, 2]]), undefined, undefined, { isCausal: true, cache });
      const rest = x.slice([null, [2, 4]]);
      const y = layer.forward(rest, rest, rest, { isCausal: true, keyPaddingMask, cache });
      expectClose(y, whole.slice([null, [2, 4]]));
    });
  });

  test("a fixed one holds the projections of a memory", () => {
    tidy(() => {
      using layer = new TransformerDecoderLayer(4, 2, { dimFeedforward: 3, ...f64 }).eval();
      const [x, encoded] = [sequence(2, 3, 4), sequence(2, 5, 4)];
      const whole = layer.forward(x, encoded, { tgtIsCausal: true });
      using cache = new KeyValueCache();
      using memoryCache = new KeyValueCache({ fixed: true });
      for (let t = 0; t < 3; t++) {
        const y = layer.forward(x.slice([null, [t, t + 1]]), encoded, { tgtIsCausal: true, cache, memoryCache });
        expectClose(y, whole.slice([null, [t, t + 1]]));
        expect(memoryCache.length).toBe(5);
      }
    });
  });

  test("holds constants, and frees them", () => {
    const before = memory();
    tidy(() => {
      using layer = new MultiHeadAttention(4, 2, f64);
      const cache = new KeyValueCache();
      using tape = new Tape();
      const x = tape.watch(sequence(1, 2, 4));
      tape.gradients(layer.forward(x, x, x, { cache }).sum(), [x]);
      expect(cache.held?.map(({ requiresGrad }) => requiresGrad)).toEqual([false, false]);
      cache.reset();
      expect(cache.length).toBe(0);
      noGrad(() => layer.forward(x, x, x, { cache }));
      cache.dispose();
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("refuses another batch, and keeps what it has", () => {
    tidy(() => {
      using layer = new MultiHeadAttention(4, 2, f64);
      using cache = new KeyValueCache();
      layer.forward(sequence(2, 3, 4), undefined, undefined, { cache });
      const run = () => layer.forward(sequence(1, 3, 4), undefined, undefined, { cache });
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(
        "KeyValueCache: the cache holds keys of shape [2, 2, 3, 2], got [1, 2, 3, 2]; call reset() before you process other sequences",
      );
      expect(cache.length).toBe(3);
    });
  });
});

describe("RotaryEncoding", () => {
  test.each([false, true])("products depend on distances alone (interleaved: %s)", (interleaved) => {
    tidy(() => {
      const rotary = new RotaryEncoding(6, { interleaved });
      const [q, k] = [values([4, 6], 7, 3, 13, 4), values([4, 6], 5, 2, 9, 4)];
      const products = (offset: number) =>
        rotary.forward(q, offset).matmul(rotary.forward(k, offset), { transB: true });
      expectClose(products(9), products(0));
    });
  });
});

test("a transformer layer drops in training alone, in its own places", () => {
  tidy(() => {
    using layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, generator: new Generator(2), ...f64 });
    const x = sequence(2, 3, 4);
    expect(layer.forward(x).arraySync()).not.toEqual(layer.forward(x).arraySync());
    layer.eval();
    expect(layer.forward(x).arraySync()).toEqual(layer.forward(x).arraySync());
    using all = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 1, normFirst: true, ...f64 });
    expect(all.forward(x).arraySync()).toEqual(x.arraySync());
  });
});

test("a transformer layer takes a function as activation", () => {
  tidy(() => {
    const options = { dimFeedforward: 3, dropout: 0, ...f64 };
    using a = new TransformerEncoderLayer(4, 2, { activation: "relu", ...options });
    using b = new TransformerEncoderLayer(4, 2, { activation: (x) => x.maximum(0), ...options });
    b.loadStateDict(a.stateDict());
    expectClose(b.forward(sequence(1, 2, 4)), a.forward(sequence(1, 2, 4)));
  });
});
