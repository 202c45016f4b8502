import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  DTypeError,
  GradientError,
  memory,
  noGrad,
  ShapeError,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

const values = (t: Tensor): number[] => Array.from(t.dataSync());

describe("Tape", () => {
  test("gives the gradients of a scalar, in the order asked for", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2, 3]));
    const w = tape.watch(tensor([4, 5, 6]));
    const [dw, dx] = tape.gradients(x.mul(w).sum(), [w, x]);
    expect(values(dw)).toEqual([1, 2, 3]);
    expect(values(dx)).toEqual([4, 5, 6]);
  });

  test("can be asked several times while it is open, for several outputs", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2]));
    const y = x.mul(x);
    const first = y.sum();
    const second = y.mul(x).sum();
    expect(values(tape.gradients(first, [x])[0])).toEqual([2, 4]);
    expect(values(tape.gradients(second, [x])[0])).toEqual([3, 12]);
    expect(values(tape.gradients(first, [x])[0])).toEqual([2, 4]);
  });

  test("gives gradients of intermediate results too", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2]));
    const h = x.mul(3);
    const [dh, dx] = tape.gradients(h.mul(h).sum(), [h, x]);
    expect(values(dh)).toEqual([6, 12]);
    expect(values(dx)).toEqual([18, 36]);
  });

  test("undoes broadcasting, and adds up what reaches a variable on several paths", () => {
    using tape = new Tape();
    const b = tape.watch(tensor([1, 2, 3]));
    const x = zeros([4, 3]);
    const y = x.add(b).sum().add(b.sum()).add(b.mul(b).sum());
    const [db] = tape.gradients(y, [b]);
    expect(db.shape).toEqual([3]);
    expect(values(db)).toEqual([4 + 1 + 2, 4 + 1 + 4, 4 + 1 + 6]);
  });

  test("frees what was made since it began, except what is kept", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const before = memory();
    let kept: Tensor;
    {
      using tape = new Tape();
      const y = w.mul(2).exp().sum();
      const [dw] = tape.gradients(y, [w]);
      kept = tape.keep(dw);
      expect(memory().tensors).toBeGreaterThan(before.tensors + 2);
    }
    expect(memory().tensors).toBe(before.tensors + 1);
    expect(values(kept)[0]).toBeCloseTo(2 * Math.exp(2), 4);
    kept.dispose();
    expect(memory().bytes).toBe(before.bytes);
    w.dispose();
  });

  test("what leaves the outermost tape is a constant", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    let y: Tensor;
    {
      using tape = new Tape();
      y = tape.keep(w.mul(2));
    }
    expect(y.requiresGrad).toBe(false);
    using tape = new Tape();
    expect(() => tape.gradients(y.sum(), [w])).toThrow(GradientError);
  });

  test("tapes nest: the outer one differentiates the inner one's gradients", () => {
    using outer = new Tape();
    const x = outer.watch(tensor([2, 3]));
    let dx: Tensor;
    {
      using inner = new Tape();
      [dx] = inner.gradients(x.mul(x).mul(x).sum(), [x]);
      inner.keep(dx);
    }
    expect(values(dx)).toEqual([12, 27]);
    const [ddx] = outer.gradients(dx.sum(), [x]);
    expect(values(ddx)).toEqual([12, 18]);
  });

  test("its text is the Wengert list", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2]));
    x.mul(x).sum();
    expect(String(tape)).toBe("v1 [2] = mul(v0 [2], v0 [2])\nv2 [] = sum(v1 [2])");
  });

  test("takes a cotangent for outputs that are not scalars", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2, 3]));
    const [dx] = tape.gradients(x.mul(x), [x], { cotangent: tensor([1, 0, 10]) });
    expect(values(dx)).toEqual([2, 0, 60]);
  });

  test("gives the gradient of an output to itself, and of a variable that is asked for twice", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([3]));
    const y = x.mul(2).sum();
    const [dy, first, second] = tape.gradients(y, [y, x, x]);
    expect(values(dy)).toEqual([1]);
    first.dispose();
    expect(values(second)).toEqual([2]);
  });

  test("a view that is watched by itself is a separate variable", () => {
    using tape = new Tape();
    const x = tensor([1, 2, 3, 4]);
    const y = tape.watch(x.reshape([2, 2]));
    const z = tape.watch(x.detach());
    tape.watch(x);
    const [dx, dy, dz] = tape.gradients(y.mul(y).sum().add(x.mul(z).sum()), [x, y, z]);
    expect(values(dx)).toEqual([1, 2, 3, 4]);
    expect(values(dy)).toEqual([2, 4, 6, 8]);
    expect(values(dz)).toEqual([1, 2, 3, 4]);
  });

  test("its end frees what it saved, though a result was taken out with keep()", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const before = memory().tensors;
    let y: Tensor;
    {
      using _tape = new Tape();
      y = w.exp().exp().exp().sum().keep();
    }
    expect(memory().tensors).toBe(before + 1);
    expect(() => y.backward()).toThrow(/its tape has ended/);
    y.dispose();
  });

  test("inside noGrad, gradients are constants", () => {
    using outer = new Tape();
    const x = outer.watch(tensor([2]));
    using inner = new Tape();
    const y = x.mul(x).sum();
    expect(noGrad(() => inner.gradients(y, [x])[0]).requiresGrad).toBe(false);
    expect(inner.gradients(y, [x])[0].requiresGrad).toBe(true);
  });

  test("tapes may end out of order", () => {
    const outer = new Tape();
    const inner = new Tape();
    outer[Symbol.dispose]();
    const x = inner.watch(tensor([3]));
    const [dx] = inner.gradients(x.mul(x).sum(), [x]);
    expect(values(dx)).toEqual([6]);
    expect(dx.requiresGrad).toBe(false); // no tape outside is open
    inner[Symbol.dispose]();
    const free = zeros([1]);
    expect(free.scope).toBeNull();
    free.dispose();
  });

  test("tapes of asynchronous tidies that run side by side do not disturb each other", async () => {
    const w = tensor([2], { requiresGrad: true });
    const before = memory().tensors;
    const job = (ms: number) =>
      tidy(async () => {
        using tape = new Tape();
        const y = w.mul(ms);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return tape.gradients(y.mul(w).sum(), [w])[0].item();
      });
    expect(await Promise.all([job(9), job(2), job(5)])).toEqual([36, 8, 20]);
    expect(memory().tensors).toBe(before);
  });

  test("a deep chain does not overflow the stack", () => {
    const x = tensor([1], { requiresGrad: true });
    const before = memory().tensors;
    {
      using tape = new Tape();
      let y: Tensor = x;
      for (let i = 0; i < 20_000; i++) y = y.add(1);
      expect(tape.gradients(y.sum(), [x])[0].item()).toBe(1);
    }
    expect(memory().tensors).toBe(before);
  });
});

