// Rows of setOptions({ tuning }) that are refused, with the message for each.
import { afterEach, describe, expect, test } from "vitest";
import { ArgumentError, device, matmul, ones, type TuningRow, tidy } from "../../src/index.js";
import { native } from "../support/device.js";
import { restoreTuning } from "../support/tuning.js";

describe.runIf(device() !== "cpu")(`tuning rows that ${device()} refuses`, () => {
  afterEach(() => {
    restoreTuning();
    native.setOptions({ logProducts: false });
  });

  const good: TuningRow = {
    ...{ product: "matmul", elements: "bfloat16", m: 64, n: 64, k: 1024, batches: 1 },
    ...{ aAlongDepth: true, bAlongDepth: true, tier: "mmaVectors", tile: 128, splits: 4 },
  };
  const { aAlongDepth: _a, bAlongDepth: _b, ...sizes } = good;
  const patches = { ...sizes, product: "patches", tier: "mma" };

  const refused: readonly [string, unknown, string][] = [
    ["not an object", 7, "must be an object"],
    ["an unknown field", { ...good, tyle: 64 }, "unknown field tyle"],
    ["an unknown product", { ...good, product: "conv" }, "product must be one of matmul, patches, weight, got conv"],
    [
      "unknown elements",
      { ...good, elements: "float64" },
      "elements must be one of float32, tf32, bfloat16, float16, got float64",
    ],
    ["a size of 0", { ...good, m: 0 }, "m must be an integer from 1 to 2147483647, got 0"],
    ["a fraction", { ...good, n: 1.5 }, "n must be an integer from 1 to 2147483647, got 1.5"],
    ["a text for a size", { ...good, k: "64" }, "k must be an integer from 0 to 2147483647, got 64"],
    [
      "a missing size",
      { ...good, batches: undefined },
      "batches must be an integer from 1 to 2147483647, got undefined",
    ],
    ["a missing layout", { ...good, aAlongDepth: undefined }, "aAlongDepth must be true or false, got undefined"],
    ["a number for a layout", { ...good, bAlongDepth: 1 }, "bAlongDepth must be true or false, got 1"],
    [
      "a layout of a convolution",
      { ...patches, bAlongDepth: true },
      "bAlongDepth must be undefined, since only matmul has layouts, got true",
    ],
    [
      "an unknown tier",
      { ...good, tier: "wgmma" },
      "tier must be one of simtElements, simtVectors, mmaElements, mmaVectors, simt, mma, got wgmma",
    ],
    [
      "the tier of tiny products, which is only ever the built-in choice",
      { ...good, tier: "naive", tile: 1 },
      "tier must be one of simtElements, simtVectors, mmaElements, mmaVectors, simt, mma, got naive",
    ],
    [
      "a tile that was not compiled",
      { ...good, tile: 256 },
      "tier and tile must be those of a kernel that was compiled for matmul of bfloat16 " +
        "(mmaVectors 128, mmaVectors 64, mmaElements 64, simtElements 64, simtElements 32), got mmaVectors 256",
    ],
    [
      "a kernel of other elements",
      { ...good, elements: "float32" },
      "tier and tile must be those of a kernel that was compiled for matmul of float32 " +
        "(simtVectors 128, simtVectors 64, simtElements 64, simtElements 32), got mmaVectors 128",
    ],
    [
      "a kernel of matmul for a convolution",
      { ...patches, tier: "mmaVectors" },
      "tier and tile must be those of a kernel that was compiled for patches of bfloat16 " +
        "(mma 128, mma 64, simt 64, simt 32), got mmaVectors 128",
    ],
    ["more splits than the depth allows", { ...good, splits: 5 }, "splits must be an integer from 1 to 4, got 5"],
    ["no splits", { ...good, splits: 0 }, "splits must be an integer from 1 to 4, got 0"],
  ];

  test.each(refused)("%s", (_, row, message) => {
    expect(() => native.setOptions({ tuning: [{ ...good, m: 8 }, row as TuningRow] })).toThrow(
      new ArgumentError(`setOptions: tuning row 1: ${message}`),
    );
  });

  test("two rows for one product", () => {
    expect(() => native.setOptions({ tuning: [good, { ...good, tile: 64 }] })).toThrow(
      new ArgumentError("setOptions: tuning row 1: an earlier row is for the same product"),
    );
  });

  test("a value that is not an array", () => {
    for (const tuning of [{}, "rows", 1, true])
      expect(() => native.setOptions({ tuning: tuning as never })).toThrow(
        new TypeError("setOptions: tuning must be an array of rows, or null"),
      );
  });

  test("the rows before stay as they are", () => {
    const row: TuningRow = {
      ...{ product: "matmul", elements: "float32", m: 64, n: 64, k: 512, batches: 1 },
      ...{ aAlongDepth: true, bAlongDepth: false, tier: "simtElements", tile: 32, splits: 1 },
    };
    native.setOptions({ tuning: [row], logProducts: true });
    expect(() => native.setOptions({ tuning: [{ ...good, splits: 5 }] })).toThrow(ArgumentError);
    tidy(() => matmul(ones([64, 512]), ones([512, 64])));
    expect(native.takeProducts()).toMatchObject([{ tier: "simtElements", tile: 32, tuned: true }]);
  });
});
