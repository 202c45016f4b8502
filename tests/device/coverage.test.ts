import { expect, test } from "vitest";
import { device } from "../../src/index.js";
import { awaited } from "../support/awaited-kernels.js";
import { native } from "../support/device.js";

test.runIf(device() !== "cpu")("what has no kernel yet is named, and nothing else", () => {
  expect(native.missing()).toEqual([...awaited].sort());
});
