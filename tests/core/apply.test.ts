import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  apply,
  applyAll,
  applyUpdate,
  DisposedError,
  DTypeError,
  defineOp,
  defineUpdate,
  grad,
  type Meta,
  memory,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  trackLeaks,
  zeros,
} from "../../src/index.js";

const values = (t: Tensor): number[] => Array.from(t.dataSync());

const sumOp = defineOp({
  name: "userSum",
  inputs: ["a", "b"],
  infer: ({ a }) => ({ shape: a.shape, dtype: a.dtype }),
  cpu(a: Float32Array, b: Float32Array, y: Float32Array) {
    for (let i = 0; i < y.length; i++) y[i] = a[i] + b[i];
  },
  vjp: { a: (dy) => dy, b: (dy) => dy },
});

/** y = x bias + the sum of squares of xs, where a bias left out is 1. */
const squaresOp = defineOp({
  name: "userSquares",
  inputs: ["x", "bias?", "...xs"],
  save: ["x", "bias", "xs"],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  cpu(x: Float32Array, bias: Float32Array | null, xs: Float32Array[], y: Float32Array) {
    for (let i = 0; i < y.length; i++) {
      y[i] = x[i] * (bias ? bias[i] : 1);
      for (const z of xs) y[i] += z[i] * z[i];
    }
  },
  vjp: {
    x: (dy, { bias }) => (bias ? dy.mul(bias) : dy),
    bias: (dy, { x }) => dy.mul(x),
    xs: (dy, { xs }, _, i) => dy.mul(xs[i]).mul(2),
  },
});

