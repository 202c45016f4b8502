import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { load, skipped, uint8, why } from "./addon.js";

const MiB = 2 ** 20;

/** Runs `work` and counts V8's full collections meanwhile. */
async function collectionsIn(work: () => Promise<void>): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    const kinds = (list.getEntries() as { detail?: { kind: number } }[]).map(({ detail }) => detail?.kind);
    collections += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  });
  observer.observe({ entryTypes: ["gc"] });
  await work();
  await sleep(20);
  observer.disconnect();
  return collections;
}

describe.skipIf(skipped)(`what V8 is told of device memory${why}`, () => {
  let addon: Addon;

  beforeAll(() => {
    addon = load();
  });

  test("a step that allocates and frees much does not start the collector each time", async () => {
    const collections = await collectionsIn(async () => {
      for (let step = 0; step < 60; step++) {
        const handles = Array.from({ length: 16 }, () => addon.alloc(16 * MiB, uint8));
        for (const handle of handles) addon.free(handle);
        await sleep(1);
      }
    });
    addon.emptyCache();
    expect(collections).toBeLessThan(10);
  });

  test("where ever more is in use the collector looks for what was forgotten", async () => {
    const handles: number[] = [];
    const collections = await collectionsIn(async () => {
      for (let i = 0; i < 40; i++) {
        handles.push(addon.alloc(64 * MiB, uint8));
        await sleep(1);
      }
    });
    for (const handle of handles) addon.free(handle);
    addon.emptyCache();
    expect(collections).toBeGreaterThan(0);
  });
});
