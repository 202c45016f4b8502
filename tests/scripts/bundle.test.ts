import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../../bench/gpu/results.js";
import { runScript } from "../../scripts/gpu/run-script.js";
import { Generator } from "../../src/index.js";
import { python, whyTorch, withoutTorch } from "../bench/torch.js";
import { folder as addonFolder } from "../native/addon.js";
import { skipWithout } from "../support/required.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = ["wengert_emulator.node", "wengert_emulator_races.node"].every((name) =>
  existsSync(join(addonFolder, name)),
);
const skipped = skipWithout("TOOLS", built);
const run = promisify(execFile);

describe.skipIf(skipped)(
  `the bundle for GPU machines${skipped ? " (skipped: npm run build:native was not run)" : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wengert-bundle-"));
    const bundle = join(folder, "bundle");
    const env = { GPU_SH_BUNDLE: bundle, PYTHON: python };
    beforeAll(async () => {
      const options = ["--no-cuda", "--old", "--folder", bundle];
      await run(process.execPath, ["--import", "tsx", "scripts/gpu/bundle.ts", ...options], { cwd: root });
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("runs in an empty environment, without this checkout", async () => {
      const { stdout } = await run("bash", ["scripts/gpu/bare-test.sh", bundle], { cwd: root });
      expect(stdout).toMatch(/\nconformance: 90 of 90 instructions agree\n/);
      expect(stdout).toMatch(/\nemulator: \d{3,} results, \d+ cases without a kernel, 0 failures\n/);
      expect(stdout).toMatch(/\n\d{3} passed, 0 failed, \d+ skipped; 6 files: 6 passed\n/);
      expect(stdout).toMatch(/\nthe bundle runs in an empty environment\n$/);
    }, 300_000);

    describe.skipIf(withoutTorch)(`gpu.sh${whyTorch}`, () => {
      let longest = 0;

      test("runs all steps on the emulator and writes every file", async () => {
        const { status, printed, files, errors, finished, leftOver, milliseconds, read } = await runScript(env);
        longest = milliseconds;
        expect(printed).not.toMatch(/^\S+ +FAILED/m);
        expect({ status, errors, leftOver }).toEqual({ status: 0, errors: [], leftOver: "" });
        expect([...files].sort()).toEqual(
          ["bench.json", "bench.md", "log.txt", "ncu.csv", "smoke.json", "test.json", "tune.json"].sort(),
        );
        const { rows } = JSON.parse(read("bench.json") ?? "") as Run;
        expect(rows.filter(({ status }) => status === "wrong as planted")).toHaveLength(1);
        expect(finished).toBeGreaterThan(20);
        const results = new Map([...printed.matchAll(/^(\S+) +(ok|partial|not run) +\d+ /gm)].map((m) => [m[1], m[2]]));
        expect(Object.fromEntries(results)).toMatchObject({
          ...{ unpack: "ok", smoke: "ok", tune: "ok", test: "ok", "same-bits": "ok", ncu: "not run" },
          ...{ racecheck: "not run", memcheck: "not run" },
        });
        expect(printed).toMatch(/^not run: ncu racecheck memcheck$/m);
        expect(printed).not.toContain("nothing failed");
      }, 120_000);

      test("a kill at a random moment loses no finished result", async () => {
        const afterMilliseconds = Math.round((0.1 + 0.4 * new Generator(7).uniform()) * (longest || 20_000));
        const { errors, finished, status } = await runScript(env, { signal: "SIGKILL", afterMilliseconds });
        expect({ errors, status }).toEqual({ errors: [], status: null });
        expect(finished).toBeGreaterThan(0);
      }, 120_000);

      test("SIGTERM ends it at once, with a summary and without leaving processes", async () => {
        const outcome = await runScript(env, { signal: "SIGTERM", afterMilliseconds: 4000 });
        expect(outcome.status).toBe(143);
        expect(outcome.ending).toBeLessThan(4000);
        expect(outcome.leftOver).toBe("");
        expect(outcome.errors).toEqual([]);
        expect(outcome.printed).toMatch(/^\S+ +partial +\d+ +stopped by a signal$/m);
        expect(outcome.printed).toMatch(/^stopped by a signal\n\d+ s\n$/m);
      }, 60_000);
    });
  },
);
