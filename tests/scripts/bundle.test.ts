import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { folder as addonFolder } from "../native/addon.js";
import { withFolder } from "../support/disk.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = ["wengert_emulator.node", "wengert_emulator_races.node"].every((name) =>
  existsSync(join(addonFolder, name)),
);
const skipped = !built && process.env.CI !== "true";

describe.skipIf(skipped)(
  `the bundle for GPU machines${skipped ? " (skipped: npm run build:native was not run)" : ""}`,
  () => {
    test("runs in an empty environment, without this checkout", async () => {
      await withFolder(async (folder) => {
        const run = promisify(execFile);
        const bundle = [
          "--import",
          "tsx",
          "scripts/gpu/bundle.ts",
          "--no-cuda",
          "--old",
          "--folder",
          join(folder, "bundle"),
        ];
        await run(process.execPath, bundle, { cwd: root });
        const { stdout } = await run("bash", ["scripts/gpu/bare-test.sh", join(folder, "bundle")], { cwd: root });
        expect(stdout).toMatch(/\nconformance: 90 of 90 instructions agree\n/);
        expect(stdout).toMatch(/\nemulator: \d{3,} results, \d+ cases without a kernel, 0 failures\n/);
        expect(stdout).toMatch(/\n\d{3} passed, 0 failed, \d+ skipped; 6 files: 6 passed\n/);
        expect(stdout).toMatch(/\nthe bundle runs in an empty environment\n$/);
      });
    }, 300_000);
  },
);
