import { afterEach, expect, test } from "vitest";
import {
  Adam,
  adaptiveAvgPool2d,
  crossEntropy,
  emulator,
  grad,
  layerNorm,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { numbers, random } from "../support/near.js";
import { expectExact, inputOf } from "../support/parity.js";
import { randomValues } from "../support/products.js";

afterEach(() => {
  emulator.setOptions({ shuffle: false });
  expect(emulator.takeRaces()).toEqual([]);
});

test("threads in any order come to the same, bit for bit, without races", () => {
  const everything = (): Float64Array[] =>
    tidy(() => {
      const x = random(16, [3, 700], "float32");
      const images = random(17, [2, 2, 9, 9], "bfloat16");
      const wide = random(18, [3, 17_000], "float16");
      const parameter = tensor(randomValues(19, 9000, "float64"), { dtype: "float32", requiresGrad: true });
      using optimizer = new Adam([parameter], { lr: 0.1 });
      optimizer.step([parameter.mul(2)]);
      const target = tensor([1, 699, 5], { dtype: "int32" });
      const sums = [
        x.sum(),
        x.sum(0),
        x.sum(1),
        x.argmax(1),
        x.variance(0),
        x.variance(1),
        x.logsumexp(),
        images.sum([0, 2]),
      ];
      const onRows = [x.softmax(1), x.softmax(0), wide.softmax(1), crossEntropy(x, target, { labelSmoothing: 0.1 })];
      const slope = grad((x: Tensor) =>
        layerNorm(x, 700, { weight: x.sum(0) })
          .square()
          .sum(),
      );
      return [...sums, ...onRows, slope(x), x.cumsum(1), adaptiveAvgPool2d(images, 1), parameter].map(numbers);
    });
  const expected = everything();
  for (let seed = 0; seed < 20; seed++) {
    emulator.setOptions({ shuffle: true, seed });
    expect(everything(), `seed ${seed}`).toEqual(expected);
  }
});

test("transposes have no races", () => {
  for (let seed = 0; seed < 20; seed++) {
    emulator.setOptions({ shuffle: true, seed });
    for (const dtype of ["float64", "float32", "float16", "uint8"] as const)
      for (const shape of [
        [33, 70],
        [4, 200],
        [2, 300],
      ])
        expectExact(`${dtype} ${shape}, seed ${seed}`, [inputOf(dtype, shape)], (x) => x.transpose());
  }
});