describe("bad use of a tape is an error that explains it", () => {
  test("after its end", () => {
    const x = tensor([1], { requiresGrad: true });
    const tape = new Tape();
    const y = x.mul(2).sum();
    tape[Symbol.dispose]();
    tape[Symbol.dispose](); // ending twice is harmless
    expect(() => tape.gradients(y, [x])).toThrow(/Tape\.gradients: the tape has ended/);
    expect(() => tape.watch(x)).toThrow(GradientError);
    expect(() => tape.keep(x)).toThrow(GradientError);
  });

  test("no scalar, wrong cotangent, constant, no path, integers", () => {
    using tape = new Tape();
    const x = tape.watch(tensor([1, 2]));
    const other = tape.watch(tensor([1, 2]));
    const y = x.mul(x);
    expect(() => tape.gradients(y, [x])).toThrow(/the output must be a scalar, got \[2\]/);
    expect(() => tape.gradients(y, [x], { cotangent: tensor([1]) })).toThrow(ShapeError);
    expect(() => tape.gradients(y.sum(), [tensor([1])])).toThrow(
      /wrt\[0\] is a constant: float32 \[1\] created by tensor/,
    );
    expect(() => tape.gradients(y.sum(), [other])).toThrow(/does not depend on wrt\[0\]/);
    expect(values(tape.gradients(y.sum(), [other], { unused: "zeros" })[0])).toEqual([0, 0]);
    expect(() => tape.gradients(tensor(1), [x])).toThrow(GradientError);
    expect(() => tape.watch(tensor([1, 2], { dtype: "int32" }))).toThrow(DTypeError);
    expect(() => tape.gradients(undefined as unknown as Tensor, [x])).toThrow(/the output must be a tensor/);
    expect(() => tape.gradients(y.sum(), x as unknown as Tensor[])).toThrow(/wrt must be an array of tensors/);
    expect(() => tape.gradients(y.sum(), [3 as unknown as Tensor])).toThrow(/wrt\[0\] must be a tensor, got 3/);
    expect(() => tape.watch(3 as unknown as Tensor)).toThrow(ArgumentError);
    noGrad(() => expect(() => tape.gradients(x.sum(), [x])).toThrow(GradientError));
  });

  test("a result's requiresGrad cannot be taken away, a leaf's can", () => {
    const x = tensor([1], { requiresGrad: true });
    const y = x.mul(2);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/use detach\(\)/);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });
});
