import { describe, expect, test } from "vitest";
import { apply, checkpoint, defineOp, enableGrad, GradientError, grad, memory, noGrad, Tape, type Tensor, tensor, tidy, valueAndGrad, vjp } from "../../src/index.js";

const values = (t: Tensor | null): number[] => Array.from((t as Tensor).dataSync());

describe("backward", () => {
  test("adds to the grad of every leaf, and again until it is cleared", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    w.mul(w).sum().backward();
    expect(values(w.grad)).toEqual([2, 4]);
    w.mul(3).sum().backward();
    expect(values(w.grad)).toEqual([5, 7]);
    w.grad = null;
    w.mul(3).sum().backward();
    expect(values(w.grad)).toEqual([3, 3]);
  });

  test("grad outlives the scope and the tape it was made in", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    tidy(() => w.mul(w).sum().backward());
    expect(values(w.grad)).toEqual([2, 4]);
    {
      using _tape = new Tape();
      w.mul(w).sum().backward();
    }
    expect(values(w.grad)).toEqual([4, 8]);
  });

  test("frees the graph; a second run through it says so, unless it is retained", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const y = w.exp().sum();
    y.backward({ retainGraph: true });
    y.backward();
    expect(() => y.backward()).toThrow(/retainGraph: true/);
    expect(values(w.grad)[0]).toBeCloseTo(2 * Math.E, 5);
  });

  test("createGraph makes the gradients differentiable", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    w.mul(w).mul(w).sum().backward({ createGraph: true });
    const first = w.grad as Tensor;
    w.grad = null;
    first.sum().backward();
    expect(values(w.grad)).toEqual([6, 12]);
  });

  test("needs something that requires a gradient, and a scalar or a cotangent", () => {
    expect(() => tensor([1]).sum().backward()).toThrow(GradientError);
    const w = tensor([1, 2], { requiresGrad: true });
    expect(() => w.mul(2).backward()).toThrow(/\[2\], not a scalar/);
    w.mul(2).backward({ cotangent: tensor([1, 10]) });
    expect(values(w.grad)).toEqual([2, 20]);
  });

  test("a value changed in place after it was recorded is an error, not a wrong gradient", async () => {
    const { applyUpdate, defineUpdate } = await import("../../src/index.js");
    const addOne = defineUpdate({
      name: "addOne",
      inputs: [],
      targets: ["x"],
      args: () => [],
      cpu(x: Float32Array[]) {
        for (const array of x) for (let i = 0; i < array.length; i++) array[i]++;
      },
    });
    const w = tensor([1, 2], { requiresGrad: true });
    const y = w.mul(w).sum();
    applyUpdate(addOne, { x: [w] }, undefined);
    expect(values(w)).toEqual([2, 3]);
    expect(() => y.backward()).toThrow(/mul: a saved float32 \[2\] was changed in place/);
    expect(w.grad).toBeNull();
  });
});

