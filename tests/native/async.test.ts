import { beforeAll, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/cuda/native.js";
import { int32, loadPlanted, putLists, skipped, why } from "./addon.js";

/** Milliseconds that a 1 ms timer may be late while the device computes for a second. */
const allowed = 20;

/** Times it is measured, until one shows that: what other programs do meanwhile only ever adds. */
const attempts = 10;

describe.skipIf(skipped)(`reads that do not block${why}`, () => {
  let addon: Addon;

  beforeAll(() => {
    addon = loadPlanted();
    putLists(addon);
  });

  const run = (y: number, steps: number): void => addon.kernels.plantedSlow(y, steps);

  /** Steps of the slow kernel that take about a second. */
  function stepsForASecond(y: number): number {
    const steps = 2 ** 20;
    const start = performance.now();
    run(y, steps);
    addon.sync();
    return Math.ceil((steps * 1000) / (performance.now() - start));
  }

  test("a 1 ms timer goes on while the device computes for a second", async () => {
    const y = addon.alloc(1, int32);
    const steps = stepsForASecond(y);
    let latest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < attempts && latest > allowed; attempt++) {
      let [late, last, turns] = [0, performance.now(), 0];
      const timer = setInterval(() => {
        const now = performance.now();
        late = Math.max(late, now - last - 1);
        last = now;
        turns++;
      }, 1);
      const start = performance.now();
      run(y, steps);
      const result = new Int32Array(1);
      await addon.read(y, result);
      clearInterval(timer);
      const took = performance.now() - start;
      if (took < 500) continue; // the machine was busy when it was measured how long a step takes
      expect(turns).toBeGreaterThan(10);
      latest = late;
    }
    addon.free(y);
    expect(latest).toBeLessThanOrEqual(allowed);
  }, 120_000);

  test("reads are fulfilled in order, with what the buffer held when they were asked for", async () => {
    const y = addon.alloc(4, int32);
    const results: Int32Array[] = [];
    const reads: Promise<void>[] = [];
    const order: number[] = [];
    for (let i = 0; i < 50; i++) {
      addon.kernels.fill(y, 4, i);
      results.push(new Int32Array(4));
      reads.push(addon.read(y, results[i]).then(() => void order.push(i)));
    }
    addon.write(y, Int32Array.of(-1, -2, -3, -4));
    await Promise.all(reads);
    results.forEach((result, i) => {
      expect(Array.from(result)).toEqual([i, i, i, i]);
    });
    expect(order).toEqual([...order].sort((p, q) => p - q));
    addon.readSync(y, results[0]);
    expect(Array.from(results[0])).toEqual([-1, -2, -3, -4]);
    addon.free(y);
  });

  test("an array that is taken away while it is read into is an error, not a crash", async () => {
    const y = addon.alloc(4, int32);
    const target = new Int32Array(4);
    const reading = addon.read(y, target);
    structuredClone(target.buffer, { transfer: [target.buffer] });
    await expect(reading).rejects.toThrow(new RangeError("read: the array was detached while it was read into"));
    addon.free(y);
  });

  test("writes copy: the array may be changed at once, and large ones arrive whole", () => {
    const length = 3 * 2 ** 20 + 5;
    const y = addon.alloc(length, int32);
    const source = Int32Array.from({ length }, (_, i) => i);
    addon.write(y, source);
    source.fill(0);
    const result = new Int32Array(length);
    addon.readSync(y, result);
    expect(result.every((x, i) => x === i)).toBe(true);
    addon.free(y);
  });
});
