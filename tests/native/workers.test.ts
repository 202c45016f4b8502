import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { operandsFile } from "../support/operands.js";
import { addonFile, skipped, slowFile, why } from "./addon.js";

/** CommonJS, run in a worker: `addon` is there, and `tell` reports to the test. */
const inWorker = (body: string): Worker =>
  new Worker(
    `const addon = require(${JSON.stringify(addonFile)});
     const { slowWork } = require(${JSON.stringify(slowFile)});
     const { callKernel } = require(${JSON.stringify(operandsFile)});
     const tell = (value) => require("node:worker_threads").parentPort.postMessage(value);
     (async () => { ${body} })();`,
    { eval: true },
  );

const compute = `
  const y = addon.alloc(1000, 0);
  for (let i = 0; i < 20; i++) callKernel(addon, "fill", y, 1000, i);
  tell(new Float32Array(await addon.read(y)).every((x) => x === 19));`;

/** Threads of this process. */
const threads = (): number => readdirSync("/proc/self/task").length;

describe.skipIf(skipped)(`worker threads${why}`, () => {
  test("several compute at once, each with its own addon", async () => {
    const workers = Array.from({ length: 4 }, () => inWorker(compute));
    const results = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
    expect(results).toEqual([true, true, true, true]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }, 60_000);

  test("a handle of one thread means nothing in another", async () => {
    const one = inWorker("tell(addon.alloc(4, 0)); setInterval(() => {}, 1000);");
    const [handle] = await once(one, "message");
    const other = inWorker(
      `try { addon.alloc(4, 0); addon.free(${handle}); tell("freed"); } catch (error) { tell(error.name); }`,
    );
    expect(await once(other, "message")).toEqual(["RangeError"]);
    await one.terminate();
    await other.terminate();
  }, 60_000);

  test("one that is ended in the middle of its work takes nothing else down, and its threads end", async () => {
    const endInTheMiddle = async (): Promise<void> => {
      const worker = inWorker(`
        const run = slowWork(addon);
        const y = addon.alloc(1, 4);
        for (let i = 0; i < 200; i++) run(1);
        for (let i = 0; i < 20; i++) addon.read(y);
        tell("busy");
        addon.readSync(y, new Int32Array(1));`);
      await once(worker, "message");
      await worker.terminate();
    };
    await endInTheMiddle(); // the threads of a driver stay
    const idle = threads();
    for (let i = 0; i < 5; i++) await endInTheMiddle();
    expect(threads()).toBeLessThanOrEqual(idle + 2);
  }, 120_000);

  test("a process ends by itself: a read that is open keeps it alive, an addon that is loaded does not", async () => {
    const script = `
      const addon = require(${JSON.stringify(addonFile)});
      require(${JSON.stringify(slowFile)}).slowWork(addon)(1);
      const y = addon.alloc(1, 4);
      require(${JSON.stringify(operandsFile)}).callKernel(addon, "fill", y, 1, 3);
      addon.read(y).then((bytes) => console.log(new Int32Array(bytes)[0] === 3 ? "read" : "wrong"));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { timeout: 50_000 });
    expect(stdout).toBe("read\n");
  }, 120_000);

  test("process.exit in the middle of work, with a promise open, ends the process and nothing else", async () => {
    const script = `
      const addon = require(${JSON.stringify(addonFile)});
      const y = addon.alloc(1, 4);
      require(${JSON.stringify(slowFile)}).slowWork(addon)(1);
      addon.read(y).then(() => console.log("read"));
      process.exit(0);`;
    // Where the end of the process and the work are on two threads, it takes luck to see them meet.
    for (let attempt = 0; attempt < 20; attempt++) {
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { timeout: 50_000 });
      expect(stdout).toBe("");
    }
  }, 120_000);
});
