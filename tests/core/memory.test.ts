import { describe, expect, test } from "vitest";
import {
  DisposedError,
  emptyCache,
  keep,
  memory,
  OutOfMemoryError,
  resetPeak,
  Scope,
  Tape,
  type Tensor,
  tensor,
  tidy,
  trackLeaks,
  zeros,
} from "../../src/index.js";

const MiB = 2 ** 20;
const collect = (): void => (globalThis as unknown as { gc: () => void }).gc();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("dispose", () => {
  test("frees the bytes, once", () => {
    const before = memory();
    const x = zeros([100]);
    expect(memory().bytes).toBe(before.bytes + 400);
    x.dispose();
    x.dispose();
    expect(memory().bytes).toBe(before.bytes);
  });

  test("use after it is an error that names dtype, shape and op", async () => {
    const x = tensor([1, 2]).mul(2);
    x.dispose();
    expect(() => x.add(1)).toThrow(DisposedError);
    expect(() => x.add(1)).toThrow(/add: input a was disposed: float32 \[2\] created by mul/);
    expect(() => x.dataSync()).toThrow(/dataSync: float32 \[2\] created by mul was used after it was disposed/);
    expect(() => x.detach()).toThrow(DisposedError);
    await expect(x.data()).rejects.toThrow(DisposedError);
    expect(String(x)).toBe("Tensor(disposed, float32 [2] created by mul)");
  });

  test("views share one buffer, which lives as long as one of them", () => {
    const before = memory();
    const x = zeros([4]);
    const y = x.reshape([2, 2]);
    expect(memory().tensors).toBe(before.tensors + 1);
    x.dispose();
    expect(Array.from(y.dataSync())).toEqual([0, 0, 0, 0]);
    y.dispose();
    expect(memory().bytes).toBe(before.bytes);
  });

  test("a tensor disposed while it is being read is read to the end", async () => {
    const x = tensor([1, 2, 3]);
    const reading = x.data();
    x.dispose();
    expect(Array.from(await reading)).toEqual([1, 2, 3]);
  });
});

