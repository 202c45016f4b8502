import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    // Finalizers are tested by asking for a collection.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    env: { WENGERT_POISON: "1" },
  },
});
