// JavaScript code that V8 stops while the addon has called it. Each case runs in a separate process, which must not abort.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { addonFile, skipped, testOnEmulator, why } from "./addon.js";

const operandsFile = fileURLToPath(new URL("../support/operands.cjs", import.meta.url));

describe.skipIf(skipped)(`code that is stopped${why}`, () => {
  const prelude = `
    const addon = require(${JSON.stringify(addonFile)});
    const { callKernel } = require(${JSON.stringify(operandsFile)});
    addon.setup({ ArgumentError: Error, DeviceError: Error, OutOfMemoryError: Error });`;

  /** What a process prints that runs this body as an asynchronous function. Fails if the process does. */
  async function run(body: string): Promise<string> {
    const script = `
      const { Worker } = require("node:worker_threads");
      const vm = require("node:vm");
      const start = (code) => new Worker(${JSON.stringify(prelude)} + code, { eval: true });
      const message = (worker) => new Promise((done) => worker.once("message", done));
      const exit = (worker) => new Promise((done) => worker.once("exit", done));
      const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
      (async () => { ${body} })();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { timeout: 50_000 });
    return stdout.trim();
  }

  /** Ends a worker while it runs an endless loop in a call of the addon, and uses the addon afterwards. */
  const terminated = (call: string): string => `
    const worker = start(\`require("node:worker_threads").parentPort.postMessage("ready"); ${call}\`);
    await message(worker);
    await sleep(200);
    const code = await worker.terminate();
    ${prelude}
    console.log(code, addon.elapsed(() => {}) >= 0);`;

  /** Stops an endless loop in a call of the addon by a timeout, and uses the addon afterwards. */
  const timedOut = (call: string): string => `${prelude}
    try {
      vm.runInNewContext(${JSON.stringify(call)}, { addon }, { timeout: 200 });
    } catch (error) {
      console.log(error.code, addon.elapsed(() => {}) >= 0);
    }`;

  test("in the body of elapsed(), by worker.terminate()", async () => {
    expect(await run(terminated("addon.elapsed(() => { for (;;); });"))).toBe("1 true");
  }, 60_000);

  test("in the body of elapsed(), by process.exit() in a worker", async () => {
    expect(await run("console.log(await exit(start('addon.elapsed(() => { process.exit(3); });')), 'goes on');")).toBe(
      "3 goes on",
    );
  }, 60_000);

  test("in the body of elapsed(), by a timeout of node:vm", async () => {
    expect(await run(timedOut("addon.elapsed(() => { for (;;); })"))).toBe("ERR_SCRIPT_EXECUTION_TIMEOUT true");
  }, 60_000);

  test.each([
    ["a getter of setOptions()", "addon.setOptions({ get poison() { for (;;); } });"],
    ["a list of names for setOptions()", "addon.setOptions(new Proxy({}, { ownKeys() { for (;;); } }));"],
    ["a getter of a tuning row", "addon.setOptions({ tuning: [{ get product() { for (;;); } }] });"],
    [
      "toString of a value for an error message",
      "addon.setOptions({ tuning: [{ product: { toString() { for (;;); } } }] });",
    ],
    ["a getter of setup()", "addon.setup({ get ArgumentError() { for (;;); } });"],
  ])(
    "in %s, by worker.terminate()",
    async (_, call) => {
      expect(await run(terminated(call))).toBe("1 true");
    },
    60_000,
  );

  test("in a getter of setOptions(), by a timeout of node:vm", async () => {
    expect(await run(timedOut("addon.setOptions({ get poison() { for (;;); } })"))).toBe(
      "ERR_SCRIPT_EXECUTION_TIMEOUT true",
    );
  }, 60_000);

  testOnEmulator(
    "in a wait that then has an error to throw, by worker.terminate()",
    async () => {
      const wait = `
      const y = addon.alloc(1, 4);
      callKernel(addon, "plantedSlow", y, 2 ** 32);
      callKernel(addon, "plantedLabel", 12);
      addon.sync();`;
      expect(await run(terminated(wait.replaceAll("\n", " ")))).toBe("1 true");
    },
    60_000,
  );

  test("is different from code that throws: the error arrives as it is", async () => {
    const body = `${prelude}
      const thrown = {};
      const found = [
        () => addon.elapsed(() => { throw thrown; }),
        () => addon.setOptions({ get poison() { throw thrown; } }),
        () => addon.setOptions({ tuning: [{ get product() { throw thrown; } }] }),
        () => addon.elapsed(() => { throw null; }),
      ].map((call) => { try { call(); } catch (error) { return error === thrown || error; } });
      console.log(JSON.stringify(found));`;
    expect(await run(body)).toBe("[true,true,true,null]");
  }, 60_000);
});
