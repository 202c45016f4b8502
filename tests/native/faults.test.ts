// What kernels report about bad data: at which wait, once, and at what cost.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { callKernel } from "../support/operands.js";
import { float64, int32, load, skipped, slowWork, testOnEmulator, why } from "./addon.js";

describe.skipIf(skipped)(`bad data that kernels report${why}`, () => {
  let addon: Addon;
  let y: number;
  let notes: number;

  beforeAll(() => {
    addon = load();
    y = addon.alloc(4, int32);
    notes = addon.alloc(16, float64);
  });
  beforeEach(() => addon.sync());

  const label = (value: number): void => callKernel(addon, "plantedLabel", value);
  const index = (value: number): void => callKernel(addon, "plantedIndex", value);
  const read = (): void => addon.readSync(y, new Int32Array(4));
  const about = (value: number): string =>
    `plantedLabel: label ${value} is out of range for 10 classes; labels count from 0`;
  const aboutIndex = (value: number): string =>
    `plantedIndex: index ${value} is out of range for an axis of size 10; indices count from 0`;

  /** How much each step submits to the device. The first may throw `message`; nothing else may throw. */
  async function submitted(steps: (() => unknown)[], message = ""): Promise<number[]> {
    callKernel(addon, "plantedNote", 0, -1);
    for (const [i, step] of steps.entries()) {
      if (i === 0 && message !== "") expect(step).toThrow(message);
      else await step();
      callKernel(addon, "plantedNote", i + 1, -1);
    }
    callKernel(addon, "plantedNotes", notes);
    const found = new Float64Array(16);
    addon.readSync(notes, found);
    return steps.map((_, i) => found[i + 1] - found[i]);
  }

  testOnEmulator("if there is nothing to report, a read copies the data and nothing else", async () => {
    expect(await submitted([() => addon.sync(), read, () => addon.read(y), () => addon.sync()])).toEqual([0, 1, 1, 0]);
  });

  testOnEmulator("a report costs one more command for each kernel, once", async () => {
    label(12);
    index(13);
    expect(await submitted([read, read, () => addon.sync()], about(12))).toEqual([3, 1, 0]);
  });

  testOnEmulator("each wait reports it, with the names of all kernels, and then forgets it", async () => {
    const waits = [read, () => addon.sync(), () => addon.read(y)];
    for (const wait of waits) {
      label(12);
      index(-3);
      label(14); // only the first report of a kernel counts
      const message = await Promise.resolve()
        .then(wait)
        .then(
          () => "nothing",
          (error: Error) => error.message,
        );
      expect([`${about(12)}; ${aboutIndex(-3)}`, `${aboutIndex(-3)}; ${about(12)}`]).toContain(message);
      for (const again of waits) await again();
    }
  });

  testOnEmulator("an asynchronous read reports what ran before it, not what ran after it", async () => {
    const first = addon.read(y);
    label(12);
    const second = addon.read(y);
    index(13);
    const third = addon.read(y);
    const results = await Promise.allSettled([first, second, third]);
    expect(results.map((result) => (result.status === "fulfilled" ? "right" : result.reason.message))).toEqual([
      "right",
      about(12),
      `${about(12)}; ${aboutIndex(13)}`, // it was asked for before the second told it
    ]);
    await addon.read(y);
  });

  testOnEmulator("a read that blocks reports it before an asynchronous one that was asked for earlier", async () => {
    const before = addon.read(y);
    label(12);
    const after = addon.read(y);
    expect(read).toThrow(about(12));
    read();
    expect((await before).byteLength).toBe(16);
    await expect(after).rejects.toThrow(about(12));
  });

  testOnEmulator("any number of reads may be under way", async () => {
    const reads: Promise<ArrayBuffer>[] = [];
    for (let i = 0; i < 200; i++) {
      if (i === 100) label(12);
      reads.push(addon.read(y));
    }
    const results = (await Promise.allSettled(reads)).map(({ status }) => status);
    expect(results).toEqual([...Array(100).fill("fulfilled"), ...Array(100).fill("rejected")]);
    await addon.read(y);
  });

  test("200 reads under way do not wait for the device", async () => {
    slowWork(addon)(500);
    const start = performance.now();
    const reads = Array.from({ length: 200 }, () => addon.read(y));
    const submitted = performance.now() - start;
    await reads[0];
    const first = performance.now() - start;
    await Promise.all(reads);
    expect(submitted).toBeLessThan(first / 2);
  }, 60_000);

  testOnEmulator("reads beyond the first records report what ran before them, and nothing else", async () => {
    slowWork(addon)(100);
    const reads = Array.from({ length: 150 }, (_, i) => {
      if (i % 50 === 25) label(100 + i);
      return addon.read(y);
    });
    const messages = (await Promise.allSettled(reads)).map((result) =>
      result.status === "fulfilled" ? "" : result.reason.message,
    );
    // Each read was asked for before the device had done any of it, so each report is still news to the later ones.
    const news = [about(125), `${about(125)}; ${about(175)}`, `${about(125)}; ${about(175)}; ${about(225)}`];
    expect(messages).toEqual(Array.from({ length: 150 }, (_, i) => (i < 25 ? "" : news[Math.floor((i - 25) / 50)])));
    await addon.read(y);
  });

  testOnEmulator(
    "a report outlives any number of reads that block, until an earlier asynchronous one has heard it",
    async () => {
      slowWork(addon)(1);
      label(12);
      const pending = addon.read(y);
      expect(read).toThrow(about(12));
      // The event loop does not turn, so the asynchronous read cannot be settled meanwhile.
      for (let i = 0; i < 200; i++) read();
      await expect(pending).rejects.toThrow(about(12));
      await addon.read(y);
    },
  );
});
