import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noGrad, ones, Tape, type Tensor, tidy } from "../../src/index.js";
import { checkLeaks, expectNoLeaks, LeakError } from "../../src/testing/index.js";

/** The position `file:line` of the line after the one that calls this. */
function nextLine(): string {
  const frame = (new Error().stack ?? "")
    .split("\n")
    .find((row) => row.includes("leaks.test.ts") && !row.includes("nextLine"));
  const [, line] = /leaks\.test\.ts:(\d+):/.exec(frame ?? "") ?? [];
  return `leaks.test.ts:${Number(line) + 1}:`;
}

function leakErrorOf(fn: () => unknown): LeakError {
  try {
    fn();
  } catch (error) {
    if (error instanceof LeakError) return error;
    throw error;
  }
  throw new Error("no LeakError was thrown");
}

describe("expectNoLeaks", () => {
  test("passes and returns what the function returns where everything is disposed", () => {
    expect(
      expectNoLeaks(() => {
        using x = ones([2, 3]);
        return tidy(() => x.mul(2).sum().item());
      }),
    ).toBe(12);
  });

  test("names dtype, shape, op and the line of the program", () => {
    const made: Tensor[] = [];
    let at = "";
    const error = leakErrorOf(() =>
      expectNoLeaks(() => {
        using x = ones([2, 3]);
        at = nextLine();
        made.push(x.cast("float64").neg());
      }),
    );
    expect(error.leaks.map(({ dtype, shape, madeBy }) => [dtype, shape, madeBy])).toEqual([
      ["float64", [2, 3], "cast"],
      ["float64", [2, 3], "neg"],
    ]);
    expect(error.leaks[1].line).toContain(at);
    expect(error.message).toMatch(
      /^expectNoLeaks: 2 tensors were not disposed:\n {2}float64 \[2, 3\] created by cast at /,
    );
    expect(error.message).toContain(at);
    for (const tensor of made) tensor.dispose();
  });

  test("gives the tensors of one line as one row with their number", () => {
    const made: Tensor[] = [];
    const error = leakErrorOf(() =>
      expectNoLeaks(() => {
        for (let i = 0; i < 30; i++) made.push(ones([4]));
      }),
    );
    expect(error.leaks).toHaveLength(30);
    expect(error.message.split("\n")).toHaveLength(2);
    expect(error.message).toContain("(30 times)");
  });

  test("cuts a long list short and says how much is missing", () => {
    const error = leakErrorOf(() =>
      expectNoLeaks(() => {
        for (let i = 0; i < 30; i++) ones([i + 1]);
      }),
    );
    expect(error.message.split("\n")).toHaveLength(1 + 20 + 1);
    expect(error.message).toMatch(/and 10 more kinds$/);
  });

  test("counts a view that was not disposed, and not tensors made before", () => {
    const x = ones([2, 2]);
    const error = leakErrorOf(() => expectNoLeaks(() => void x.reshape([4])));
    expect(error.leaks.map(({ madeBy }) => madeBy)).toEqual(["reshape"]);
    x.dispose();
  });

  test("finds no leak in a step on a tape", () => {
    const w = ones([3, 3], { requiresGrad: true });
    expectNoLeaks(() => {
      using tape = new Tape();
      const loss = w.matmul(w).sum();
      tape.gradients(loss, [w]);
    });
    w.dispose();
  });

  test("waits for an asynchronous function", async () => {
    const pass = expectNoLeaks(async () => {
      using x = ones([2]);
      return [...(await x.data())];
    });
    await expect(pass).resolves.toEqual([1, 1]);
    const leak = expectNoLeaks(async () => {
      await null;
      noGrad(() => void ones([5]));
    });
    await expect(leak).rejects.toThrow(
      /expectNoLeaks: 1 tensor was not disposed:\n.*float32 \[5\] created by fill at .*leaks\.test\.ts/,
    );
  });

  test("lets errors of the function through and stops looking", async () => {
    const wrong = (): never => {
      ones([1]);
      throw new RangeError("mine");
    };
    expect(() => expectNoLeaks(wrong)).toThrow(RangeError);
    await expect(expectNoLeaks(async () => wrong())).rejects.toThrow(RangeError);
    expectNoLeaks(() => 0);
  });
});

describe("checkLeaks", () => {
  /** What a test runner does with the hooks around one test. */
  function runner() {
    const hooks: { before: () => void; after: () => void }[] = [];
    let before = (): void => {};
    checkLeaks({
      beforeEach: (hook) => {
        before = hook;
      },
      afterEach: (hook) => hooks.push({ before, after: hook }),
    });
    return (body: () => void) => {
      for (const hook of hooks) hook.before();
      body();
      for (const hook of hooks) hook.after();
    };
  }

  test("fails the test that leaks and no other", () => {
    const run = runner();
    run(() => ones([2]).dispose());
    expect(leakErrorOf(() => run(() => void ones([2]))).message).toContain("checkLeaks: 1 tensor was not disposed");
    run(() => ones([2]).dispose());
  });

  describe("with the hooks of vitest", () => {
    checkLeaks({ beforeEach, afterEach });
    let shared: Tensor;
    beforeEach(() => {
      shared = ones([8]);
    });
    afterEach(() => shared.dispose());

    test("tensors that other hooks make and dispose are not leaks", () => {
      expect(tidy(() => shared.sum().item())).toBe(8);
    });
  });
});
