import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const compiler = process.env.CXX ?? "g++";
const found = spawnSync(compiler, ["--version"]).status === 0;
const folder = fileURLToPath(new URL("../../kernels/emulator", import.meta.url));

// Where CI runs there is a compiler, and a missing one is a failure, not a skip.
describe.skipIf(!found && process.env.CI !== "true")(`the emulator (needs the C++ compiler ${compiler})`, () => {
  let build: string;

  beforeAll(() => {
    build = mkdtempSync(join(tmpdir(), "wengert-emulator-"));
    const flags = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-c"];
    const parts = ["fiber", "block", "launch", "detector", "hooks", "atomic"];
    for (const part of parts)
      execFileSync(compiler, [...flags, "-O2", join(folder, `${part}.cpp`), "-o", join(build, `${part}.o`)]);
    // The kernels alone get the access hooks; linking without the flag leaves the sanitizer's own runtime out.
    const kernels = join(build, "kernels.o");
    execFileSync(compiler, [...flags, "-O1", "-fsanitize=thread", join(folder, "tests/detector.cpp"), "-o", kernels]);
    const objects = parts.map((part) => join(build, `${part}.o`));
    execFileSync(compiler, [...objects, kernels, "-pthread", "-o", join(build, "detector")]);
  }, 300_000);

  afterAll(() => rmSync(build, { recursive: true, force: true }));

  test("runs a kernel rightly, raises no false alarm, and finds every planted bug in every schedule", () => {
    const { stdout, status } = spawnSync(join(build, "detector"), { encoding: "utf8", timeout: 50_000 });
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toBe("clean kernel: 0 false alarms, 0 wrong results in 20 schedules");
    expect(lines.slice(1).map((line) => /: found in (\d+) of 20 schedules/.exec(line)?.[1])).toEqual(
      Array(7).fill("20"),
    );
    expect(status).toBe(0);
  });
});
