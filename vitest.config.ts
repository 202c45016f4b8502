/**
 * The test projects, which are the lanes of CONTRIBUTING.md:
 *
 *     cpu                     everything that needs Node alone; never starts a native build
 *     native                  tests of the addon, and tests that run a compiler
 *     emulator                kernels on the emulator
 *     races                   kernels on the emulator, with the race detector
 *     how-to                  the pages of docs/how-to, each followed in a copy of the checkout
 *     cpu timed, native timed tests that measure times, one file at a time after all others
 *
 * WENGERT_DEVICE=cuda or emulator replaces them with the tests of that device.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { missingTools } from "./scripts/native/tools.js";
import {
  addonTests,
  deviceTestTimeout,
  kernelTests,
  testEnvironment,
  timedTests,
  toolTests,
} from "./tests/support/device-tests.js";
import { LaneReporter } from "./tests/support/lanes/reporter.js";
import { isRequired } from "./tests/support/required.js";

const src = fileURLToPath(new URL("src", import.meta.url));
const report = process.env.WENGERT_TEST_REPORT;

/** The test files of a list of files and folders. */
const globs = (paths: readonly string[]): string[] =>
  paths.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.test.ts`));
const onDevices = globs(kernelTests);

const project = (name: string, include: string[], exclude: string[], more: Record<string, string> = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude,
    env: { ...testEnvironment, WENGERT_DEVICE: "cpu", ...more },
    ...(name === "cpu" ? {} : { testTimeout: deviceTestTimeout }),
  },
});

/** A project that loads an addon, which is built first. */
const onAddon = (base: ReturnType<typeof project>) => ({
  ...base,
  test: { ...base.test, globalSetup: "tests/support/native.ts" },
});

/** After all other projects, one file at a time. */
const inOrder = <T extends ReturnType<typeof project>>(last: T) => ({
  ...last,
  test: { ...last.test, fileParallelism: false, sequence: { groupOrder: 1 } },
});

const isNative = (file: string): boolean => addonTests.some((folder) => file.startsWith(`${folder}/`));
const timedOnCpu = timedTests.filter((file) => !isNative(file));
const timedNative = timedTests.filter(isNative);
const nativeTests = globs([...addonTests, ...toolTests]);

const onCpu = [
  project("cpu", ["tests/**/*.test.ts"], ["tests/{device,races,how-to}/**", ...nativeTests, ...timedOnCpu]),
  inOrder(project("cpu timed", timedOnCpu, [])),
];
const withAddon = [
  onAddon(project("native", nativeTests, timedNative)),
  inOrder(onAddon(project("native timed", timedNative, []))),
  project("how-to", ["tests/how-to/**/*.test.ts"], []),
];

/** Tests of one device: kernels first, then tests that use all its memory or measure times. */
const onDevice = (name: string) => {
  const env = { WENGERT_DEVICE: name };
  const both = [project(name, onDevices, [], env), inOrder(project(`${name} native`, globs(addonTests), [], env))];
  return name === "emulator" ? both.map(onAddon) : both;
};

/** Why nothing can run on the emulator, or "" if it is built or can be built. */
function reasonWithoutEmulator(): string {
  if (process.env.WENGERT_NATIVE || isRequired("TOOLS")) return "";
  const built = existsSync(fileURLToPath(new URL("build/Release/wengert_emulator.node", import.meta.url)));
  const missing = built ? [] : missingTools();
  return missing.length > 0 ? `${missing.join(" and ")} not found` : "";
}

const named = process.env.WENGERT_DEVICE ?? "";
const noEmulator = reasonWithoutEmulator();
if (noEmulator !== "") process.stderr.write(`Nothing is tested on the emulator: ${noEmulator}.\n`);

/** A project on the emulator. Without the emulator it has no files. */
const emulated = (name: string, include: string[], env: Record<string, string>) =>
  onAddon(project(name, noEmulator === "" ? include : [], [], { WENGERT_DEVICE: "emulator", ...env }));
const onEmulator = [
  emulated("emulator", onDevices, { WENGERT_GUARD: "1" }),
  emulated("races", ["tests/races/**/*.test.ts"], { WENGERT_EMULATOR_RACES: "1" }),
];
const projects = ["cuda", "emulator"].includes(named)
  ? onDevice(named)
  : [...onCpu, ...withAddon, ...(named === "cpu" ? [] : onEmulator)];

/** Projects that are left out, and why. */
const leftOut: Record<string, string> = noEmulator === "" ? {} : { emulator: noEmulator, races: noEmulator };

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
    passWithNoTests: noEmulator !== "",
    pool: "forks",
    // By default one core is left for the runner, which has little to do: of two cores, half.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Finalizers are tested by asking for a collection.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    // WENGERT_TEST_REPORT names a file for the results as JSON, besides the printed results.
    reporters: report
      ? ["default", new LaneReporter(leftOut, true), ["json", { outputFile: report }]]
      : ["default", new LaneReporter(leftOut, false)],
    projects,
  },
});
