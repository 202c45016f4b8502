import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  KeyValueCache,
  LayerNorm,
  memory,
  type Tensor,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  tidy,
} from "../../src/index.js";
import { values } from "./model.js";

const options = { dimFeedforward: 3, batchFirst: true, dtype: "float64" } as const;
const encoderLayer = () => new TransformerEncoderLayer(4, 2, options);
const decoderLayer = () => new TransformerDecoderLayer(4, 2, options);
const sequence = (length: number): Tensor => values([2, length, 4], 7, 3, 13, 4);

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.dataSync();
  actual.dataSync().forEach((value, i) => {
    expect(Math.abs(value - wanted[i])).toBeLessThan(1e-12);
  });
}

const at = (x: Tensor, t: number): Tensor => x.slice([null, [t, t + 1]]);

describe("a cache for each layer", () => {
  test("lets an encoder read a sequence element by element", () => {
    const before = memory();
    tidy(() => {
      using encoder = new TransformerEncoder(encoderLayer, 3, { norm: new LayerNorm(4, { dtype: "float64" }) }).eval();
      const x = sequence(4);
      const whole = encoder.forward(x, { isCausal: true });
      const caches = encoder.layers.map(() => new KeyValueCache());
      for (let t = 0; t < 4; t++) expectClose(encoder.forward(at(x, t), { isCausal: true, caches }), at(whole, t));
      for (const cache of caches) cache.dispose();
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("lets a decoder write one, and read what it is of once", () => {
    tidy(() => {
      using decoder = new TransformerDecoder(decoderLayer, 2).eval();
      const [x, encoded] = [sequence(3), sequence(5)];
      const whole = decoder.forward(x, encoded, { tgtIsCausal: true });
      const caches = decoder.layers.map(() => new KeyValueCache());
      const memoryCaches = decoder.layers.map(() => new KeyValueCache({ fixed: true }));
      for (let t = 0; t < 3; t++)
        expectClose(decoder.forward(at(x, t), encoded, { tgtIsCausal: true, caches, memoryCaches }), at(whole, t));
      expect([...caches, ...memoryCaches].map(({ length }) => length)).toEqual([3, 3, 5, 5]);
      for (const cache of [...caches, ...memoryCaches]) cache.dispose();
    });
  });
});

test("every layer has its own initial values", () => {
  using encoder = new TransformerEncoder(encoderLayer, 2);
  const [first, second] = encoder.layers.map(({ linear1 }) => linear1.weight.arraySync());
  expect(first).not.toEqual(second);
});

test.each<[string, () => unknown, string]>([
  ["no layers", () => new TransformerEncoder(encoderLayer, 0), "numLayers must be a positive integer, got 0"],
  [
    "a layer to be copied",
    () => new TransformerEncoder(encoderLayer() as never, 2),
    "TransformerEncoder: makeLayer must be a function that returns a new layer",
  ],
  [
    "layers of another kind",
    () => new TransformerDecoder(encoderLayer as never, 2),
    "TransformerDecoder: layer 0 must be a TransformerDecoderLayer, got",
  ],
  [
    "one layer twice",
    () => {
      const layer = encoderLayer();
      return new TransformerEncoder(() => layer, 2);
    },
    "TransformerEncoder: layer 1 appears twice",
  ],
  [
    "too few caches",
    () => new TransformerEncoder(encoderLayer, 2).forward(sequence(1), { caches: [new KeyValueCache()] }),
    "TransformerEncoder: caches must have one cache for each of the 2 layers, got 1",
  ],
  [
    "too many caches of the memory",
    () => new TransformerDecoder(decoderLayer, 1).forward(sequence(1), sequence(2), { memoryCaches: [] }),
    "TransformerDecoder: memoryCaches must have one cache for each of the 1 layers, got 0",
  ],
])("refuses %s", (_, make, message) => {
  tidy(() => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});
