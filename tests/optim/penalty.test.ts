import { expect, test } from "vitest";
import { ArgumentError, l1Penalty, l2Penalty, Tape, tensor, tidy } from "../../src/index.js";

test.each([
  [
    l1Penalty,
    0.5 * (1 + 2 + 3),
    [
      [0.5, -0.5],
      [0, 0.5],
    ],
  ],
  [
    l2Penalty,
    0.5 * (1 + 4 + 9),
    [
      [1, -2],
      [0, 3],
    ],
  ],
] as const)("%o and its gradient", (penalty, value, gradients) => {
  tidy(() => {
    const parameters = [tensor([1, -2], { requiresGrad: true }), tensor([0, 3], { requiresGrad: true })];
    using tape = new Tape();
    const loss = penalty(parameters, 0.5);
    expect([loss.shape, loss.item()]).toEqual([[], value]);
    expect(tape.gradients(loss, parameters).map((g) => g?.arraySync())).toEqual(gradients);
  });
});

test("nonsense is refused", () => {
  tidy(() => {
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => l2Penalty([tensor([1])], weight)).toThrow(ArgumentError);
    expect(() => l1Penalty([], 1)).toThrow("l1Penalty: there are no parameters");
  });
});
