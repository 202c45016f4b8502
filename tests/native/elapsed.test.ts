import { beforeAll, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { native } from "../support/device.js";
import { callKernel } from "../support/operands.js";
import { load, skipped, slowWork, testOnEmulator, why } from "./addon.js";

describe.skipIf(skipped)(`elapsed${why}`, () => {
  let addon: Addon;
  let submit: (pieces: number) => void;
  beforeAll(() => {
    addon = load();
    submit = slowWork(addon);
    submit(1);
    addon.sync();
  });

  const time = (pieces: number): number => addon.elapsed(() => submit(pieces));

  /** Minimum of many runs: other programs only add time. */
  const least = (run: () => number): number => Math.min(...Array.from({ length: 20 }, run));

  test("work that takes twice as long measures about twice", () => {
    // Minimum of many runs: other programs only add time.
    let [once, twice] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    const isAbout2 = (ratio: number): boolean => ratio > 1.7 && ratio < 2.3;
    for (let attempt = 0; attempt < 100 && !isAbout2(twice / once); attempt++) {
      once = Math.min(once, time(4));
      twice = Math.min(twice, time(8));
    }
    expect(twice / once).toBeGreaterThan(1.7);
    expect(twice / once).toBeLessThan(2.3);
  }, 60_000);

  test("it is the device's time, not the host's: work that was submitted before does not count", () => {
    const short = least(() => time(4));
    const behind = least(() => {
      submit(60);
      return time(4);
    });
    expect(behind).toBeLessThan(5 * short);
  }, 60_000);

  test("it waits: the work is done when it returns", () => {
    const start = performance.now();
    const microseconds = time(32);
    const waited = 1000 * (performance.now() - start);
    expect(waited).toBeGreaterThanOrEqual(0.9 * microseconds);
    expect(microseconds).toBeGreaterThan(8 * least(() => time(1)));
  });

  test("is finite and not negative for an empty body", () => {
    for (let i = 0; i < 100; i++) {
      const empty = addon.elapsed(() => {});
      expect(empty).toBeGreaterThanOrEqual(0); // a GPU's events have a resolution of 0.5 us
      expect(Number.isFinite(empty)).toBe(true);
    }
    expect(least(() => addon.elapsed(() => {}))).toBeLessThan(least(() => time(1)));
  });

  test("calls can be nested: the inner one is a part of the outer one", () => {
    let inner = 0;
    const outer = addon.elapsed(() => {
      submit(4);
      inner = time(4);
      submit(4);
    });
    expect(inner).toBeGreaterThan(0);
    expect(outer).toBeGreaterThan(inner);
    expect(outer).toBeGreaterThan(least(() => time(8)));
  });

  test("throws what the body throws, however often, and measures afterwards", () => {
    const { live } = addon.memory();
    const error = new Error("of the body");
    for (let i = 0; i < 1000; i++)
      expect(() =>
        addon.elapsed(() => {
          if (i % 100 === 0) submit(1);
          throw error;
        }),
      ).toThrow(error);
    const nested = (): number =>
      addon.elapsed(() => {
        addon.elapsed(() => {
          throw error;
        });
      });
    expect(nested).toThrow(error);
    expect(addon.memory().live).toBe(live);
    expect(time(16)).toBeGreaterThan(least(() => time(1)));
  });

  testOnEmulator("throws what kernels report, and measures afterwards", () => {
    expect(() => addon.elapsed(() => callKernel(addon, "plantedLabel", 12))).toThrow(
      "plantedLabel: label 12 is out of range for 10 classes",
    );
    expect(() => addon.elapsed(() => callKernel(addon, "plantedDeadlock"))).toThrow(/plantedDeadlock/);
    expect(time(1)).toBeGreaterThan(0);
  });

  test("takes a function that is not asynchronous", async () => {
    for (const body of [undefined, null, 1, "f", {}])
      expect(() => addon.elapsed(body as never)).toThrow(new TypeError("elapsed: body must be a function"));
    let late: Promise<void> | undefined;
    expect(() =>
      addon.elapsed(() => {
        late = Promise.resolve();
        return late;
      }),
    ).toThrow("elapsed: body must not be async (it returned a promise); submit all work before it returns");
    await late;
  });

  test("is a method of the device", () => {
    expect(native.elapsed(() => {})).toBeGreaterThanOrEqual(0);
    expect(() =>
      native.elapsed(() => {
        throw new RangeError("of the body");
      }),
    ).toThrow(RangeError);
  });
});
