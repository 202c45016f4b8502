import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  conv2d,
  type DType,
  device,
  emulator,
  type LaunchedProduct,
  linear,
  matmul,
  type Tensor,
  type TuningRow,
  tensor,
  tidy,
  vjp,
} from "../../src/index.js";
import { native } from "../support/device.js";
import { expectProduct, type Kind, type Mode, randomValues } from "../support/products.js";
import { restoreTuning } from "../support/tuning.js";

const kinds: readonly Kind[] = [
  { dtype: "float32", capability: 80, mode: "ieee" },
  { dtype: "float32", capability: 80, mode: "tf32" },
  { dtype: "bfloat16", capability: 80, mode: "ieee" },
];

/** Into how many parts a tuner may cut the depth. */
const allSplits = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

const random = (seed: number, shape: readonly number[], dtype: DType): Tensor =>
  tensor(
    randomValues(
      seed,
      shape.reduce((a, b) => a * b, 1),
      dtype,
    ),
    { dtype },
  ).reshape(shape);

const valuesOf = (x: Tensor): Float64Array => Float64Array.from(x.dataSync());

/** The row for a launched product that asks for another kernel. */
function rowOf(launched: LaunchedProduct, tier: TuningRow["tier"], tile: number, splits: number): TuningRow {
  const { product, elements, m, n, k, batches, aAlongDepth, bAlongDepth } = launched;
  return { product, elements, m, n, k, batches, aAlongDepth, bAlongDepth, tier, tile, splits };
}

/** The rows of every kernel and number of parts that a launched product can have. */
const variantsOf = (launched: LaunchedProduct): TuningRow[] =>
  launched.candidates.flatMap(({ tier, tile }) =>
    allSplits.filter((splits) => splits <= launched.mostSplits).map((splits) => rowOf(launched, tier, tile, splits)),
  );

/** Values, and the sums of their products' magnitudes, in float64. */
class Reference {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
  constructor(
    length: number,
    readonly depth: number,
  ) {
    this.values = new Float64Array(length);
    this.magnitudes = new Float64Array(length);
  }
  add(at: number, product: number): void {
    this.values[at] += product;
    this.magnitudes[at] += Math.abs(product);
  }
}

