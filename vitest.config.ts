import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("src", import.meta.url));
const report = process.env.WENGERT_TEST_REPORT;

/** The tests that run once more on the emulator: what a kernel computes, and what only devices do. */
const onEmulator = [
  "tests/device/**/*.test.ts",
  "tests/ops/{goldens,random,dropout,misuse}.test.ts",
  "tests/optim/optim.test.ts",
];

const env = { WENGERT_POISON: "1" };
const project = (name: string, include: string[], exclude: string[], more: Record<string, string> = {}) => ({
  extends: true as const,
  test: { name, include, exclude, env: { ...env, WENGERT_DEVICE: name, ...more } },
});

// With WENGERT_DEVICE set, everything runs on that device; otherwise on cpu, and what is above on the emulator too.
const named = process.env.WENGERT_DEVICE;
const projects = named
  ? [project(named, ["tests/**/*.test.ts"], [])]
  : [
      project("cpu", ["tests/**/*.test.ts"], ["tests/device/**"]),
      project("emulator", onEmulator, [], { WENGERT_GUARD: "1" }),
    ];

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
    pool: "forks",
    // Finalizers are tested by asking for a collection.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    // WENGERT_TEST_REPORT names a file for the results as JSON, beside what is printed.
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects,
  },
});
