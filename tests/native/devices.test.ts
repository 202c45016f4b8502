import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeviceStatus } from "../../src/index.js";
import { addonFile, onGpu, skipped } from "./addon.js";

/** Whether this file was compiled, as in the bundle for GPU machines, which has no tsx. */
const compiled = import.meta.url.endsWith(".js");
const index = fileURLToPath(new URL(`../../src/index.${compiled ? "js" : "ts"}`, import.meta.url));

describe("devices that are not there", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wengert-addons-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a program prints that imports Wengert where the addons lie in `folder`. */
  async function run(body: string, env: Readonly<Record<string, string>> = {}): Promise<{ out: string; err: string }> {
    const { WENGERT_DEVICE: _, ...rest } = process.env;
    const script = `import { cuda, device, devices, zeros } from ${JSON.stringify(index)}; ${body}`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...(compiled ? [] : ["--import", "tsx"]), "--input-type=module", "-e", script],
      { env: { ...rest, WENGERT_NATIVE: folder, ...env } },
    );
    return { out: stdout.trim(), err: stderr };
  }

  const attempt = "try { zeros([1]); } catch (error) { console.log(error.name + ': ' + error.message); }";

  test("importing does not throw without addons, and devices() says why they are not there", async () => {
    const { out } = await run("console.log(JSON.stringify([device(), devices()]));");
    const [device, devices]: [string, DeviceStatus[]] = JSON.parse(out);
    expect(device).toBe("cpu");
    const reason = (name: string): string =>
      `its addon has not been built: ${join(folder, `wengert_${name}.node`)} does not exist; run npm run build:native`;
    // A new backend does not need a line here.
    const those = devices.filter(({ name }) => ["cpu", "cuda", "emulator"].includes(name));
    expect(those).toEqual([
      { name: "cpu", available: true, reason: "" },
      { name: "cuda", available: false, reason: reason("cuda") },
      { name: "emulator", available: false, reason: reason("emulator") },
    ]);
  }, 60_000);

  test("a device that was asked for is never replaced by another", async () => {
    const { out } = await run(`console.log(device()); ${attempt}`, { WENGERT_DEVICE: "cuda" });
    expect(out).toMatch(/^cuda\nDeviceError: device: cuda is not available: its addon has not been built/);
  }, 60_000);

  test("an addon that cannot be loaded is a reason; falling back to cpu is said once", async () => {
    writeFileSync(join(folder, "wengert_cuda.node"), "no addon");
    const { out, err } = await run("console.log(device(), devices()[1].reason); device();");
    expect(out).toMatch(/^cpu .*wengert_cuda\.node: .+/);
    expect(err.match(/WengertWarning: running on cpu because cuda is not available: /g)).toHaveLength(1);
    const { err: silent } = await run("device(); devices();", { WENGERT_DEVICE: "cpu" });
    expect(silent).not.toContain("Warning");
  }, 60_000);

  test.skipIf(skipped)(
    "WENGERT_NATIVE may be a path relative to the current folder",
    async () => {
      const body = `console.log(devices().find(({ name }) => name === "${onGpu ? "cuda" : "emulator"}").reason);`;
      const { out } = await run(body, { WENGERT_NATIVE: relative(process.cwd(), dirname(addonFile)) });
      expect(out).toBe("");
    },
    60_000,
  );

  test.skipIf(skipped)(
    "a bad tuning file is an error of the GPU, and not a reason to run on the CPU",
    async () => {
      // The emulator's addon, where CUDA's is expected.
      const [addons, tuning] = ["gpu", "tuning"].map((name) => join(folder, name));
      for (const made of [addons, tuning]) mkdirSync(made);
      symlinkSync(addonFile, join(addons, "wengert_cuda.node"));
      const env = { WENGERT_NATIVE: addons, WENGERT_TUNING: tuning };
      const print = `console.log(device(), devices()[1].available); ${attempt}`;
      expect((await run(print, env)).out).toBe("cuda true");
      const { out: name } = await run("console.log(cuda.info().name)", env);
      const file = join(tuning, `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.json`);
      writeFileSync(file, "{}");
      const { out, err } = await run(print, env);
      expect(out).toMatch(/^cuda true\nDeviceError: cuda: tuning: /);
      expect(out).toContain(`${file}: card must be a string, got undefined; fix or delete the file`);
      expect(err).not.toContain("running on cpu");
    },
    60_000,
  );
});