describe("inputs that the record does not have are an error, not a wrong result", () => {
  const call = (op: typeof sumOp, inputs: unknown) => () => apply(op, inputs as Tensor[], undefined);

  test("too many, too few, none, and values that are not tensors", () => {
    const [a, b, c] = [tensor([1]), tensor([2]), tensor([9])];
    const before = memory();
    expect(call(sumOp, [a, b, c])).toThrow("userSum: expected the inputs (a, b), got 3 inputs");
    expect(values(c)).toEqual([9]);
    expect(call(sumOp, [a])).toThrow(ArgumentError);
    expect(call(sumOp, [a, null])).toThrow("userSum: input b must be a tensor, got null");
    expect(call(sumOp, [undefined, b])).toThrow("userSum: input a must be a tensor, got undefined");
    expect(call(sumOp, [a, 3])).toThrow("userSum: input b must be a tensor, got 3");
    expect(call(sumOp, [a, [[1]]])).toThrow(ArgumentError);
    expect(call(squaresOp, [a])).toThrow(ArgumentError);
    expect(call(squaresOp, [a, null, null])).toThrow("userSquares: input xs[0] must be a tensor, got null");
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("disposed ones are named by their place", () => {
    const [a, gone] = [tensor([1]), tensor([1])];
    gone.dispose();
    expect(call(squaresOp, [a, null, a, gone])).toThrow(DisposedError);
    expect(call(squaresOp, [a, null, a, gone])).toThrow(/userSquares: input xs\[1\] was disposed/);
  });

  test("a shape that no tensor can have", () => {
    const x = tensor([1]);
    const before = memory();
    for (const shape of [[-1], [Number.NaN], [1.5], [2 ** 60]]) {
      const meta: Meta = { shape, dtype: "float32" };
      const op = defineOp({ name: "userShape", inputs: ["x"], infer: () => meta, cpu() {}, vjp: { x: null } });
      expect(() => apply(op, [x], undefined)).toThrow(ShapeError);
      expect(() => apply(op, [x], undefined)).toThrow(/userShape: the result would have too many elements: \[/);
    }
    expect(memory()).toEqual(before);
  });
});

describe("promotion", () => {
  test("frees the conversions it made; the gradient still reads them", () => {
    const [ints, floats] = [
      tensor([1, 2], { dtype: "int32" }),
      tensor([3, 4], { dtype: "float64", requiresGrad: true }),
    ];
    const half = tensor([5, 6], { requiresGrad: true });
    const before = memory();
    const tracker = trackLeaks();
    ints.mul(floats).dispose();
    const y = half.mul(floats).sum();
    y.backward();
    expect(values(floats.grad as Tensor)).toEqual([5, 6]);
    expect(values(half.grad as Tensor)).toEqual([3, 4]);
    expect(half.grad?.dtype).toBe("float32");
    for (const t of [y, floats.grad, half.grad]) t?.dispose();
    tracker.stop();
    expect(tracker.leaks().map(({ madeBy }) => madeBy)).toEqual(["mul"]); // the product, which was not disposed
    expect(memory().tensors).toBe(before.tensors + 1);
  });

  test("converts nothing where one input has a dtype that is refused", () => {
    const op = defineOp({
      name: "userMasked",
      inputs: ["x", "mask"],
      types: { x: "float", mask: "bool" },
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      cpu() {},
      vjp: { x: null, mask: null },
    });
    const x = tensor([1], { dtype: "int32" });
    const before = memory();
    expect(() => apply(op, [x, x], undefined)).toThrow(DTypeError);
    expect(memory()).toEqual(before);
  });
});

describe("gradients of ops with optional, rest and several", () => {
  const [x, b, p, q] = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ].map((data) => tensor(data));

  test("inputs, by a table of rules", () => {
    const all = (...[x, b, ...xs]: Tensor[]) => apply(squaresOp, [x, b, ...xs], undefined).sum();
    expect(grad(all, [0, 1, 2, 3])(x, b, p, q).map(values)).toEqual([
      [3, 4],
      [1, 2],
      [10, 12],
      [14, 16],
    ]);
    const without = (x: Tensor, z: Tensor) => apply(squaresOp, [x, null, z, z], undefined).sum();
    expect(grad(without, [0, 1])(x, p).map(values)).toEqual([
      [1, 1],
      [20, 24],
    ]);
    expect(values(grad((x: Tensor) => apply(squaresOp, [x, null], undefined).sum())(x))).toEqual([1, 1]);
  });

  test("inputs and outputs, by one function", () => {
    // p = a + b, q = a sum r
    const op = defineOp({
      name: "userPair",
      inputs: ["a", "b?", "...r"],
      outputs: ["p", "q"],
      save: ["a", "r"],
      infer: ({ a }) => ({ p: a, q: a }),
      cpu(a: Float32Array, b: Float32Array | null, r: Float32Array[], p: Float32Array, q: Float32Array) {
        for (let i = 0; i < p.length; i++) {
          p[i] = a[i] + (b ? b[i] : 0);
          q[i] = r.reduce((sum, z) => sum + z[i] * a[i], 0);
        }
      },
      vjp: ({ p, q }, { a, r }, _, needs) => ({
        a: r.reduce((sum, z) => sum.add(q.mul(z)), p),
        b: needs.b ? p : null,
        r: needs.r.map((needed) => (needed ? q.mul(a) : null)),
      }),
    });
    const both = (a: Tensor, b: Tensor, r: Tensor) => {
      const [p, q] = applyAll(op, [a, b, r], undefined);
      return p.add(q.mul(2)).sum();
    };
    expect(grad(both, [0, 1, 2])(x, b, p).map(values)).toEqual([
      [11, 13],
      [1, 1],
      [2, 4],
    ]);
    const second = (a: Tensor, r: Tensor) => applyAll(op, [a, null, r, q, r], undefined)[1].sum();
    expect(grad(second, [0, 1])(x, p).map(values)).toEqual([
      [17, 20],
      [2, 4],
    ]);
  });
});

describe("what a rule gives", () => {
  const withRule = (rule: (dy: Tensor) => unknown) =>
    defineOp({
      name: "userCopy",
      inputs: ["x"],
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      cpu(x: Float32Array, y: Float32Array) {
        y.set(x);
      },
      vjp: { x: rule as (dy: Tensor) => Tensor },
    });
  const slope = (rule: (dy: Tensor) => unknown, x: Tensor) =>
    grad((t: Tensor) => apply(withRule(rule), [t], undefined).sum())(x);

  test("is brought to the input's shape and dtype", () => {
    const x = tensor([1, 2], { dtype: "float64" });
    const dx = slope((dy) => dy.cast("float32").expand([3, 2]), x);
    expect(dx.dtype).toBe("float64");
    expect(values(dx)).toEqual([3, 3]);
  });

  test("must fit: a typed error that names op and input; nothing is left behind", () => {
    const x = tensor([1, 2]);
    const before = memory();
    expect(() => tidy(() => slope(() => zeros([3]), x))).toThrow(ShapeError);
    expect(() => tidy(() => slope(() => zeros([3]), x))).toThrow(
      /userCopy: the gradient rule for x must return a shape that can be summed to \[2\], got \[3\]/,
    );
    expect(() => tidy(() => slope(() => zeros([]), x))).toThrow(ShapeError);
    expect(() => tidy(() => slope(() => 3, x))).toThrow(
      "userCopy: the result of the gradient rule for x must be a tensor, got 3",
    );
    expect(() => tidy(() => slope(() => undefined, x))).toThrow(
      /userCopy: the gradient with respect to x \[2\] is not defined/,
    );
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});

describe("updates", () => {
  const moveUpdate = defineUpdate({
    name: "userMove",
    inputs: ["by"],
    targets: ["x"],
    args: (attrs: { scale: number }) => {
      if (!Number.isFinite(attrs.scale)) throw new ArgumentError("userMove: scale is finite");
      return [attrs.scale];
    },
    cpu(by: Float32Array[], x: Float32Array[], scale: number) {
      x.forEach((array, k) => {
        for (let i = 0; i < array.length; i++) array[i] += scale * by[k][i];
      });
    },
  });

  test("change nothing, and mark nothing as changed, where an argument is bad", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const by = tensor([1, 1]);
    const y = x.mul(x).sum();
    expect(() => applyUpdate(moveUpdate, { by: [by], x: [x] }, { scale: Number.NaN })).toThrow(ArgumentError);
    expect(() => applyUpdate(moveUpdate, { by: [], x: [x] }, { scale: 1 })).toThrow(
      "userMove: the lists must have the same length, got 0 by and 1 x",
    );
    expect(() => applyUpdate(moveUpdate, { by: [zeros([3])], x: [x] }, { scale: 1 })).toThrow(ShapeError);
    y.backward(); // the saved x is as it was
    expect(values(x.grad as Tensor)).toEqual([2, 4]);
    applyUpdate(moveUpdate, { by: [by], x: [x] }, { scale: 3 });
    expect(values(x)).toEqual([4, 5]);
    applyUpdate(moveUpdate, { by: [], x: [] }, { scale: 1 });
  });
});

describe("records", () => {
  const common = { name: "userBad", infer: () => ({ shape: [], dtype: "float32" }) as const, cpu() {} } as const;

  test("with two values of one name, a rest input before others, or no kernel are refused when they are defined", () => {
    expect(() => defineOp({ ...common, inputs: ["x", "x"], vjp: { x: null } })).toThrow(ArgumentError);
    expect(() => defineOp({ ...common, inputs: ["y"], vjp: { y: null } })).toThrow(
      /userBad: inputs and outputs must have different names, got y, y/,
    );
    expect(() => defineOp({ ...common, inputs: ["...xs", "y2"], vjp: { xs: null, y2: null } })).toThrow(ArgumentError);
    const { cpu: _, ...without } = common;
    expect(() => defineOp({ ...without, inputs: ["x"], vjp: { x: null } })).toThrow(
      /userBad: the record needs a cpu function/,
    );
  });
});
