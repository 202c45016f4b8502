import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  Conv2d,
  Dropout,
  Flatten,
  Generator,
  type Layer,
  Linear,
  MaxPool2d,
  manualSeed,
  memory,
  ReLU,
  Scope,
  Sequential,
  ShapeError,
  Tanh,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

interface Golden {
  readonly state: Readonly<Record<string, number[]>>;
  readonly shape: number[];
  readonly y: number[];
  readonly dx: number[];
  readonly grads: number[][];
}

const goldens = JSON.parse(readFileSync(new URL("../goldens/nn.json", import.meta.url), "utf8")) as Record<
  string,
  Golden
>;

const f64 = { dtype: "float64" } as const;

/** The layers of tests/goldens/nn.py, and the shapes of their inputs. */
const models: Readonly<Record<string, [make: () => Layer, shape: number[]]>> = {
  Linear: [() => new Linear(3, 4, f64), [2, 3]],
  "Linear without bias": [() => new Linear(3, 2, { bias: false, ...f64 }), [2, 2, 3]],
  Conv2d: [() => new Conv2d(2, 3, 3, f64), [2, 2, 5, 4]],
  "Conv2d with options": [
    () =>
      new Conv2d(4, 6, [3, 2], { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2, bias: false, ...f64 }),
    [1, 4, 5, 4],
  ],
  "Conv2d same": [() => new Conv2d(1, 2, [3, 4], { padding: "same", ...f64 }), [1, 1, 4, 5]],
  MaxPool2d: [() => new MaxPool2d(2), [1, 2, 4, 5]],
  "MaxPool2d with options": [() => new MaxPool2d([3, 2], { stride: [2, 1], padding: 1, ceilMode: true }), [1, 1, 6, 4]],
  Flatten: [() => new Flatten(), [2, 3, 2]],
  "Flatten of two axes": [() => new Flatten(0, 1), [2, 3, 2]],
  ReLU: [() => new ReLU(), [11]],
  Tanh: [() => new Tanh(), [11]],
  "Dropout in use": [() => new Dropout(0.5).eval(), [7]],
  Sequential: [
    () =>
      new Sequential(
        new Conv2d(1, 3, 3, f64),
        new ReLU(),
        new MaxPool2d(2),
        new Flatten(),
        new Sequential(new Linear(12, 4, f64), new ReLU()),
        new Linear(4, 2, f64),
      ),
    [2, 1, 6, 6],
  ],
};

/** The formula of nn.py. */
function values(shape: readonly number[], a: number, b: number, m: number, scale: number): Tensor {
  const n = shape.reduce((product, size) => product * size, 1);
  const data = Float64Array.from({ length: n }, (_, i) => (((a * i + b) % m) - Math.floor(m / 2)) / scale);
  return tensor(data, { shape });
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i])).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected[i])));
}

test("every layer has its golden values", () => {
  expect(Object.keys(goldens).sort()).toEqual(Object.keys(models).sort());
});

describe.each(Object.keys(models))("%s", (name) => {
  const [make, shape] = models[name];
  const golden = goldens[name];

  test("has PyTorch's names and shapes, in PyTorch's order", () => {
    tidy(() => {
      const state = [...make().stateDict()].map(([key, t]) => [key, t.shape]);
      expect(state).toEqual(Object.entries(golden.state));
    });
  });

  test("gives PyTorch's values and gradients for the same weights", () => {
    tidy(() => {
      const model = make();
      model.loadStateDict(
        new Map(Object.entries(golden.state).map(([key, s], k) => [key, values(s, 5, 3 * k + 2, 9, 8)])),
      );
      using tape = new Tape();
      const x = tape.watch(values(shape, 7, 3, 13, 4));
      const y = model.forward(x);
      expect(y.shape).toEqual(golden.shape);
      expectClose(y.dataSync(), golden.y);
      const parameters = model.parameters();
      const [dx, ...grads] = tape.gradients(y.mul(values(y.shape, 3, 1, 7, 4)).sum(), [x, ...parameters]);
      expectClose(dx.dataSync(), golden.dx);
      grads.forEach((g, i) => {
        expectClose(g.dataSync(), golden.grads[i]);
      });
      model.dispose();
    });
  });

  test("made inside a scope, outlives it; dispose frees everything", () => {
    const before = memory();
    let model: Layer;
    {
      using _scope = new Scope();
      model = make();
    }
    for (const t of model.stateDict().values()) expect(t.disposed).toBe(false);
    expect(memory().tensors - before.tensors).toBe(model.stateDict().size);
    model.dispose();
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});

describe("initial parameters", () => {
  test("are uniform within PyTorch's bound, 1 / sqrt(fanIn), weights and biases", () => {
    tidy(() => {
      const generator = new Generator(5);
      for (const layer of [new Linear(400, 300, { generator }), new Conv2d(32, 300, 3, { groups: 4, generator })]) {
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

  test("follow the seed, of the default generator or of one's own", () => {
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
  test("drops in training alone, and draws anew each time", () => {
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

test.each<[() => unknown, string]>([
  [() => new Linear(0, 3), "Linear: inFeatures is an integer of 1 or more, got 0"],
  [() => new Linear(3, 1.5), "Linear: outFeatures is an integer of 1 or more, got 1.5"],
  [() => new Conv2d(1, 2, 0), "Conv2d: the kernel's height is an integer of 1 or more, got 0"],
  [() => new Conv2d(-1, 2, 3), "Conv2d: inChannels"],
  [() => new Conv2d(4, 6, 3, { groups: 3 }), "Conv2d: 3 groups do not divide 4 and 6 channels"],
  [() => new Dropout(1.5), "Dropout: p is a probability from 0 to 1, got 1.5"],
])("%#: %s", (f, message) => {
  const before = memory();
  expect(f).toThrow(ArgumentError);
  expect(f).toThrow(message);
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test("an input that does not fit is refused by the op", () => {
  tidy(() => {
    using layer = new Linear(3, 2);
    expect(() => layer.forward(zeros([2, 4]))).toThrow(ShapeError);
  });
});
