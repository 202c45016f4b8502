import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { OutOfMemoryError } from "../../src/index.js";
import { callKernel } from "../support/operands.js";
import { addonFile, int32, load, onGpu, skipped, slowWork, testOnEmulator, uint8, why } from "./addon.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** What the emulated device has. */
const limit = 64 * MiB;

describe.skipIf(skipped)(`device memory${why}`, () => {
  let addon: Addon;
  const before = process.env.WENGERT_EMULATOR_MEMORY;

  beforeAll(() => {
    process.env.WENGERT_EMULATOR_MEMORY = String(limit);
    addon = load();
  });
  afterAll(() => {
    if (before === undefined) delete process.env.WENGERT_EMULATOR_MEMORY;
    else process.env.WENGERT_EMULATOR_MEMORY = before;
  });

  /** A buffer of `length` int32 that all hold `value`. */
  function filled(length: number, value: number): number {
    const handle = addon.alloc(length, int32);
    callKernel(addon, "fill", handle, length, value);
    return handle;
  }

  test("buffers do not overlap, freed memory is joined and used again, and nothing is lost", () => {
    // Sizes of both pools, and those beside the limit between them.
    const length = fc.oneof(
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: MiB / 4 - 200, max: MiB / 4 + 200 }),
      fc.integer({ min: 1, max: MiB }),
    );
    const step = fc.oneof(fc.record({ length }), fc.record({ free: fc.nat(100) }), fc.constant("emptyCache" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const live: { handle: number; length: number; value: number }[] = [];
        let value = 0;
        const check = (): void => {
          const { live: bytes, cached, peak } = addon.memory();
          const least = live.reduce((sum, { length }) => sum + Math.ceil((4 * length) / 512) * 512, 0);
          expect(bytes).toBeGreaterThanOrEqual(least);
          expect(bytes).toBeLessThan(least + MiB * (live.length + 1)); // a large block may have up to 1 MiB to spare
          expect(bytes + cached).toBeLessThanOrEqual(onGpu ? addon.info().memory : limit);
          expect(peak).toBeGreaterThanOrEqual(bytes);
        };
        const release = ({ handle, length, value }: (typeof live)[number]): void => {
          const found = new Int32Array(length);
          addon.readSync(handle, found);
          expect(found.every((x) => x === value)).toBe(true);
          addon.free(handle);
        };
        for (const action of steps) {
          if (action === "emptyCache") addon.emptyCache();
          else if ("length" in action) {
            try {
              live.push({ handle: filled(action.length, ++value), length: action.length, value });
            } catch (error) {
              expect(error).toBeInstanceOf(OutOfMemoryError);
            }
          } else if (live.length > 0) release(live.splice(action.free % live.length, 1)[0]);
          check();
        }
        for (const buffer of live) release(buffer);
        expect(addon.memory().live).toBe(0);
        addon.emptyCache();
        expect(addon.memory().cached).toBe(0);
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  test("the same sizes again ask the device for nothing", () => {
    const step = (): void => {
      const handles = [5, 70_000, 3 * MiB, 12, 900].map((length) => addon.alloc(length, uint8));
      for (const handle of handles) addon.free(handle);
    };
    step();
    const { cached } = addon.memory();
    for (let i = 0; i < 100; i++) step();
    expect(addon.memory()).toMatchObject({ live: 0, cached });
    addon.emptyCache();
  });

  testOnEmulator("without memory there is a typed error, and smaller buffers can still be had", () => {
    const half = addon.alloc(limit / 2, uint8);
    expect(() => addon.alloc(limit, uint8)).toThrow(OutOfMemoryError);
    expect(() => addon.alloc(limit, uint8)).toThrow(
      /^emulator: out of memory: 67108864 bytes \(uint8\) could not be allocated: 33554432 bytes are in use by this thread, \d+ are cached, and \d+ are free on the device$/,
    );
    expect(() => addon.alloc(2 ** 53, int32)).toThrow(OutOfMemoryError);
    const quarter = addon.alloc(limit / 4, uint8);
    const small = addon.alloc(100, uint8);
    for (const handle of [half, quarter, small]) addon.free(handle);
    expect(addon.memory().live).toBe(0);
  });

  test.runIf(onGpu)("without memory there is a typed error, and what was freed can be had again", () => {
    const fillUp = (): number[] => {
      const handles: number[] = [];
      try {
        for (;;) handles.push(addon.alloc(8 * GiB, uint8));
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(String(error)).toMatch(
          /out of memory: 8589934592 bytes \(uint8\) could not be allocated: \d+ bytes are in use by this thread, \d+ are cached, and \d+ are free on the device$/,
        );
      }
      return handles;
    };
    const first = fillUp();
    const y = filled(1000, 5);
    for (const handle of first) addon.free(handle);
    const second = fillUp();
    expect(second.length).toBe(first.length);
    for (const handle of second) addon.free(handle);
    const found = new Int32Array(1000);
    addon.readSync(y, found);
    expect(found.every((x) => x === 5)).toBe(true);
    addon.free(y);
    addon.emptyCache();
    expect(addon.memory()).toMatchObject({ live: 0, cached: 0 });
  });

  test("what is cached is given back before memory runs out", () => {
    const unit = onGpu ? Math.floor(addon.info().freeMemory / 64 / MiB) * MiB : MiB;
    const pieces = Array.from({ length: 10 }, () => addon.alloc(5 * unit, uint8));
    for (const handle of pieces) addon.free(handle);
    expect(addon.memory().cached).toBeGreaterThanOrEqual(50 * unit);
    addon.free(addon.alloc(60 * unit, uint8));
    addon.emptyCache();
  });

  testOnEmulator("the last of the memory can be had, in pieces smaller than a segment", () => {
    const most = addon.alloc(limit - 3 * MiB, uint8);
    const rest = [MiB + 4096, 1000];
    const handles = rest.map((bytes) => addon.alloc(bytes, uint8));
    for (const handle of [most, ...handles]) addon.free(handle);
    addon.emptyCache();
    expect(addon.memory()).toMatchObject({ live: 0, cached: 0 });
  });

  test("a buffer freed while a kernel that uses it waits is left alone by those that come after", async () => {
    const y = filled(1000, 7);
    const reading = addon.read(y);
    addon.free(y);
    const z = filled(1000, 9);
    expect(new Int32Array(await reading).every((x) => x === 7)).toBe(true);
    addon.free(z);
  });

  testOnEmulator("without memory for the records of more reads, a read waits for the oldest one", async () => {
    const submit = slowWork(addon);
    const y = filled(4, 7);
    const taken: number[] = [];
    for (const length of [MiB / 4, 128])
      for (;;)
        try {
          taken.push(addon.alloc(length, int32));
        } catch (error) {
          expect(error).toBeInstanceOf(OutOfMemoryError);
          break;
        }
    expect(addon.info().freeMemory).toBeLessThan(64 * 1024);
    submit(10);
    const reads = Array.from({ length: 200 }, (_, i) => {
      if (i === 150) callKernel(addon, "plantedLabel", 12);
      return addon.read(y);
    });
    const results = await Promise.allSettled(reads);
    for (const handle of [y, ...taken]) addon.free(handle);
    for (const [i, result] of results.entries())
      if (i < 150) expect(result).toMatchObject({ status: "fulfilled" });
      else expect(result).toMatchObject({ reason: { message: expect.stringContaining("label 12 is out of range") } });
    const first = results[0] as PromiseFulfilledResult<ArrayBuffer>;
    expect(Array.from(new Int32Array(first.value))).toEqual([7, 7, 7, 7]);
  });

  test.runIf(!onGpu).each([
    ["WENGERT_EMULATOR_MEMORY", "20abc", 1],
    ["WENGERT_EMULATOR_MEMORY", "-5", 1],
    ["WENGERT_EMULATOR_KERNEL_MEMORY", "abc", 0],
  ])("%s=%s is refused", (variable, value, least) => {
    const script = `try { require(${JSON.stringify(addonFile)}); } catch (error) { console.log(error.message); }`;
    const printed = execFileSync(process.execPath, ["-e", script], {
      env: { ...process.env, [variable]: value },
      encoding: "utf8",
    });
    expect(printed.trim()).toBe(`${variable} must be a number of bytes of at least ${least}, got ${value}`);
  });
});
