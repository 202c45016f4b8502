/**
 * Which tests run on a device, with which settings. vitest.config.ts and scripts/gpu/test.ts both read it: the first
 * runs them from the sources, the second from compiled output on a machine without vitest. A folder means all the test
 * files in it.
 */

/** Tests of what a kernel computes, in the order in which a GPU runs them: the ones that explain other failures first. */
export const kernelTests = [
  "tests/device",
  "tests/ops/goldens.test.ts",
  "tests/ops/random.test.ts",
  "tests/ops/dropout.test.ts",
  "tests/ops/misuse.test.ts",
  "tests/optim/optim.test.ts",
];

/** Files of tests/device that run before the others of that folder. */
export const firstTests = ["conformance", "coverage", "matmul", "rows", "conv", "reductions", "elementwise"].map(
  (name) => `tests/device/${name}.test.ts`,
);

/** Tests of the addon. */
export const addonTests = ["tests/native"];

/** Tests that load an addon or run a compiler, besides the tests of the addon. */
export const toolTests = [
  "tests/bench/device.test.ts",
  "tests/kernels/emulator.test.ts",
  "tests/kernels/report.test.ts",
  "tests/scripts/build-cache.test.ts",
  "tests/scripts/bundle.test.ts",
  "tests/scripts/test-runner.test.ts",
];

/** Tests that measure times: each needs the machine to itself. */
export const timedTests = [
  "tests/core/overhead.test.ts",
  "tests/native/async.test.ts",
  "tests/native/elapsed.test.ts",
  "tests/native/overhead.test.ts",
  "tests/native/reads.test.ts",
];

/** Tests that allocate all memory of the device: nothing else can run on it meanwhile. */
export const memoryTests = ["tests/native/memory.test.ts"];

/** Environment of every test: new buffers hold NaN, so that an element that a kernel does not write is seen. */
export const testEnvironment = { WENGERT_POISON: "1" };

/** Milliseconds a test on a device may take. The emulator runs kernels thread by thread. */
export const deviceTestTimeout = 300_000;
