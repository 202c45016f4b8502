/** Skips tests that need an op without a kernel on the device in use. */
import type { TestContext } from "vitest";
import { cuda, DeviceError, device } from "../../src/index.js";

/**
 * Runs a test's body. If it needs an op that the device in use has no kernel for, the test is skipped, with the
 * op's name for a reason; which ops those may be is pinned in tests/device/coverage.test.ts.
 */
export function withKernels({ skip }: Pick<TestContext, "skip">, body: () => void): void {
  try {
    body();
  } catch (error) {
    const name = error instanceof DeviceError ? /no kernel for (\w+)/.exec(error.message)?.[1] : undefined;
    if (name === undefined || !cuda.missing(device()).includes(name)) throw error;
    skip(`${device()} has no kernel for ${name}`);
  }
}
