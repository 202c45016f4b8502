import { expect, test } from "vitest";
import {
  ArgumentError,
  BatchNorm2d,
  Conv2d,
  Dropout,
  defaultGenerator,
  Embedding,
  Flatten,
  Linear,
  LSTM,
  Module,
  MultiHeadAttention,
  memory,
  ReLU,
  Sequential,
  ShapeError,
  summary,
  type Tensor,
  zeros,
} from "../../src/index.js";

test("a table of modules, shapes and parameters", () => {
  using model = new Sequential(
    new Conv2d(1, 8, 3, { bias: false }),
    new BatchNorm2d(8),
    new Sequential(new ReLU(), new Dropout()),
    new Flatten(),
    new Linear(8 * 26 * 26, 10),
  );
  model.parameters()[0].requiresGrad = false;
  expect(summary(model, [2, 1, 28, 28])).toBe(
    [
      "layer              output          parameters",
      "---------------------------------------------",
      "Sequential         [2, 10]",
      "  0 (Conv2d)       [2, 8, 26, 26]          72",
      "  1 (BatchNorm2d)  [2, 8, 26, 26]          16",
      "  2 (Sequential)   [2, 8, 26, 26]",
      "    0 (ReLU)       [2, 8, 26, 26]",
      "    1 (Dropout)    [2, 8, 26, 26]",
      "  3 (Flatten)      [2, 5408]",
      "  4 (Linear)       [2, 10]             54,090",
      "---------------------------------------------",
      "parameters: 54,178 (54,106 trainable)",
      "buffer elements: 17",
    ].join("\n"),
  );
});

class Tagger extends Module {
  readonly table = new Embedding(7, 4);
  readonly read = new LSTM(4, 3);
  readonly unused = new Linear(2, 2);
  readonly output = new Linear(4, 7, { bias: false });

  constructor() {
    super();
    this.output.weight = this.table.weight;
  }

  forward(x: Tensor): [Tensor, Tensor] {
    const [y, [h]] = this.read.forward(this.table.forward(x));
    return [y, h];
  }
}

test("several outputs, a module that is not run, a shared parameter", () => {
  using model = new Tagger();
  const lines = summary(model, [5, 2], { dtype: "int32" }).split("\n");
  expect(lines.slice(2, 7).map((line) => line.trimEnd())).toEqual([
    expect.stringMatching(/^Tagger +\[5, 2, 3\], \[1, 2, 3\]$/),
    expect.stringMatching(/^ {2}table \(Embedding\) +\[5, 2, 4\] +28$/),
    expect.stringMatching(/^ {2}read \(LSTM\) +\[5, 2, 3\], \[1, 2, 3\], \[1, 2, 3\] +108$/),
    expect.stringMatching(/^ {2}unused \(Linear\) +6$/),
    "  output (Linear)",
  ]);
  expect(lines.at(-1)).toBe("parameters: 142 (142 trainable)");
});

test("takes several inputs, as shapes or tensors", () => {
  using attention = new MultiHeadAttention(4, 2);
  using query = zeros([3, 1, 4]);
  const text = summary(attention, [query, [5, 1, 4]]);
  expect(text).toContain("MultiHeadAttention   [3, 1, 4]");
  expect(query.disposed).toBe(false);
});

test("changes nothing: modes, statistics, random numbers, memory, methods", () => {
  using model = new Sequential(new BatchNorm2d(2), new Sequential(new Dropout()).eval(), new Dropout());
  const state = () => [
    model.modules().map((module) => [module.training, Object.hasOwn(module, "forward")]),
    [...model.stateDict().values()].map((t) => t.arraySync()),
    defaultGenerator.getState(),
    memory().bytes,
    memory().tensors,
  ];
  const before = state();
  summary(model, [2, 2, 3, 3]);
  expect(state()).toEqual(before);
  expect(() => summary(model, [2, 3, 3, 3])).toThrow(ShapeError);
  expect(state()).toEqual(before);
});

test("refuses values that are not inputs", () => {
  expect(() => summary(new ReLU(), 3 as never)).toThrow(ArgumentError);
  expect(() => summary(new ReLU(), 3 as never)).toThrow(
    "summary: the input must be a shape, a tensor, or a list of shapes and tensors",
  );
});
