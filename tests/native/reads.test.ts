import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Addon, NativeMemory } from "../../src/backends/native/addon.js";
import { callKernel } from "../support/operands.js";
import { addonFile, int32, load, skipped, slowFile, slowWork, testOnEmulator, why } from "./addon.js";
import { type Lateness, lateness, ownLateness, print } from "./lateness.js";

const MiB = 2 ** 20;

/** Elements of 64 MiB, and of what is large as well: more than goes through one pinned piece. */
const huge = 16 * MiB;
const large = 2 * MiB + 1;

/** Milliseconds that a 1 ms timer may be late. */
const allowed = 20;

/** Times it is measured, until one shows that: what other programs do meanwhile only ever adds. */
const attempts = 20;

/** Pinned bytes that are kept for writes, and that reads of any size may need. */
const mostPinned = (64 + 16) * MiB;

describe.skipIf(skipped)(`large reads${why}`, () => {
  let addon: Addon;
  let before: NativeMemory;

  beforeAll(() => {
    process.env.WENGERT_EMULATOR_MEMORY = String(320 * MiB);
    addon = load();
  });
  beforeEach(() => {
    before = addon.memory();
  });
  afterEach(() => {
    addon.emptyCache();
    expect(addon.memory().live).toBe(before.live);
    expect(addon.memory().pinned).toBeLessThan(mostPinned);
  });

  function filled(length: number, value: number): number {
    const handle = addon.alloc(length, int32);
    addon.write(handle, new Int32Array(length).fill(value));
    return handle;
  }

  const isAll = (bytes: ArrayBuffer, length: number, value: number): boolean =>
    bytes.byteLength === 4 * length && new Int32Array(bytes).every((x) => x === value);

  test("a 1 ms timer goes on while 64 MiB arrive", async () => {
    const y = filled(huge, 7);
    addon.sync();
    const found: Lateness[] = [];
    for (let attempt = 0; attempt < attempts && !found.some(({ own }) => own <= allowed); attempt++) {
      let bytes = new ArrayBuffer(0);
      found.push(
        await lateness(async () => {
          bytes = await addon.read(y);
        }),
      );
      expect(isAll(bytes, huge, 7)).toBe(true);
    }
    addon.free(y);
    print(found);
    expect(ownLateness(found)).toBeLessThanOrEqual(allowed);
  }, 120_000);

  test("give the values at the time of the call, even if they are overwritten or freed afterwards", async () => {
    const run = slowWork(addon);
    const y = filled(large, 1);
    run(20);
    const first = addon.read(y);
    callKernel(addon, "fill", y, large, 2);
    const second = addon.read(y);
    addon.free(y);
    const z = filled(large, 3);
    expect(isAll(await first, large, 1)).toBe(true);
    expect(isAll(await second, large, 2)).toBe(true);
    addon.free(z);
    before = { ...before, live: addon.memory().live }; // what the slow work holds
  }, 60_000);

  test("many at once, small and large, are fulfilled in order and leave nothing behind", async () => {
    const lengths = [5, 0, MiB / 4, MiB / 4 + 1, 3 * MiB, 1, 2 * MiB + 3, MiB];
    const order: number[] = [];
    const reads = Array.from({ length: 40 }, async (_, i) => {
      const length = lengths[i % lengths.length];
      const y = filled(length, i);
      const read = addon.read(y);
      addon.free(y);
      const bytes = await read;
      order.push(i);
      return isAll(bytes, length, i);
    });
    expect(await Promise.all(reads)).toEqual(Array(40).fill(true));
    expect(order).toEqual([...order].sort((p, q) => p - q));
  }, 60_000);

  test("pinned memory does not grow with them", async () => {
    const y = filled(huge, 5);
    await addon.read(y);
    const { pinned } = addon.memory();
    const target = new Int32Array(huge);
    for (let i = 0; i < 5; i++) {
      await Promise.all([addon.read(y), addon.read(y)]);
      addon.readSync(y, target);
    }
    expect(isAll(target.buffer, huge, 5)).toBe(true);
    expect(addon.memory().pinned).toBeLessThanOrEqual(pinned + 2 * MiB);
    addon.free(y);
  }, 60_000);

  testOnEmulator(
    "where the device has no room for a copy the read is done at once, and as right",
    async () => {
      const length = 50 * MiB; // 200 of 320 MiB
      const y = filled(length, 4);
      const read = addon.read(y);
      expect(addon.memory().live).toBe(before.live + 4 * length);
      addon.write(y, new Int32Array(length).fill(6));
      expect(isAll(await read, length, 4)).toBe(true);
      addon.free(y);
    },
    60_000,
  );

  testOnEmulator(
    "reject with what a kernel found wrong, and the next is right",
    async () => {
      const y = filled(large, 8);
      callKernel(addon, "plantedLabel", 12);
      await expect(addon.read(y)).rejects.toThrow("plantedLabel: label 12 is out of range for 10 classes");
      callKernel(addon, "plantedLabel", 12);
      expect(() => addon.readSync(y, new Int32Array(large))).toThrow("plantedLabel: label 12");
      expect(isAll(await addon.read(y), large, 8)).toBe(true);
      addon.free(y);
    },
    60_000,
  );

  test("a worker that is ended in the middle of them leaves no pinned memory behind", async () => {
    await addon.read(addon.alloc(0, int32)); // makes everything that a first read makes
    const { pinned } = addon.memory();
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(
        `const addon = require(${JSON.stringify(addonFile)});
         const run = require(${JSON.stringify(slowFile)}).slowWork(addon);
         const [small, large] = [addon.alloc(${MiB / 4}, 4), addon.alloc(${4 * MiB}, 4)];
         for (let i = 0; i < 6; i++) {
           for (const y of [small, large]) addon.read(y);
           run(100);
         }
         require("node:worker_threads").parentPort.postMessage("busy");`,
        { eval: true },
      );
      await once(worker, "message");
      await worker.terminate();
    }
    expect(addon.memory().pinned).toBe(pinned);
  }, 120_000);
});
