// What a launch needs: shared memory, device memory for the kernel itself, and a place in the stream.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { DeviceError } from "../../src/index.js";
import { callKernel, operandsFile } from "../support/operands.js";
import { addonFile, float64, int32, load, skipped, testOnEmulator, why } from "./addon.js";

const KiB = 2 ** 10;
const MiB = 2 ** 20;

describe.skipIf(skipped)(`launches${why}`, () => {
  let addon: Addon;
  beforeAll(() => {
    addon = load();
  });

  describe("with more shared memory than every kernel may have", () => {
    /** A worker that computes the softmax of a row of as many elements as each message says, and sends it back. */
    const softmaxWorker = (seed: number): Worker =>
      new Worker(
        `const addon = require(${JSON.stringify(addonFile)});
         const { callKernel } = require(${JSON.stringify(operandsFile)});
         const { parentPort } = require("node:worker_threads");
         ${elementOf.toString()}
         parentPort.on("message", (size) => {
           try {
             const [x, y] = [addon.alloc(size, 0), addon.alloc(size, 0)];
             addon.write(x, Float32Array.from({ length: size }, (_, i) => elementOf(${seed}, i)));
             callKernel(addon, "softmax", x, y, 1, size, 1);
             const found = new Float32Array(size);
             addon.readSync(y, found);
             for (const handle of [x, y]) addon.free(handle);
             parentPort.postMessage(found);
           } catch (error) {
             parentPort.postMessage(error.message);
           }
         });`,
        { eval: true },
      );

    /** Between -2 and 2. */
    function elementOf(seed: number, i: number): number {
      return 2 * Math.sin(seed + 12.9898 * i);
    }

    /** The largest relative error against the same in float64. */
    function errorOf(result: Float32Array, seed: number, size: number): number {
      const exponentials = Float64Array.from({ length: size }, (_, i) => Math.exp(Math.fround(elementOf(seed, i))));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      return exponentials.reduce((worst, e, i) => Math.max(worst, Math.abs((result[i] * sum) / e - 1)), 0);
    }

    test("two threads alternate rows of different length, in turns and at once", async () => {
      const workers = [softmaxWorker(1), softmaxWorker(2)];
      const [long, short] = [50_304, 32_000];
      const run = async (w: number, size: number): Promise<void> => {
        workers[w].postMessage(size);
        const [result] = await once(workers[w], "message");
        expect(typeof result === "string" ? result : `${result.length} elements`).toBe(`${size} elements`);
        // x - max, exp, the sum and the quotient round to 24 bits each; x - max is at most 4.
        expect(errorOf(result, w + 1, size)).toBeLessThan(1e-6);
      };
      for (const [w, size] of [
        [0, long],
        [1, short],
        [0, long],
        [1, long],
        [0, short],
        [1, long],
      ])
        await run(w, size);
      const alternate = async (w: number): Promise<void> => {
        for (let i = 0; i < 10; i++) await run(w, (i + w) % 2 === 0 ? long : short);
      };
      await Promise.all([alternate(0), alternate(1)]);
      await Promise.all(workers.map((worker) => worker.terminate()));
    }, 120_000);

    testOnEmulator("a kernel can use all shared memory of the device; more is refused", () => {
      const y = addon.alloc(1, int32);
      const run = (bytes: number): number => {
        callKernel(addon, "plantedShared", y, bytes);
        const found = new Int32Array(1);
        addon.readSync(y, found);
        return found[0];
      };
      for (const bytes of [48 * KiB, 48 * KiB + 1, 227 * KiB, 100 * KiB]) expect(run(bytes)).toBe(3);
      expect(() => run(227 * KiB + 1)).toThrow(DeviceError);
      expect(() => run(227 * KiB + 1)).toThrow(
        /^plantedShared: the launch <<<\(1, 1, 1\), \(1, 1, 1\), 232449>>> at .*planted\.cu:\d+ failed: invalid argument \(cudaErrorInvalidValue\)$/,
      );
      expect(run(227 * KiB)).toBe(3);
      // The kernel's limit stays raised, and a launch must not exceed the limit of its own device either.
      addon.setOptions({ capability: 75 });
      expect(run(64 * KiB)).toBe(3);
      expect(() => run(100 * KiB)).toThrow(
        /^plantedShared: the launch .* failed: invalid argument \(cudaErrorInvalidValue\)$/,
      );
      addon.setOptions({ capability: 90 });
      expect(run(100 * KiB)).toBe(3);
      addon.free(y);
    });
  });

  describe("of a kernel that is not loaded yet", () => {
    /** Runs a script where the device has 64 MiB, of which the first use of each kernel takes 20. */
    const whereKernelsTakeMemory = async (script: string): Promise<unknown> => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          "-e",
          `const addon = require(${JSON.stringify(addonFile)});
           const { callKernel } = require(${JSON.stringify(operandsFile)});
           class OutOfMemoryError extends Error {}
           addon.setup({ ArgumentError: Error, DeviceError: Error, OutOfMemoryError });
           const MiB = ${MiB};
           const filled = (value) => {
             callKernel(addon, "fill", y, 1000, value);
             const found = new Int32Array(1000);
             addon.readSync(y, found);
             return found.every((x) => x === value);
           };
           const y = addon.alloc(1000, 4);
           ${script}`,
        ],
        {
          env: {
            ...process.env,
            WENGERT_EMULATOR_MEMORY: String(64 * MiB),
            WENGERT_EMULATOR_KERNEL_MEMORY: String(20 * MiB),
          },
        },
      );
      return JSON.parse(stdout);
    };

    testOnEmulator("the cache is emptied to make room for it", async () => {
      const found = await whereKernelsTakeMemory(`
        addon.free(addon.alloc(48 * MiB, 5));
        const before = addon.memory();
        const right = filled(7);
        const free = addon.info().freeMemory;
        const after = addon.memory();
        const again = filled(8) && addon.info().freeMemory === free;
        console.log(JSON.stringify({ right, again, free, before, after }));`);
      expect(found).toMatchObject({ right: true, again: true });
      const { before, after, free } = found as Record<string, { live: number; cached: number }> & { free: number };
      expect(before.cached).toBeGreaterThanOrEqual(48 * MiB);
      expect(after.cached).toBeLessThan(2 * MiB);
      expect(after.live).toBe(before.live);
      // y's segment, the kernel, and less than 1 MiB for what kernels report
      expect(free).toBeGreaterThan((64 - 2 - 20 - 1) * MiB);
      expect(free).toBeLessThan((64 - 2 - 20) * MiB);
    });

    testOnEmulator("without memory there is a typed error that says so, and nothing is lost", async () => {
      const found = await whereKernelsTakeMemory(`
        const first = filled(7);
        const most = addon.alloc(40 * MiB, 5);
        const run = () => callKernel(addon, "plantedShared", z, 1);
        const z = addon.alloc(1, 4);
        let error;
        try { run(); } catch (caught) { error = caught; }
        const read = new Int32Array(1000);
        addon.readSync(y, read);
        const kept = read.every((x) => x === 7) && filled(9);
        addon.free(most);
        run();
        addon.sync();
        console.log(JSON.stringify({ first, kept, isTyped: error instanceof OutOfMemoryError, message: error.message }));`);
      expect(found).toMatchObject({ first: true, kept: true, isTyped: true });
      expect((found as { message: string }).message).toMatch(
        /^plantedShared: the launch <<<.*>>> at .*planted\.cu:\d+ failed: out of memory \(cudaErrorMemoryAllocation\); loading a kernel for the first time needs device memory, but none is free even after emptying the cache: \d+ bytes are in use by this thread, \d+ are cached, and \d+ are free on the device; dispose tensors that are not needed and try again$/,
      );
    });
  });

  testOnEmulator(
    "the 1,025th launch waits for the first; earlier ones do not",
    () => {
      const y = addon.alloc(1, int32);
      const notes = addon.alloc(16, float64);
      addon.sync();
      callKernel(addon, "plantedNote", 0, -1);
      callKernel(addon, "plantedNotes", notes);
      const found = new Float64Array(16);
      addon.readSync(notes, found);
      const first = found[0] + 3; // after plantedNotes and its read
      callKernel(addon, "plantedSlow", y, 2 ** 30);
      for (let i = 1; i < 1024; i++) callKernel(addon, "fill", y, 1, i);
      callKernel(addon, "plantedNote", 1, first);
      callKernel(addon, "fill", y, 1, 1024);
      callKernel(addon, "plantedNote", 2, first);
      callKernel(addon, "plantedNotes", notes);
      addon.readSync(notes, found);
      expect(Array.from(found.subarray(1, 3))).toEqual([0, 1]);
      const last = new Int32Array(1);
      addon.readSync(y, last);
      expect(last[0]).toBe(1024);
      for (const handle of [y, notes]) addon.free(handle);
    },
    120_000,
  );

  testOnEmulator(
    "a worker that waits for a place in the stream can be ended",
    async () => {
      const worker = new Worker(
        `const addon = require(${JSON.stringify(addonFile)});
         const { callKernel } = require(${JSON.stringify(operandsFile)});
         const { parentPort } = require("node:worker_threads");
         const y = addon.alloc(1, 4);
         for (let i = 0; i < 1024; i++) callKernel(addon, "plantedSlow", y, 2 ** 25);
         parentPort.postMessage("full");
         for (;;) callKernel(addon, "plantedSlow", y, 2 ** 25);`,
        { eval: true },
      );
      await once(worker, "message");
      await worker.terminate(); // 1,024 of them would take more than half a minute
    },
    20_000,
  );
});
