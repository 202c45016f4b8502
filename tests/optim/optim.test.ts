import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  Adagrad,
  Adam,
  type AdamOptions,
  AdamW,
  ArgumentError,
  DisposedError,
  DTypeError,
  Lion,
  memory,
  RMSprop,
  Scope,
  SGD,
  type SGDOptions,
  ShapeError,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";
import { withKernels } from "../support/kernels.js";
import { grouped, parameter, shapes, steps, takeStep, variants } from "./runs.js";

type Goldens = Readonly<Record<string, readonly (readonly number[])[]>>;
const goldens = JSON.parse(readFileSync(new URL("../goldens/optim.json", import.meta.url), "utf8")) as Goldens;

test("every variant has its golden values, and they are its own", () => {
  expect(Object.keys(goldens).sort()).toEqual(
    [
      ...Object.keys({ ...variants, ...grouped }).flatMap((name) => [name, `${name}, gradients missing`]),
      ...["ExponentialMovingAverage 0.5", "ExponentialMovingAverage 0.999"], // in moving-average.test.ts
    ].sort(),
  );
  expect(new Set(Object.values(goldens).map((value) => JSON.stringify(value))).size).toBe(Object.keys(goldens).length);
});

describe.each(Object.keys(goldens).filter((key) => !key.startsWith("Expo")))("%s", (key) => {
  const name = key.replace(", gradients missing", "");
  const make = { ...variants, ...grouped }[name];
  const skips = key.endsWith("missing");
  test.for([
    ["float64", 1e-12],
    ["float32", 1e-5],
  ] as const)("20 steps as PyTorch's, in %s", ([dtype, tolerance], context) => {
    withKernels(context, () => {
      tidy(() => {
        const parameters = shapes.map((_, k) => parameter(k, dtype));
        using optimizer = make(parameters);
        for (let step = 0; step < steps; step++) {
          if (name in grouped && step === 10) optimizer.lr /= 4;
          takeStep(optimizer, step, dtype, skips);
        }
        parameters.forEach((p, k) => {
          const scale = Math.max(...goldens[key][k].map(Math.abs));
          p.dataSync().forEach((value, i) => {
            expect(Math.abs(value - goldens[key][k][i])).toBeLessThanOrEqual(tolerance * scale);
          });
        });
      });
    });
  });
});

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe("step", () => {
  test("without an argument takes what backward left in grad, and skips what has none", () => {
    tidy(() => {
      const [p, q] = [leaf([1, 2]), leaf([5])];
      const optimizer = new SGD([p, q], { lr: 0.5 });
      p.mul(p).sum().backward();
      optimizer.step();
      expect(p.arraySync()).toEqual([0, 0]);
      expect(q.arraySync()).toEqual([5]);
      optimizer.zeroGrad();
      expect(p.grad).toBeNull();
      optimizer.step();
      expect(p.arraySync()).toEqual([0, 0]);
    });
  });

  test("takes the gradients of a tape, in the order of the parameters", () => {
    tidy(() => {
      const [p, q] = [leaf([1, 2]), leaf([3, 4])];
      const optimizer = new SGD([p, q], { lr: 1 });
      using tape = new Tape();
      optimizer.step(tape.gradients(p.mul(q).sum(), optimizer.parameters));
      expect(p.arraySync()).toEqual([-2, -2]);
      expect(q.arraySync()).toEqual([2, 2]);
    });
  });

  test("a learning rate set later counts from then on", () => {
    tidy(() => {
      const p = leaf([1]);
      const optimizer = new SGD([p], { lr: 1 });
      optimizer.lr = 0.25;
      optimizer.step([tensor([1])]);
      expect(p.item()).toBe(0.75);
    });
  });

  test("16-bit parameters have averages in float32", () => {
    tidy(() => {
      const p = tensor([1], { dtype: "bfloat16", requiresGrad: true });
      const before = memory().bytes;
      using optimizer = new Adam([p], { lr: 0.5 });
      const g = tensor([2], { dtype: "bfloat16" });
      optimizer.step([g]);
      expect(memory().bytes - before).toBe(2 + 2 * 4 + 8 + 8); // averages, learning rate, counter
      expect(p.item()).toBe(0.5);
    });
  });
});

