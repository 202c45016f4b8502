import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import {
  addonTests,
  deviceTestTimeout,
  kernelTests,
  testEnvironment,
  timedTests,
} from "./tests/support/device-tests.js";

const src = fileURLToPath(new URL("src", import.meta.url));
const report = process.env.WENGERT_TEST_REPORT;

/** The tests that run once more on a device. Where a list has a folder: all the test files in it. */
const globs = (paths: readonly string[]): string[] =>
  paths.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.test.ts`));
const onDevices = globs(kernelTests);

const project = (name: string, include: string[], exclude: string[], more: Record<string, string> = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude,
    env: { ...testEnvironment, WENGERT_DEVICE: name, ...more },
    // What runs thread by thread takes its time.
    ...(name === "cpu" ? {} : { testTimeout: deviceTestTimeout }),
  },
});

/** After all other projects, one file at a time. */
const inOrder = (last: ReturnType<typeof project>) => ({
  ...last,
  test: { ...last.test, fileParallelism: false, sequence: { groupOrder: 1 } },
});

/** Whether the emulator is there or can be built; where CI runs it has to be. */
const hasEmulator =
  process.env.CI === "true" ||
  existsSync(fileURLToPath(new URL("build/Release/wengert_emulator.node", import.meta.url))) ||
  spawnSync(process.env.CXX ?? "c++", ["--version"]).status === 0;
if (!hasEmulator) process.stderr.write("No C++ compiler was found: nothing is tested on the emulator.\n");

const emulated = [
  project("emulator", onDevices, [], { WENGERT_DEVICE: "emulator", WENGERT_GUARD: "1" }),
  project("races", ["tests/races/**/*.test.ts"], [], { WENGERT_DEVICE: "emulator", WENGERT_EMULATOR_RACES: "1" }),
];

/** On a GPU, or the emulator alone: what is proved on the emulator, then what asks for all memory and measures times. */
const onDevice = (name: string) => [
  project(name, onDevices, []),
  inOrder(project(`${name}, native`, globs(addonTests), [], { WENGERT_DEVICE: name })),
];

// WENGERT_DEVICE names one device to test; without it that is cpu, and the emulator too.
const named = process.env.WENGERT_DEVICE ?? "";
const onCpu = [
  project("cpu", ["tests/**/*.test.ts"], ["tests/{device,races}/**", ...timedTests]),
  inOrder(project("cpu, timed", timedTests, [], { WENGERT_DEVICE: "cpu" })),
];
const projects = ["cuda", "emulator"].includes(named)
  ? onDevice(named)
  : [...onCpu, ...(hasEmulator && named !== "cpu" ? emulated : [])];

export default defineConfig({
  resolve: {
    // Examples import the package by its name; tests of them run on the sources.
    alias: [
      { find: /^wengert$/, replacement: `${src}/index.ts` },
      { find: /^wengert\/(\w+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    environment: "node",
    globalSetup: "tests/support/native.ts",
    pool: "forks",
    // By default one core is left for the runner, which has little to do: of two cores, half.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Finalizers are tested by asking for a collection.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    // WENGERT_TEST_REPORT names a file for the results as JSON, beside what is printed.
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects,
  },
});
