import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("src", import.meta.url));
const report = process.env.WENGERT_TEST_REPORT;

/** The tests that run once more on a device: what a kernel computes, and what only devices do. */
const onDevices = [
  "tests/device/**/*.test.ts",
  "tests/ops/{goldens,random,dropout,misuse}.test.ts",
  "tests/optim/optim.test.ts",
];

const env = { WENGERT_POISON: "1" };
const project = (name: string, include: string[], exclude: string[], more: Record<string, string> = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude,
    env: { ...env, WENGERT_DEVICE: name, ...more },
    // What runs thread by thread takes its time.
    ...(name === "cpu" ? {} : { testTimeout: 300_000 }),
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

/** Tests that measure times. */
const timed = ["tests/core/overhead.test.ts", "tests/native/{async,overhead,reads}.test.ts"];

/** On a GPU, or the emulator alone: what is proved on the emulator, then what asks for all memory and measures times. */
const onDevice = (name: string) => [
  project(name, onDevices, []),
  inOrder(project(`${name}, native`, ["tests/native/**/*.test.ts"], [], { WENGERT_DEVICE: name })),
];

// WENGERT_DEVICE names one device to test; without it that is cpu, and the emulator too.
const named = process.env.WENGERT_DEVICE ?? "";
const onCpu = [
  project("cpu", ["tests/**/*.test.ts"], ["tests/{device,races}/**", ...timed]),
  inOrder(project("cpu, timed", timed, [], { WENGERT_DEVICE: "cpu" })),
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
