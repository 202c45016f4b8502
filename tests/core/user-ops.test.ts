import { describe, expect, test } from "vitest";
import { apply, applyAll, defineOp, grad, type Tensor, tensor } from "../../src/index.js";

const values = (t: Tensor | null): number[] => Array.from((t as Tensor).dataSync());

describe("ops of users", () => {
  const swishOp = defineOp({
    name: "userSwish",
    inputs: ["x"],
    types: { x: "float" },
    save: ["x"],
    infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
    args: (_, y) => [y.shape.reduce((n, size) => n * size, 1)],
    cpu(x: Float32Array, y: Float32Array, n: number) {
      for (let i = 0; i < n; i++) y[i] = x[i] / (1 + Math.exp(-x[i]));
    },
    vjp: {
      x: (dy, { x }) =>
        dy.div(x.neg().exp().add(1)).add(
          dy
            .mul(x)
            .mul(x.neg().exp())
            .div(x.neg().exp().add(1).mul(x.neg().exp().add(1))),
        ),
    },
  });
  const splitOp = defineOp({
    name: "userSplit",
    inputs: ["x"],
    outputs: ["low", "high"],
    infer: ({ x }) => ({ low: { shape: [1], dtype: x.dtype }, high: { shape: [1], dtype: x.dtype } }),
    cpu(x: Float32Array, low: Float32Array, high: Float32Array) {
      low[0] = x[0];
      high[0] = x[1];
    },
    vjp: { x: ({ low, high }) => low.mul(tensor([1, 0])).add(high.mul(tensor([0, 1]))) },
  });

  test("have gradients of every order, like the engine's own", () => {
    const f = (x: Tensor) => apply(swishOp, [x], undefined).sum();
    const x = tensor([0.3, -1.2], { dtype: "float64" });
    const s = (v: number) => 1 / (1 + Math.exp(-v));
    const first = (v: number) => s(v) * (1 + v * (1 - s(v)));
    values(grad(f)(x)).forEach((v, i) => {
      expect(v).toBeCloseTo(first([0.3, -1.2][i]), 12);
    });
    const h = 1e-5;
    values(grad((t: Tensor) => grad(f)(t).sum())(x)).forEach((v, i) => {
      const at = [0.3, -1.2][i];
      expect(v).toBeCloseTo((first(at + h) - first(at - h)) / (2 * h), 8);
    });
  });

  test("may have several outputs; the cotangent of an unused one is zero", () => {
    const x = tensor([5, 7], { requiresGrad: true });
    const [low, high] = applyAll(splitOp, [x], undefined);
    low.mul(3).sum().backward({ retainGraph: true });
    expect(values(x.grad)).toEqual([3, 0]);
    high.mul(2).add(low).sum().backward();
    expect(values(x.grad)).toEqual([4, 2]);
  });

  test("a missing gradient is an error that names the op and the input, never zeros", () => {
    const roundishOp = defineOp({
      name: "userRoundish",
      inputs: ["x"],
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      cpu(x: Float32Array, y: Float32Array) {
        for (let i = 0; i < y.length; i++) y[i] = Math.round(x[i]);
      },
      vjp: { x: null },
    });
    const x = tensor([1.4], { requiresGrad: true });
    expect(() => apply(roundishOp, [x], undefined).sum().backward()).toThrow(
      /userRoundish: the gradient with respect to x \[1\] is not defined/,
    );
    expect(x.grad).toBeNull();
  });
});
