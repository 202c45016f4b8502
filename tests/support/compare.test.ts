import { expect, test } from "vitest";
import { expectClose } from "./compare.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

test.each([
  ["a number for an infinity", 100, inf],
  ["the other infinity", -inf, inf],
  ["NaN for an infinity", nan, inf],
  ["an infinity for a number", inf, 100],
  ["a number for NaN", 0, nan],
  ["NaN for a number", nan, 0],
])("%s is not close, for any slack", (_, actual, expected) => {
  expect(() => expectClose("y", [actual], [expected], "float64", "value", 1e9)).toThrow("element 0");
});

test("equal infinities and NaN are close", () => {
  expectClose("y", [inf, -inf, nan], [inf, -inf, nan], "float32", "value");
});
