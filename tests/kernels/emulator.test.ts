import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesInFolders } from "../../scripts/kernels/files.js";
import { skipWithout } from "../support/required.js";

const compiler = process.env.CXX ?? "g++";
const found = spawnSync(compiler, ["--version"]).status === 0;
const folder = fileURLToPath(new URL("../../kernels/emulator", import.meta.url));

const skipped = skipWithout("TOOLS", found);

describe.skipIf(skipped)(
  `the emulator${skipped ? ` (skipped: the C++ compiler ${compiler} was not found)` : ""}`,
  () => {
    let build: string;
    const objectOf = (file: string) => join(build, file.replace(/\.cpp$/, ".o").replaceAll("/", "-"));

    beforeAll(async () => {
      build = mkdtempSync(join(tmpdir(), "wengert-emulator-"));
      const run = promisify(execFile);
      const flags = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-I", join(folder, ".."), "-c"];
      const compile = (file: string, ...more: string[]) =>
        run(compiler, [...flags, ...more, join(folder, file), "-o", objectOf(file)]);
      const parts = filesInFolders(folder, /\.cpp$/, ["tests", "types"]);
      // The kernels alone get the access hooks; linking without the flag leaves the sanitizers' own runtimes out.
      const kernels = readdirSync(join(folder, "tests"))
        .filter((file) => file.endsWith(".cpp"))
        .map((file) => `tests/${file}`);
      const waiting = [
        ...kernels.map((file) => () => compile(file, "-O1", "-fsanitize=thread,alignment")),
        ...parts.map((file) => () => compile(file, "-O2")),
      ];
      const worker = async () => {
        for (let job = waiting.shift(); job; job = waiting.shift()) await job();
      };
      await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
      for (const file of kernels)
        await run(compiler, [
          objectOf(file),
          ...parts.map(objectOf),
          "-pthread",
          "-o",
          objectOf(file).replace(/\.o$/, ""),
        ]);
    }, 300_000);

    afterAll(() => rmSync(build, { recursive: true, force: true }));

    const linesOf = (name: string) => {
      const { stdout, status } = spawnSync(join(build, `tests-${name}`), { encoding: "utf8", timeout: 110_000 });
      return { lines: stdout.trim().split("\n"), status };
    };

    test.each([
      ["block", 3, 13],
      ["warp-matmul", 2, 6],
      ["group-matmul", 3, 16],
    ])(
      "%s: raises nothing on right kernels, and finds every planted bug in every schedule",
      (name, clean, bugs) => {
        const { lines, status } = linesOf(name);
        const alarms = lines.filter((line) => line.startsWith("clean: ")).map((line) => line.replace(/.*: /, ""));
        expect(alarms).toEqual(Array(clean).fill("0 false alarms, 0 wrong results in 20 schedules"));
        const missed = lines.filter(
          (line) => line.startsWith("bug: ") && !line.includes("found in 20 of 20 schedules"),
        );
        expect(missed).toEqual([]);
        expect(lines.filter((line) => line.startsWith("bug: "))).toHaveLength(bugs);
        expect(status).toBe(0);
      },
      120_000,
    );

    test("gives the numbers of the instruction set: fragments, swizzles, descriptors, edges, conversions", () => {
      const { lines, status } = linesOf("values");
      expect(lines.filter((line) => !line.endsWith(": right"))).toEqual([]);
      expect(lines).toHaveLength(22);
      expect(status).toBe(0);
    }, 120_000);

    test("starts kernels as the CUDA runtime does: shared memory, loading, and a stream that can be full", () => {
      const { lines, status } = linesOf("driver");
      expect(lines.filter((line) => !line.endsWith(": right"))).toEqual([]);
      expect(lines).toHaveLength(8);
      expect(status).toBe(0);
    }, 120_000);

    test("launches from several threads, stops and starts its workers, and reports the fault of the right launch", () => {
      const { lines, status } = linesOf("launches");
      expect(lines.filter((line) => !line.endsWith(": right"))).toEqual([]);
      expect(status).toBe(0);
    }, 120_000);
  },
);
