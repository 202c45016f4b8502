import { describe, expect, test } from "vitest";
import { ArgumentError, keep, memory, noGrad, Scope, Tape, type Tensor, tensor, tidy, zeros } from "../../src/index.js";

const collect = (): void => (globalThis as unknown as { gc: () => void }).gc();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("keep", () => {
  test("of a scope holds for tensors made in a scope inside it", () => {
    const before = memory().tensors;
    let kept: Tensor;
    {
      using outer = new Scope();
      {
        using _inner = new Scope();
        kept = outer.keep(zeros([2]));
      }
      expect(kept.disposed).toBe(false);
    }
    expect(kept.disposed).toBe(false);
    kept.dispose();
    expect(memory().tensors).toBe(before);
  });

  test("of a tape holds for tensors made in a tidy inside it", () => {
    let kept: Tensor | undefined;
    {
      using tape = new Tape();
      tidy(() => {
        kept = tape.keep(zeros([2]));
      });
    }
    expect(kept?.disposed).toBe(false);
    kept?.dispose();
  });

  test("of a scope leaves tensors from outside where they are", () => {
    let x: Tensor;
    {
      using _outer = new Scope();
      x = zeros([2]);
      expect(tidy(() => x)).toBe(x);
      using inner = new Scope();
      inner.keep(x);
    }
    expect(x.disposed).toBe(true);
  });

  test("wants a tensor", () => {
    using scope = new Scope();
    expect(() => keep(undefined as unknown as Tensor)).toThrow(ArgumentError);
    expect(() => scope.keep([] as unknown as Tensor)).toThrow(/Scope.keep: the value to keep must be a tensor/);
  });
});

describe("tidy", () => {
  test("ends the scopes and tapes that were begun inside and never ended", () => {
    const before = memory().tensors;
    tidy(() => {
      new Tape();
      zeros([3]);
      new Scope();
      zeros([4]);
    });
    expect(() =>
      tidy(() => {
        new Scope();
        zeros([3]);
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(memory().tensors).toBe(before);
    const kept = tidy(() => {
      new Scope();
      return zeros([3]);
    });
    expect(kept.disposed).toBe(false);
    kept.dispose();
  });

  test("waits for everything that has a then, not only for promises", async () => {
    const before = memory().tensors;
    const result = tidy(() => {
      const x = tensor([7]);
      // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable that is not a promise
      return { then: (resolve: (value: number) => void) => void setImmediate(() => resolve(x.item())) };
    });
    expect(await result).toBe(7);
    expect(memory().tensors).toBe(before);
  });

  test("frees what was made when its result cannot be searched for tensors", () => {
    const before = memory().tensors;
    const hostile = {
      get x(): never {
        throw new Error("no");
      },
    };
    const run = () =>
      tidy(() => {
        zeros([3]);
        return hostile;
      });
    expect(run).toThrow("no");
    expect(memory().tensors).toBe(before);
  });
});

test("a scope and a tape that end inside noGrad are not current any more outside it", () => {
  const tape = new Tape();
  noGrad(() => tape[Symbol.dispose]());
  const x = zeros([1]);
  expect(x.scope).toBeNull();
  const y = tensor([1], { requiresGrad: true });
  y.mul(2).dispose();
  expect(tape.entries).toHaveLength(0);
  using next = new Tape();
  expect(next.outer).toBeNull();
  x.dispose();
  y.dispose();
});

test("the net frees what only a forgotten result holds, though a scope owned it", async () => {
  const settle = async (): Promise<number> => {
    for (let i = 0; i < 5; i++) {
      collect();
      await turn();
    }
    return memory().tensors;
  };
  const w = zeros([1000], { requiresGrad: true });
  const before = await settle();
  for (let i = 0; i < 20; i++) tidy(() => w.mul(2).exp().exp().sum());
  expect(memory().tensors).toBeGreaterThan(before + 20);
  expect(await settle()).toBe(before);
  w.dispose();
});