describe("scopes", () => {
  test("free what was made inside, except what is kept for the scope outside", () => {
    const before = memory().tensors;
    {
      using outer = new Scope();
      let y: Tensor;
      {
        using inner = new Scope();
        y = inner.keep(zeros([3]).add(1));
        zeros([4]);
      }
      expect(memory().tensors).toBe(before + 1);
      expect(y.disposed).toBe(false);
      expect(outer.ended).toBe(false);
    }
    expect(memory().tensors).toBe(before);
  });

  test("free on an error too", () => {
    const before = memory().tensors;
    expect(() =>
      tidy(() => {
        zeros([3]);
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(() => {
      using _scope = new Scope();
      zeros([3]);
      throw new Error("stop");
    }).toThrow("stop");
    expect(memory().tensors).toBe(before);
  });

  test("may end out of order", () => {
    const before = memory().tensors;
    const a = new Scope();
    const b = new Scope();
    zeros([1]);
    a[Symbol.dispose]();
    const late = zeros([2]);
    b[Symbol.dispose]();
    expect(late.disposed).toBe(true);
    expect(memory().tensors).toBe(before);
    const free = zeros([1]);
    expect(free.scope).toBeNull();
    free.dispose();
    expect(() => a.keep(free)).toThrow(DisposedError);
  });

  test("tidy keeps the tensors of its result, however they are packed", () => {
    const before = memory().tensors;
    const result = tidy(() => {
      zeros([5]);
      return {
        a: zeros([1]),
        list: [zeros([2]), { deep: zeros([3]) }],
        map: new Map([["k", zeros([4])]]),
        n: 1,
        none: null,
      };
    });
    expect(memory().tensors).toBe(before + 4);
    for (const t of [
      result.a,
      result.list[0] as Tensor,
      (result.list[1] as { deep: Tensor }).deep,
      result.map.get("k") as Tensor,
    ])
      t.dispose();
    expect(memory().tensors).toBe(before);
  });

  test("asynchronous tidies that run side by side keep their tensors apart", async () => {
    const before = memory().tensors;
    const job = (ms: number) =>
      tidy(async () => {
        const a = zeros([2]).add(ms);
        await new Promise((resolve) => setTimeout(resolve, ms));
        const b = a.mul(2); // would be gone if the other task's scope had taken it
        await turn();
        return b.add(a);
      });
    const results = await Promise.all([job(12), job(3), job(7)]);
    expect(results.map((t) => t.dataSync()[0])).toEqual([36, 9, 21]);
    expect(memory().tensors).toBe(before + 3);
    for (const t of results) t.dispose();
    await expect(tidy(async () => Promise.reject(new Error(`made ${zeros([1])}`)))).rejects.toThrow("made");
    expect(memory().tensors).toBe(before);
  });

  test("keep() takes a tensor out of every scope", () => {
    const escaped: Tensor[] = [];
    tidy(() => {
      tidy(() => {
        escaped.push(keep(zeros([1])));
      });
    });
    expect(escaped[0].disposed).toBe(false);
    escaped[0].dispose();
  });
});

describe("memory()", () => {
  test("peak is the most there ever was", () => {
    resetPeak();
    const { bytes } = memory();
    tidy(() => zeros([1000]).add(1).add(1));
    expect(memory().peakBytes).toBe(bytes + 12_000);
  });

  test("more than there is: a typed error, and smaller allocations still work", () => {
    const before = memory();
    expect(() => zeros([2 ** 20, 2 ** 20, 2 ** 10])).toThrow(OutOfMemoryError);
    expect(() => zeros([2 ** 20, 2 ** 20, 2 ** 10])).toThrow(/cpu: out of memory: 4503599627370496 bytes/);
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    zeros([10]).dispose();
  });
});

describe("the net", () => {
  const settle = async (): Promise<number> => {
    for (let i = 0; i < 5; i++) {
      collect();
      await turn();
    }
    return memory().tensors;
  };

  test("frees tensors that were forgotten", async () => {
    const before = await settle();
    for (let i = 0; i < 50; i++) zeros([1000]);
    expect(memory().tensors).toBe(before + 50);
    expect(await settle()).toBe(before);
  });

  test("and graphs of tensors that were forgotten", async () => {
    const w = zeros([1000], { requiresGrad: true });
    const before = await settle();
    for (let i = 0; i < 20; i++) w.mul(2).exp().sum();
    expect(memory().tensors).toBeGreaterThan(before + 20);
    expect(await settle()).toBe(before);
  });
});

describe("10,000 training steps", () => {
  const [w, x] = [
    zeros([64, 64], { requiresGrad: true }),
    tensor(
      Float32Array.from({ length: 8 * 64 }, (_, i) => (i % 7) / 7),
      { shape: [8, 64] },
    ),
  ];
  const loss = (): Tensor => x.matmul(w).sub(1).exp().mul(0.01).sum();

  /** What lives as long as the tests: w and x. */
  const own = 4 * (w.size + x.size);

  /**
   * Bytes of the process that are not returned: after a collection, with the cache of freed arrays emptied. When the
   * engine gets round to finalizers is its own affair, so this waits for them, but not for ever.
   */
  async function settled(): Promise<{ live: number; process: number }> {
    for (const start = performance.now(); memory().bytes !== own && performance.now() - start < 10_000; ) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    emptyCache();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return { live: memory().bytes, process: heapUsed + external };
  }

  const styles: Record<string, () => void> = {
    "with using": () => {
      using tape = new Tape();
      tape.gradients(loss(), [w]);
    },
    "with tidy": () => {
      tidy(() => loss().backward());
      w.grad?.dispose();
      w.grad = null;
    },
    "with neither": () => {
      loss().backward();
      w.grad = null;
    },
  };

  for (const [name, step] of Object.entries(styles)) {
    test(`${name}: live bytes and process memory stay flat`, async () => {
      const run = async (steps: number): Promise<number> => {
        let most = 0;
        for (let i = 0; i < steps; i++) {
          step();
          if (name === "with neither" && i % 10 === 0) await x.data(); // as a loop that prints its loss does
          most = Math.max(most, memory().bytes);
        }
        return most;
      };
      await run(3_000); // until compiled code and its data take no more memory
      const before = await settled();
      expect(before.live).toBe(own);
      const most = await run(10_000);
      const after = await settled();
      expect(after.live).toBe(own);
      expect(after.process - before.process).toBeLessThan(4 * MiB); // 10,000 steps make 3.5 GB of tensors
      expect(most - before.live).toBeLessThan(name === "with neither" ? 512 * MiB : MiB);
    });
  }

  test("a synchronous loop with neither: the collector frees the arrays though finalizers cannot run", () => {
    collect();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      styles["with neither"]();
      if (i % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(most - before).toBeLessThan(512 * MiB); // of 3.5 GB
  });
});

describe("the leak checker", () => {
  test("names the line that made a leaked tensor", () => {
    const tracker = trackLeaks();
    const leaked = zeros([3]).add(1); // the line of both
    tidy(() => {
      zeros([4]);
    });
    const leaks = tracker.leaks();
    expect(leaks.map(({ madeBy, shape }) => [madeBy, shape])).toEqual([
      ["fill", [3]],
      ["add", [3]],
    ]);
    for (const { line } of leaks) expect(line).toMatch(/tests\/core\/memory\.test\.ts:\d+:\d+$/);
    expect(new Set(leaks.map(({ line }) => line.split(":").at(-2))).size).toBe(1);
    leaked.dispose();
    expect(tracker.leaks()).toHaveLength(1);
    tracker.stop();
    zeros([1]);
    expect(tracker.leaks()).toHaveLength(1);
  });
});
