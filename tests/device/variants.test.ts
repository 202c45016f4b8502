import { afterEach, describe, expect, test } from "vitest";
import { isWorthwhile, keyOf, type Measured, OutOfTime, RowTuner, rowOf } from "../../bench/gpu/variants.js";
import type { Work } from "../../bench/gpu/work.js";
import { device, matmul, randn, Scope, type Tensor } from "../../src/index.js";
import { native } from "../support/device.js";
import { restoreTuning } from "../support/tuning.js";

/** A product with 8 x 8 results and sums of 1,024 products: three tiers, and up to four parts. */
const work = (change: (y: Tensor) => Tensor = (y) => y): Omit<Work, "sample"> => ({
  bytes: 2 * 2 * 8 * 1024,
  flops: 2 * 8 * 8 * 1024,
  make() {
    const [a, b] = [randn([8, 1024], { dtype: "bfloat16" }), randn([1024, 8], { dtype: "bfloat16" })];
    return { tensors: [a, b], run: () => [change(matmul(a, b))] };
  },
});

const soon = (): number => performance.now() + 60_000;

describe.runIf(device() !== "cpu")(`the tuner on ${device()}`, () => {
  afterEach(() => {
    restoreTuning();
    native.setOptions({ logProducts: false });
  });

  test("times every kernel that can compute a product, and more parts until they no longer help", () => {
    using _scope = new Scope();
    const tuner = new RowTuner(native, "a row", work(), true, soon());
    expect(tuner.products).toHaveLength(1);
    const [launched] = tuner.products;
    const measured = tuner.measure(launched);
    expect(measured.key).toEqual(keyOf(launched));
    expect(measured.failed).toEqual([]);
    const { tier, tile, splits } = launched;
    expect(measured.default).toMatchObject({ tier, tile, splits });
    const tried = measured.variants.map((variant) => `${variant.tier} ${variant.tile} ${variant.splits}`);
    expect(new Set(tried).size).toBe(tried.length);
    for (const candidate of launched.candidates)
      for (const parts of [1, 2]) expect(tried).toContain(`${candidate.tier} ${candidate.tile} ${parts}`);
    for (const { splits, microseconds } of measured.variants) {
      expect([1, 2, 3, 4]).toContain(splits);
      expect(microseconds).toBeGreaterThan(0);
    }
    // The addon takes the row, and the product then runs with it.
    native.setOptions({ tuning: [rowOf(measured)], logProducts: true });
    work().make().run();
    const { best } = measured;
    expect(native.takeProducts()).toMatchObject([
      { tier: best.tier, tile: best.tile, splits: best.splits, tuned: true },
    ]);
  });

  test("leaves out a kernel whose result is wrong, and says how wrong", () => {
    using _scope = new Scope();
    let runs = 0;
    const tuner = new RowTuner(
      native,
      "a row",
      work((y) => y.mul(runs++ === 0 ? 1 : 1.5)),
      true,
      soon(),
    );
    const measured = tuner.measure(tuner.products[0]);
    expect(measured.variants).toEqual([measured.default]);
    expect(measured.failed).toHaveLength(tuner.products[0].candidates.length);
    for (const { reason } of measured.failed)
      expect(reason).toMatch(/^wrong: the error is [\d.]+ and the largest element is/);
    expect(isWorthwhile(measured)).toBe(false);
  });

  test("does not begin what it has no time for", () => {
    using _scope = new Scope();
    const tuner = new RowTuner(native, "a row", work(), true, performance.now());
    expect(() => tuner.measure(tuner.products[0])).toThrow(OutOfTime);
  });

  test("keeps a choice that takes at least 2% less time", () => {
    const took = (microseconds: number): Measured["best"] => ({ tier: "simt", tile: 64, splits: 1, microseconds });
    const measured = { default: took(100) } as Measured;
    expect(isWorthwhile({ ...measured, best: took(98) })).toBe(true);
    expect(isWorthwhile({ ...measured, best: took(98.1) })).toBe(false);
  });
});