describe("disposed values", () => {
  test("a tape keeps what it saved, though the program disposed it", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    using tape = new Tape();
    const y = tidy(() => w.mul(2).exp().mul(w).sum());
    const [dw] = tape.gradients(y, [w]);
    const expected = [1, 2].map((x) => Math.exp(2 * x) * (1 + 2 * x));
    values(dw).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i], 2);
    });
  });

  test("memory of a graph that nothing can reach is freed at once, without a collection", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const before = memory();
    const a = w.mul(2);
    const b = a.exp();
    const c = b.exp();
    a.dispose();
    b.dispose();
    expect(memory().tensors).toBe(before.tensors + 2); // b is saved by two ops; nothing saved a
    c.dispose();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe("functional forms", () => {
  const cube = (x: Tensor) => x.mul(x).mul(x).sum();

  test("grad, to the third derivative", () => {
    const x = tensor([1, 2]);
    expect(values(grad(cube)(x))).toEqual([3, 12]);
    const second = (t: Tensor) => grad(cube)(t).sum();
    expect(values(grad(second)(x))).toEqual([6, 12]);
    const third = (t: Tensor) => grad(second)(t).sum();
    expect(values(grad(third)(x))).toEqual([6, 6]);
    expect(x.requiresGrad).toBe(false);
    expect(x.grad).toBeNull();
  });

  test("grad of several arguments; unused ones are zero", () => {
    const f = (a: Tensor, b: Tensor, _c: Tensor) => a.mul(b).sum();
    const [a, b, c] = [tensor([1, 2]), tensor([3, 4]), tensor([5])];
    const [db, dc] = grad(f, [1, 2])(a, b, c);
    expect(values(db)).toEqual([1, 2]);
    expect(values(dc)).toEqual([0]);
    expect(() => grad(f, 3)(a, b, c)).toThrow(GradientError);
  });

  test("the derivative with respect to an outer variable passes through an inner grad", () => {
    // d/dx of d/dy (x y^2) = 2 y
    const f = (x: Tensor) => grad((y: Tensor) => x.mul(y).mul(y).sum())(tensor([3])).sum();
    expect(values(grad(f)(tensor([5])))).toEqual([6]);
  });

  test("valueAndGrad gives both, and frees the rest", () => {
    const x = tensor([1, 2]);
    const before = memory().tensors;
    const { value, grad: dx } = valueAndGrad(cube)(x);
    expect(value.item()).toBe(9);
    expect(values(dx)).toEqual([3, 12]);
    expect(memory().tensors).toBe(before + 2);
  });

  test("vjp: the pullback may be called several times", () => {
    const { value, pullback } = vjp((x: Tensor, y: Tensor) => x.mul(y))(tensor([1, 2]), tensor([3, 4]));
    expect(values(value)).toEqual([3, 8]);
    expect(pullback(tensor([1, 0])).map(values)).toEqual([
      [3, 0],
      [1, 0],
    ]);
    expect(pullback(tensor([0, 1])).map(values)).toEqual([
      [0, 4],
      [0, 2],
    ]);
  });

  test("noGrad and enableGrad, synchronous and not", async () => {
    const w = tensor([1], { requiresGrad: true });
    expect(noGrad(() => w.mul(2)).requiresGrad).toBe(false);
    expect(noGrad(() => enableGrad(() => w.mul(2))).requiresGrad).toBe(true);
    const running = noGrad(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return w.mul(2).requiresGrad;
    });
    expect(w.mul(2).requiresGrad).toBe(true);
    expect(await running).toBe(false);
  });
});

describe("checkpoint", () => {
  const w = tensor([0.5, -0.25], { requiresGrad: true });
  const block = (x: Tensor) => x.mul(w).exp().mul(x).exp();

  test("gives the same value and gradients as without, of arguments and of parameters from outside", () => {
    const run = (f: (x: Tensor) => Tensor) => {
      using tape = new Tape();
      const x = tape.watch(tensor([1, 2]));
      const y = f(x).sum();
      return [y, ...tape.gradients(y, [x, w])].map(values);
    };
    expect(run(checkpoint(block))).toEqual(run(block));
  });

  test("saves only its arguments", () => {
    const x = tensor([1, 2]);
    const count = (f: (x: Tensor) => Tensor) => tidy(() => {
      const before = memory().tensors;
      tidy(() => f(x)).keep();
      return memory().tensors - before;
    });
    expect(count(checkpoint(block))).toBe(1);
    expect(count(block)).toBe(2); // the inner exp is saved by two ops
  });

  test("second derivatives pass through", () => {
    const f = (g: (x: Tensor) => Tensor) => (x: Tensor) => grad((t: Tensor) => g(t).sum())(x).sum();
    const x = tensor([0.5, 1], { dtype: "float64" });
    const plain = values(grad(f(block))(x));
    values(grad(f(checkpoint(block)))(x)).forEach((v, i) => {
      expect(v).toBeCloseTo(plain[i], 12);
    });
  });
});

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
    vjp: { x: (dy, { x }) => dy.div(x.neg().exp().add(1)).add(dy.mul(x).mul(x.neg().exp()).div(x.neg().exp().add(1).mul(x.neg().exp().add(1)))) },
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

  test("may have several outputs; the cotangent of an unused one is zero", async () => {
    const { applyAll } = await import("../../src/index.js");
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
    expect(() => apply(roundishOp, [x], undefined).sum().backward()).toThrow(/userRoundish: there is no gradient with respect to x \[1\]/);
    expect(x.grad).toBeNull();
  });
});
