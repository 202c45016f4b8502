import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { Driver } from "../../bench/gpu/driver.js";
import { smallEffort } from "../../bench/gpu/measure.js";
import type { Answer } from "../../bench/gpu/worker.js";

const driver = new Driver(join(import.meta.dirname, "bad-worker.mjs"));
afterAll(() => driver.end());

const ask = (name: string, milliseconds = 30_000): Promise<Answer> =>
  driver.ask({ ask: "first", row: { name, op: "add" }, effort: smallEffort, folder: "" }, milliseconds);

test("a worker that works is kept", async () => {
  expect(await ask("well")).toEqual(await ask("well"));
});

test.each([
  ["crash", "crashed: the process ended with SIGKILL"],
  ["exit", "crashed: the process ended with status 3"],
  ["error", "an illegal address"],
])("after a row that ends in %s, the next row has another worker", async (name, error) => {
  const before = await ask("well");
  expect(await ask(name)).toEqual({ error, noKernel: false });
  const after = await ask("well");
  expect(after).toMatchObject({ sample: null });
  expect(after).not.toEqual(before);
});

test("a row that hangs is stopped", async () => {
  expect(await ask("hang", 300)).toEqual({ error: "hung: stopped after 0.3 s", noKernel: false });
  expect(await ask("well")).toMatchObject({ sample: null });
});

test("a worker that ended between two rows is replaced; between the two runs of a row, the row has crashed", async () => {
  expect(await ask("leave")).toMatchObject({ sample: null });
  await sleep(500);
  expect(await ask("well")).toMatchObject({ sample: null });
  await ask("leave");
  await sleep(500);
  expect(await driver.ask({ ask: "again", effort: smallEffort }, 1000)).toMatchObject({
    error: "crashed between its two runs",
  });
});
