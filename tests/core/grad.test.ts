import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  applyUpdate,
  DisposedError,
  defineUpdate,
  enableGrad,
  GradientError,
  grad,
  memory,
  noGrad,
  Tape,
  type Tensor,
  tensor,
  tidy,
  valueAndGrad,
  vjp,
} from "../../src/index.js";

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

  test("frees the graph, and a second run through it is an error unless it is retained", () => {
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
    expect(() => w.mul(2).backward()).toThrow(/the output must be a scalar, got \[2\]/);
    w.mul(2).backward({ cotangent: tensor([1, 10]) });
    expect(values(w.grad)).toEqual([2, 20]);
  });

  test("brings the cotangent to the dtype of the output", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    w.add(1).backward({ cotangent: tensor([1, 10], { dtype: "int32" }) });
    expect(w.grad?.dtype).toBe("float32");
    expect(values(w.grad)).toEqual([1, 10]);
  });

  test("refuses a disposed cotangent, and a disposed grad, before any grad has changed", () => {
    const [a, b] = [tensor([1], { requiresGrad: true }), tensor([2], { requiresGrad: true })];
    const gone = tensor([1]);
    gone.dispose();
    for (const createGraph of [false, true])
      expect(() => a.mul(b).backward({ cotangent: gone, createGraph })).toThrow(DisposedError);
    b.grad = gone;
    expect(() => a.mul(b).sum().backward()).toThrow(
      /backward: the existing grad: float32 \[1\] created by tensor was used/,
    );
    expect(a.grad).toBeNull();
  });

  test("a value changed in place after it was recorded is an error, not a wrong gradient", () => {
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
    expect(() => y.backward()).toThrow(/mul: a saved tensor was changed in place .*: float32 \[2\];/);
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

  test("an argument is told apart from the same tensor used from outside", () => {
    const x = tensor([3], { requiresGrad: true });
    expect(values(grad((y: Tensor) => x.mul(y).sum())(x))).toEqual([3]);
    // d/dx of d/dy (x y) at y = x
    const f = (x: Tensor) => grad((y: Tensor) => x.mul(y).sum())(x).sum();
    expect(values(grad(f)(tensor([3])))).toEqual([1]);
    // d/dx of d/dy (x y^2) at y = x = 2 x^2
    const g = (x: Tensor) => grad((y: Tensor) => x.mul(y).mul(y).sum())(x).sum();
    expect(values(grad(g)(tensor([3])))).toEqual([12]);
  });

  test("the arguments must be live tensors, the function must return a tensor", () => {
    const gone = tensor([1, 2]);
    gone.dispose();
    const before = memory();
    const double = (x: Tensor) => x.add(x).sum();
    expect(() => grad(double)(gone)).toThrow(/grad: float32 \[2\] created by tensor was used after it was disposed/);
    expect(() => vjp(double)(gone)).toThrow(DisposedError);
    expect(() => grad(double)(3 as unknown as Tensor)).toThrow("grad: argument 0 must be a tensor, got 3");
    tidy(() => {
      const asynchronous = (async (x: Tensor) => x) as unknown as (x: Tensor) => Tensor;
      for (const f of [() => 3 as unknown as Tensor, asynchronous]) {
        expect(() => grad(f)(tensor([1]))).toThrow(ArgumentError);
        expect(() => vjp(f)(tensor([1]))).toThrow(ArgumentError);
      }
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("a function may return a tensor that is not its own; it stays alive", () => {
    tidy(() => {
      const [x, c] = [tensor([1]), tensor(3)];
      expect(values(grad((_: Tensor) => c)(x))).toEqual([0]);
      expect(c.disposed).toBe(false);
      const { value } = vjp((t: Tensor) => t)(x);
      value.dispose();
      expect(x.disposed).toBe(false);
    });
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

  test("vjp: all that is left are its value and the gradients", () => {
    const x = tensor([1, 2]);
    const before = memory().tensors;
    const { value, pullback } = vjp((t: Tensor) => t.mul(t))(x);
    const [dx] = tidy(() => pullback(tensor([1, 1])));
    expect(values(dx)).toEqual([2, 4]);
    dx.dispose();
    value.dispose();
    expect(memory().tensors).toBe(before);
    expect(() => pullback(x)).toThrow(DisposedError);
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
