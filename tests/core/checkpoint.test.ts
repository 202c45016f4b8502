import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  applyUpdate,
  checkpoint,
  defaultGenerator,
  defineUpdate,
  GradientError,
  grad,
  memory,
  ones,
  Tape,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";

type Fn = (x: Tensor) => Tensor;

const values = (t: Tensor | null): number[] => Array.from((t as Tensor).dataSync());
const float64 = { dtype: "float64" } as const;

describe("checkpoint", () => {
  const w = tensor([0.5, -0.25], { requiresGrad: true });
  const block = (x: Tensor) => x.mul(w).exp().mul(x).exp();

  test("gives the same value and gradients as without, of arguments and of parameters from outside", () => {
    const run = (f: Fn) => {
      using tape = new Tape();
      const x = tape.watch(tensor([1, 2]));
      const y = f(x).sum();
      return [y, ...tape.gradients(y, [x, w])].map(values);
    };
    expect(run(checkpoint(block))).toEqual(run(block));
  });

  test("in the middle of a network, with a weight that is used outside too", () => {
    const run = (f: Fn) => {
      using tape = new Tape();
      const x = tape.watch(tensor([0.1, 0.2]));
      const hidden = f(x.mul(w)).mul(w);
      return tape.gradients(f(hidden).log().mul(w).sum(), [x, w]).map(values);
    };
    expect(run(checkpoint(block))).toEqual(run(block));
  });

  test("inside a checkpoint", () => {
    const run = (wrap: (f: Fn) => Fn) => {
      using tape = new Tape();
      const x = tape.watch(tensor([0.1, 0.2]));
      const inner = wrap((t) => t.mul(w).tanh());
      const outer = wrap((t) => inner(inner(t).add(t)).mul(w));
      return tape.gradients(outer(x.mul(w)).sum(), [x, w]).map(values);
    };
    expect(run(checkpoint)).toEqual(run((f) => f));
  });

  test("backward() passes through, and frees the graph", () => {
    const u = tensor([2], { requiresGrad: true });
    const before = memory();
    tidy(() =>
      checkpoint((x: Tensor) => x.mul(u).exp())(u.mul(2))
        .sum()
        .backward(),
    );
    const expected = 4 * 2 * Math.exp(8); // of exp(2 u^2)
    expect(values(u.grad)[0] / expected).toBeCloseTo(1, 5);
    u.grad?.dispose();
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    u.dispose();
  });

  test("saves only what comes from outside", () => {
    const x = tensor([1, 2]);
    const count = (f: Fn) =>
      tidy(() => {
        const before = memory().tensors;
        tidy(() => f(x)).keep();
        return memory().tensors - before;
      });
    expect(count(checkpoint(block))).toBe(1);
    expect(count(block)).toBe(2); // the inner exp is saved by two ops
  });

  test("what it uses from outside may be disposed before the walk back", () => {
    const run = (f: (mask: Tensor) => Fn) => {
      using tape = new Tape();
      const x = tape.watch(tensor([-1, 2]));
      const y = tidy(() => {
        const mask = x.gt(0);
        const scaled = x.mul(w);
        return f(mask)(scaled).mul(w).sum();
      });
      return tape.gradients(y, [x, w]).map(values);
    };
    const masked = (mask: Tensor) => (t: Tensor) => t.mul(mask).exp();
    expect(run((mask) => checkpoint(masked(mask)))).toEqual(run(masked));
  });

  test("second derivatives pass through", () => {
    const f = (g: Fn) => (x: Tensor) => grad((t: Tensor) => g(t).sum())(x).sum();
    const x = tensor([0.5, 1], float64);
    const plain = values(grad(f(block))(x));
    values(grad(f(checkpoint(block)))(x)).forEach((v, i) => {
      expect(v).toBeCloseTo(plain[i], 12);
    });
  });

  test("second derivatives of a function that uses another argument from outside", () => {
    const inner = (wrap: (f: Fn) => Fn) => (x: Tensor, v: Tensor) =>
      wrap((t) => t.mul(v).tanh().mul(v))(x.mul(v)).sum();
    const mixed = (wrap: (f: Fn) => Fn) => (x: Tensor, v: Tensor) => {
      const [dx, dv] = grad(inner(wrap), [0, 1])(x, v);
      return dx.mul(dv).sum();
    };
    const [x, v] = [tensor([0.5, 1], float64), tensor([0.3, -0.7], float64)];
    const plain = grad(
      mixed((f) => f),
      [0, 1],
    )(x, v).flatMap(values);
    const checkpointed = grad(mixed(checkpoint), [0, 1])(x, v).flatMap(values);
    checkpointed.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i], 12);
    });
  });

  test("a gradient inside is recorded the second time as it was the first time", () => {
    const cube = (x: Tensor) => x.mul(x).mul(x).sum();
    using tape = new Tape();
    const x = tape.watch(tensor([2]));
    expect(values(tape.gradients(checkpoint((t: Tensor) => grad(cube)(t))(x).sum(), [x])[0])).toEqual([12]);
  });

  test("draws the same random numbers again, and leaves the generator as it was", () => {
    const x = ones([64], { requiresGrad: true });
    const y = checkpoint((t: Tensor) => t.dropout(0.5))(x);
    const state = defaultGenerator.getState();
    y.sum().backward();
    expect(values(x.grad)).toEqual(values(y));
    expect(defaultGenerator.getState()).toEqual(state);
  });

  test("its own entries do not appear on an open tape", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2]));
    tape.gradients(checkpoint(block)(x).sum(), [x]);
    expect(tape.entries.map(({ op }) => op.name)).toEqual(["checkpoint", "sum"]);
  });
});

describe("bad use of a checkpoint is an error that explains it", () => {
  test("a parameter changed in place since", () => {
    const bump = defineUpdate({
      name: "bump",
      inputs: [],
      targets: ["x"],
      args: () => [],
      cpu(x: Float32Array[]) {
        for (const array of x) array[0]++;
      },
    });
    const w = tensor([2], { requiresGrad: true });
    const y = checkpoint((x: Tensor) => x.mul(w).mul(w))(tensor([1])).sum();
    applyUpdate(bump, { x: [w] }, undefined);
    expect(() => y.backward()).toThrow(/checkpoint: a saved tensor was changed in place .*: float32 \[1\];/);
    expect(w.grad).toBeNull();
  });

  test("a function that does something else the second time", () => {
    const w = tensor([2], { requiresGrad: true });
    let runs = 0;
    const y = checkpoint((x: Tensor) => (runs++ === 0 ? x.mul(w) : x.mul(2)))(tensor([1])).sum();
    expect(() => y.backward()).toThrow(/checkpoint: the gradient with respect to externals \[1\] is not defined/);
  });

  test("a value that depends on nothing that requires a gradient is a constant", () => {
    const w = tensor([2], { requiresGrad: true });
    const y = checkpoint((x: Tensor) => {
      w.mul(2);
      return x.mul(2);
    })(tensor([1]));
    expect(y.requiresGrad).toBe(false);
    expect(() => y.sum().backward()).toThrow(GradientError);
  });

  test("an error or a promise from the function; nothing is left behind", () => {
    const x = tensor([1], { requiresGrad: true });
    const before = memory();
    const failing = checkpoint((t: Tensor): Tensor => t.mul(2).reshape([7]));
    expect(() => failing(x)).toThrow(/reshape/);
    const asynchronous = checkpoint((async (t: Tensor) => t.mul(2)) as unknown as Fn);
    expect(() => asynchronous(x)).toThrow(ArgumentError);
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});
