import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("src", import.meta.url));
const report = process.env.WENGERT_TEST_REPORT;

export default defineConfig({
  resolve: {
    // Examples import the package by its name; tests of them run on the sources.
    alias: [
      { find: /^wengert$/, replacement: `${src}/index.ts` },
      { find: /^wengert\/(\w+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    // Finalizers are tested by asking for a collection.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    env: { WENGERT_POISON: "1" },
    // WENGERT_TEST_REPORT names a file for the results as JSON, beside what is printed.
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