describe.runIf(device() !== "cpu")(`tuning on ${device()}`, () => {
  const prepare = ({ capability, mode }: Pick<Kind, "capability" | "mode">): void => {
    native.setOptions({ matmul: mode, convolution: mode });
    if (native === emulator) native.setOptions({ capability });
  };
  beforeEach(() => native.setOptions({ tuning: null, logProducts: true }));
  afterEach(() => {
    restoreTuning();
    native.setOptions({ logProducts: false, matmul: "ieee", convolution: "ieee" });
    if (native === emulator) native.setOptions({ capability: 90 });
  });

  /**
   * Runs `body` with every kernel that could compute one of its products, one after the other, and compares each result.
   *
   * @returns the variants that were tried
   */
  function checkVariants(
    what: string,
    reference: Reference,
    dtype: DType,
    mode: Mode,
    body: () => Tensor,
  ): TuningRow[] {
    const check = (label: string): void =>
      tidy(() => {
        const { values, magnitudes, depth } = reference;
        expectProduct(label, valuesOf(body()), values, magnitudes, depth, dtype, mode);
      });
    native.takeProducts();
    check(what);
    const launched = native.takeProducts();
    expect(launched.length).toBeGreaterThan(0);
    const variants = launched.flatMap(variantsOf);
    for (const row of variants) {
      native.setOptions({ tuning: [row] });
      check(`${what} with ${JSON.stringify(row)}`);
      // A convolution may have several products of the same sizes, and others, which have no row.
      const tuned = native.takeProducts().filter((product) => product.tuned);
      expect(tuned.length).toBeGreaterThan(0);
      for (const product of tuned) expect(product).toMatchObject(JSON.parse(JSON.stringify(row)));
    }
    native.setOptions({ tuning: null });
    return variants;
  }

  describe.each(kinds)("$dtype, $mode", (kind) => {
    const { dtype, mode } = kind;

    // Lines of whole vectors, and ragged ones, in each layout.
    test.each([
      { m: 72, n: 136, k: 1032, transA: false, transB: false },
      { m: 136, n: 72, k: 1032, transA: true, transB: false },
      { m: 65, n: 131, k: 1033, transA: false, transB: true },
      { m: 8, n: 8, k: 1544, transA: true, transB: true },
    ])("matmul of $m x $n x $k, transposed $transA, $transB: every tile and split", ({ m, n, k, transA, transB }) => {
      prepare(kind);
      tidy(() => {
        const a = random(1, transA ? [k, m] : [m, k], dtype);
        const b = random(2, transB ? [n, k] : [k, n], dtype);
        const [av, bv] = [a, b].map(valuesOf);
        const reference = new Reference(m * n, k);
        for (let i = 0; i < m; i++)
          for (let p = 0; p < k; p++) {
            const x = av[transA ? p * m + i : i * k + p];
            for (let j = 0; j < n; j++) reference.add(i * n + j, x * bv[transB ? j * k + p : p * n + j]);
          }
        const variants = checkVariants("matmul", reference, dtype, mode, () => matmul(a, b, { transA, transB }));
        const tensorCores = dtype === "bfloat16" || mode === "tf32";
        const vectors = [m, n, k].every((size) => size % 8 === 0);
        const tiles = new Set(variants.map(({ tier, tile }) => `${tier} ${tile}`));
        const expected = [
          ...(tensorCores && vectors ? ["mmaVectors 128", "mmaVectors 64"] : []),
          ...(tensorCores ? ["mmaElements 64"] : []),
          ...(dtype === "float32" && vectors ? ["simtVectors 128", "simtVectors 64"] : []),
          ...["simtElements 64", "simtElements 32"],
        ];
        expect([...tiles]).toEqual(expected);
        expect(Math.max(...variants.map(({ splits }) => splits))).toBe(k < 1536 ? 4 : 6);
      });
    });

    test("linear with a bias, which is added once", () => {
      prepare(kind);
      const [m, n, k] = [33, 40, 520];
      tidy(() => {
        const [x, weight, bias] = [random(1, [m, k], dtype), random(2, [n, k], dtype), random(3, [n], dtype)];
        const [xv, wv, bv] = [x, weight, bias].map(valuesOf);
        const reference = new Reference(m * n, k + 1);
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            reference.add(i * n + j, bv[j]);
            for (let p = 0; p < k; p++) reference.add(i * n + j, xv[i * k + p] * wv[j * k + p]);
          }
        checkVariants("linear", reference, dtype, mode, () => linear(x, weight, bias));
      });
    });

    // A ragged one with sums long enough to be split, one with phases and groups, and one with phases without taps.
    test.each([
      { images: 1, channels: 57, filters: 59, image: 23, stride: 1, groups: 1 },
      { images: 2, channels: 6, filters: 10, image: 9, stride: 2, groups: 2 },
      { images: 1, channels: 8, filters: 8, image: 9, stride: 4, groups: 1 },
    ])("conv2d and both gradients: every tile and split; $channels channels, stride $stride", (sizes) => {
      prepare(kind);
      const { images, channels, filters, image, stride, groups } = sizes;
      const out = Math.floor((image - 1) / stride) + 1;
      const [perGroup, filtersPerGroup] = [channels / groups, filters / groups];
      tidy(() => {
        const x = random(1, [images, channels, image, image], dtype);
        const weight = random(2, [filters, perGroup, 3, 3], dtype);
        const dy = random(3, [images, filters, out, out], dtype);
        const [xv, wv, dyv] = [x, weight, dy].map(valuesOf);
        const yRef = new Reference(dyv.length, perGroup * 9);
        const dxRef = new Reference(xv.length, filtersPerGroup * 9);
        const dwRef = new Reference(wv.length, images * out * out);
        for (let f = 0; f < filters; f++)
          for (let i = 0; i < images * out * out; i++) {
            const [q, p, n] = [i % out, Math.floor(i / out) % out, Math.floor(i / out ** 2)];
            const yAt = ((n * filters + f) * out + p) * out + q;
            for (let c = 0; c < perGroup; c++)
              for (let tap = 0; tap < 9; tap++) {
                const [h, w] = [p * stride - 1 + Math.floor(tap / 3), q * stride - 1 + (tap % 3)];
                if (h < 0 || h >= image || w < 0 || w >= image) continue;
                const channel = Math.floor(f / filtersPerGroup) * perGroup + c;
                const [xAt, wAt] = [((n * channels + channel) * image + h) * image + w, (f * perGroup + c) * 9 + tap];
                yRef.add(yAt, xv[xAt] * wv[wAt]);
                dxRef.add(xAt, dyv[yAt] * wv[wAt]);
                dwRef.add(wAt, dyv[yAt] * xv[xAt]);
              }
          }
        const options = { stride, padding: 1, groups };
        const ofX = vjp((v: Tensor) => conv2d(v, weight, null, options))(x).pullback;
        const ofWeight = vjp((v: Tensor) => conv2d(x, v, null, options))(weight).pullback;
        const forward = checkVariants("y", yRef, dtype, mode, () => conv2d(x, weight, null, options));
        const dx = checkVariants("dx", dxRef, dtype, mode, () => ofX(dy)[0]);
        const dw = checkVariants("dw", dwRef, dtype, mode, () => ofWeight(dy)[0]);
        expect(new Set([...forward, ...dx].map(({ product }) => product))).toEqual(new Set(["patches"]));
        expect(new Set(dw.map(({ product }) => product))).toEqual(new Set(["weight"]));
        const most = (variants: TuningRow[]): number => Math.max(...variants.map(({ splits }) => splits));
        expect([forward, dx, dw].map(most)).toEqual(stride === 1 ? [2, 2, 2] : [1, 1, 1]);
      });
    });
  });

  /** A product of float32 that no tier needs to be tiny or large for. */
  const product = (m = 64, n = 64, k = 512): LaunchedProduct =>
    tidy(() => {
      native.takeProducts();
      matmul(random(1, [m, k], "float32"), random(2, [k, n], "float32"));
      const launched = native.takeProducts();
      expect(launched).toHaveLength(1);
      return launched[0];
    });

  test("a launched product says what it is, what was chosen, and what could compute it", () => {
    prepare({ capability: 80, mode: "ieee" });
    expect(product()).toEqual({
      ...{ kernel: "matmul", product: "matmul", elements: "float32", m: 64, n: 64, k: 512, batches: 1 },
      ...{ aAlongDepth: true, bAlongDepth: false },
      ...{ tier: "simtVectors", tile: 64, splits: 2, tuned: false, mostSplits: 2 },
      candidates: [
        { tier: "simtVectors", tile: 128 },
        { tier: "simtVectors", tile: 64 },
        { tier: "simtElements", tile: 64 },
        { tier: "simtElements", tile: 32 },
      ],
    });
    expect(product(2, 3, 4)).toMatchObject({ tier: "naive", tile: 1, splits: 1, mostSplits: 1 });
  });

  test("products are noted while logProducts is set, and taken once", () => {
    const run = (): void => tidy(() => void matmul(random(1, [4, 4], "float32"), random(2, [4, 4], "float32")));
    run();
    run();
    expect(native.takeProducts()).toHaveLength(2);
    expect(native.takeProducts()).toEqual([]);
    run();
    native.setOptions({ logProducts: false });
    run();
    expect(native.takeProducts()).toEqual([]);
  });

  test("a row applies only to products of its sizes, layout and elements, until it is replaced", () => {
    const row = rowOf(product(), "simtElements", 32, 1);
    native.setOptions({ tuning: [row] });
    expect(product()).toMatchObject({ tier: "simtElements", tile: 32, splits: 1, tuned: true });
    expect(product(64, 65)).toMatchObject({ tuned: false });
    expect(product(64, 64, 516)).toMatchObject({ tuned: false });
    tidy(() => matmul(random(1, [512, 64], "float32"), random(2, [512, 64], "float32"), { transA: true }));
    tidy(() => matmul(random(1, [64, 512], "float16"), random(2, [512, 64], "float16")));
    tidy(() => matmul(random(1, [2, 64, 512], "float32"), random(2, [512, 64], "float32")));
    expect(native.takeProducts().map(({ tuned }) => tuned)).toEqual([false, false, false]);
    native.setOptions({ matmul: "tf32" });
    expect(product()).toMatchObject({ elements: "tf32", tuned: false });
    native.setOptions({ matmul: "ieee", tuning: [{ ...row, tile: 64 }] });
    expect(product()).toMatchObject({ tier: "simtElements", tile: 64, tuned: true });
    native.setOptions({ tuning: null });
    expect(product()).toMatchObject({ tier: "simtVectors", tuned: false });
  });

  test("tiny products can be tuned as well", () => {
    native.setOptions({ tuning: [rowOf(product(2, 3, 4), "simtElements", 32, 1)] });
    expect(product(2, 3, 4)).toMatchObject({ tier: "simtElements", tile: 32, tuned: true });
  });

  test("the built-in choice applies if the lines are not whole vectors", () => {
    native.setOptions({ tuning: [rowOf(product(64, 64, 65), "simtVectors", 64, 1)] });
    expect(product(64, 64, 65)).toMatchObject({ tier: "simtElements", tuned: false });
  });

  test.runIf(device() === "emulator")("the built-in choice applies if the device lacks the capability", () => {
    native.setOptions({ matmul: "tf32" });
    native.setOptions({ tuning: [rowOf(product(), "mmaVectors", 128, 2)] });
    expect(product()).toMatchObject({ tier: "mmaVectors", tile: 128, splits: 2, tuned: true });
    native.setOptions({ capability: 75 });
    expect(product()).toMatchObject({ tier: "simtVectors", tuned: false });
  });
});