describe("nothing changes where the gradients do not fit", () => {
  const p = () => [leaf([1, 2]), leaf([3])];
  test.each<[string, (ps: Tensor[]) => (Tensor | null)[], new (message: string) => Error, string]>([
    [
      "shape",
      () => [tensor([1, 1]), tensor([1, 1])],
      ShapeError,
      "Adam.step: gradients[1] is [2], but its parameter is [1]",
    ],
    ["number", () => [tensor([1, 1])], ShapeError, "Adam.step: expected 2 gradients, one for each parameter, got 1"],
    [
      "dtype",
      () => [tensor([1, 1]), tensor([1], { dtype: "int32" })],
      DTypeError,
      "Adam.step: gradients[1] must have a float dtype, got int32 [1]",
    ],
    ["disposed gradient", () => [tensor([1, 1]), disposed(tensor([1]))], DisposedError, "Adam.step: float32 [1]"],
    [
      "disposed parameter",
      (ps) => {
        ps[1].dispose();
        return [tensor([1, 1]), tensor([1])];
      },
      DisposedError,
      "Adam.step: float32 [1]",
    ],
  ])("%s", (_, gradients, error, message) => {
    tidy(() => {
      const parameters = p();
      const optimizer = new Adam(parameters, { lr: 1 });
      const wrong = gradients(parameters);
      const before = memory();
      expect(() => optimizer.step(wrong)).toThrow(error);
      expect(() => optimizer.step(wrong)).toThrow(message);
      expect(parameters[0].arraySync()).toEqual([1, 2]);
      expect(memory()).toEqual(before);
    });
  });
});

const disposed = (t: Tensor): Tensor => {
  t.dispose();
  return t;
};

describe("arguments", () => {
  const make = (options: Partial<SGDOptions>) => () => new SGD([leaf([1])], { lr: 0.1, ...options });
  const makeAdam = (options: AdamOptions) => () => new Adam([leaf([1])], options);
  test.each<[() => unknown, string]>([
    [make({ lr: -1 }), "SGD: lr must be a finite non-negative number, got -1"],
    [make({ lr: Number.NaN }), "SGD: lr must be a finite non-negative number, got NaN"],
    [make({ momentum: -0.1 }), "SGD: momentum"],
    [make({ weightDecay: -0.1 }), "SGD: weightDecay"],
    [make({ dampening: Number.POSITIVE_INFINITY }), "SGD: dampening"],
    [make({ nesterov: true }), "SGD: nesterov requires a momentum above 0 and a dampening of 0, got 0 and 0"],
    [make({ nesterov: true, momentum: 0.9, dampening: 0.1 }), "SGD: nesterov requires a momentum above 0"],
    [makeAdam({ lr: Number.POSITIVE_INFINITY }), "Adam: lr"],
    [makeAdam({ betas: [1, 0.999] }), "Adam: betas[0] must be at least 0 and less than 1, got 1"],
    [makeAdam({ betas: [0.9, -0.1] }), "Adam: betas[1]"],
    [makeAdam({ eps: -1 }), "Adam: eps"],
    [makeAdam({ weightDecay: -1 }), "Adam: weightDecay"],
    [() => new AdamW([leaf([1])], { weightDecay: -1 }), "AdamW: weightDecay"],
    [() => new RMSprop([leaf([1])], { alpha: 1 }), "RMSprop: alpha must be at least 0 and less than 1, got 1"],
    [() => new RMSprop([leaf([1])], { momentum: -1 }), "RMSprop: momentum"],
    [() => new Adagrad([leaf([1])], { lrDecay: -1 }), "Adagrad: lrDecay"],
    [() => new Adagrad([leaf([1])], { initialAccumulatorValue: Number.NaN }), "Adagrad: initialAccumulatorValue"],
    [() => new Lion([leaf([1])], { betas: [0.9, 1] }), "Lion: betas[1]"],
    [() => new Adam([]), "Adam: there are no parameters to optimize"],
    [() => ((p) => new Adam([p, p]))(leaf([1])), "Adam: a parameter appears twice in the list"],
    [() => new Adam([leaf([1]).mul(2)]), "Adam: parameters[0] is the result of an op, not a leaf"],
  ])("%#: %s", (f, message) => {
    tidy(() => {
      expect(f).toThrow(ArgumentError);
      expect(f).toThrow(message);
    });
  });

  test("a learning rate set to nonsense is refused, and the old one stays", () => {
    tidy(() => {
      const optimizer = new Adam([leaf([1])], { lr: 0.5 });
      expect(() => {
        optimizer.lr = -1;
      }).toThrow(ArgumentError);
      expect(optimizer.lr).toBe(0.5);
    });
  });

  test("integers cannot be parameters", () => {
    tidy(() => {
      expect(() => new Adam([zeros([2], { dtype: "int32" })])).toThrow(DTypeError);
    });
  });
});

test("averages outlive the scope of a step, and dispose frees them", () => {
  const before = memory();
  const p = tensor([1, 2], { requiresGrad: true });
  const optimizer = new Adam([p], { lr: 0.1, amsgrad: true });
  for (let step = 0; step < 3; step++) {
    using _scope = new Scope();
    optimizer.step([tensor([1, -1])]);
  }
  expect(memory().tensors - before.tensors).toBe(1 + 3 + 2); // averages, learning rate and counter
  const [first, second] = p.arraySync() as number[];
  expect(first).toBeCloseTo(0.7, 6);
  expect(second).toBeCloseTo(2.3, 6);
  optimizer.dispose();
  p.dispose();
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});
