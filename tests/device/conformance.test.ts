import { describe, expect, test } from "vitest";
import { device, emulator } from "../../src/index.js";
import { checks, difference, perform } from "../support/conformance.js";

// The comparison with the hardware is bench/smoke.ts; the emulator's own values are held against plain
// loops in kernels/emulator/tests/values.cpp. Here: what is compared does not hang on the schedule.
describe.runIf(device() === "emulator")("the emulated instructions give the same in every schedule", () => {
  test.each(checks)("$name", (check) => {
    emulator.setOptions({ capability: check.capability, shuffle: false });
    const first = perform(emulator, check);
    // It did something, except for stores outside the matrix.
    if (!check.name.startsWith("TMA store at (100")) expect(difference(first, check.output)).toBeGreaterThan(0);
    for (const seed of [1, 2, 3]) {
      emulator.setOptions({ shuffle: true, seed });
      expect(difference(perform(emulator, check), first)).toBe(0);
    }
  });
});
