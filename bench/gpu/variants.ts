/**
 * Finds the fastest kernel for the products of a row (bench/tune.ts): times every kernel that can compute one, with
 * every number of parts that the depth may be cut into, and checks that its results are those of the built-in choice.
 */
import {
  DeviceError,
  type LaunchedProduct,
  type NativeDevice,
  OutOfMemoryError,
  ones,
  type ProductKey,
  type Tensor,
  type TuningRow,
  tidy,
} from "../../src/index.js";
import { median } from "../../tests/support/median.js";
import { Rotation, setsOf } from "./measure.js";
import type { Operands, Work } from "./work.js";

/** A kernel and a number of parts, with the microseconds of one run of the row. */
export interface Variant extends Pick<LaunchedProduct, "tier" | "tile" | "splits"> {
  readonly microseconds: number;
}

/** What was measured of one product. */
export interface Measured {
  /** The row of bench/rows.json. */
  readonly name: string;
  readonly key: ProductKey;
  /** The built-in choice, and the fastest; they were measured in turns. */
  readonly default: Variant;
  readonly best: Variant;
  /** All that were timed. Those far slower than the best were run once. */
  readonly variants: readonly Variant[];
  /** Variants whose result was wrong, or that could not run. */
  readonly failed: readonly { readonly variant: string; readonly reason: string }[];
}

/** Into how many parts the depth is cut. */
const allSplits = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/** The largest partial sums, in bytes, that a choice may need as scratch memory. */
const mostScratch = 2 ** 29;

/** A variant that takes this much longer than the best so far is run once, and not again. */
const hopeless = 1.5;

/**
 * How far a result may be from the built-in choice's, as a part of the largest element: both multiply the same operands
 * and differ in the order of the sum alone, and for 16-bit floats by one rounding of the result. Products in tf32 may also
 * be computed by kernels that do not round the operands.
 */
const tolerance: Readonly<Record<ProductKey["elements"], number>> = {
  float32: 3e-5,
  tf32: 2e-3,
  bfloat16: 2 ** -7,
  float16: 2 ** -10,
};

/** Thrown when the time is up: a product that was not measured to the end is left out. */
export class OutOfTime extends Error {}

export const describe = ({ tier, tile, splits }: Pick<LaunchedProduct, "tier" | "tile" | "splits">): string =>
  `${tier} ${tile}${splits > 1 ? ` in ${splits}` : ""}`;

/** What identifies a launched product. */
export const keyOf = ({
  product,
  elements,
  m,
  n,
  k,
  batches,
  aAlongDepth,
  bAlongDepth,
}: LaunchedProduct): ProductKey =>
  product === "matmul"
    ? { product, elements, m, n, k, batches, aAlongDepth, bAlongDepth }
    : { product, elements, m, n, k, batches };

/** The same for products that share a row of a tuning file. */
export const nameOf = (key: ProductKey): string => JSON.stringify(Object.values(key));

/** The products of one row. Rows found to be faster stay in use while the row's other products are measured. */
export class RowTuner {
  readonly #operands: readonly Operands[];
  readonly #rotation: Rotation;
  readonly #reference: readonly Tensor[];
  readonly #filler: Tensor;
  readonly products: readonly LaunchedProduct[];
  #chosen: TuningRow[] = [];

  /** Creates tensors, so it must be called within a scope. */
  constructor(
    readonly native: NativeDevice,
    readonly name: string,
    work: Omit<Work, "sample">,
    readonly small: boolean,
    readonly deadline: number,
  ) {
    native.setOptions({ tuning: null });
    this.#operands = Array.from({ length: setsOf(work, small) }, () => work.make());
    native.setOptions({ logProducts: true });
    this.#reference = this.#operands[0].run();
    const products = new Map(native.takeProducts().map((product) => [nameOf(keyOf(product)), product]));
    native.setOptions({ logProducts: false });
    this.products = [...products.values()];
    this.#rotation = new Rotation(this.#operands);
    this.#filler = ones([small ? 16 : 2 ** 26]);
  }

  /**
   * Measures one of `products`.
   *
   * @throws OutOfTime after the deadline
   */
  measure(launched: LaunchedProduct): Measured {
    const key = keyOf(launched);
    const variants: Variant[] = [];
    const failed: { variant: string; reason: string }[] = [];
    const builtIn = { tier: launched.tier, tile: launched.tile, splits: launched.splits };
    this.#use(null);
    let best: Variant = { ...builtIn, microseconds: this.#time(Number.POSITIVE_INFINITY) };
    variants.push(best);
    for (const { tier, tile } of launched.candidates) {
      let fastest = Number.POSITIVE_INFINITY;
      let slower = 0;
      for (const splits of allSplits) {
        const scratch = splits > 1 ? 4 * splits * key.m * key.n * key.batches : 0;
        // With more and more parts, the time falls and then rises: two that are slower end it.
        if (splits > launched.mostSplits || scratch > mostScratch || slower >= 2) break;
        const choice = { tier, tile, splits };
        if (describe(choice) === describe(builtIn)) {
          fastest = Math.min(fastest, variants[0].microseconds);
          continue;
        }
        const reason = this.#try({ ...key, ...choice });
        if (reason !== null) {
          failed.push({ variant: describe(choice), reason });
          break;
        }
        const variant = { ...choice, microseconds: this.#time(best.microseconds) };
        variants.push(variant);
        if (variant.microseconds < best.microseconds) best = variant;
        slower = variant.microseconds > fastest ? slower + 1 : 0;
        fastest = Math.min(fastest, variant.microseconds);
      }
    }
    return this.#decide(key, variants, best, failed);
  }

  /** Measures the built-in choice and the fastest once more, in turns, so that both have the same clocks. */
  #decide(key: ProductKey, variants: Variant[], best: Variant, failed: Measured["failed"]): Measured {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < (best === variants[0] ? 0 : 5); round++)
      [null, rowOf({ key, best })].forEach((row, i) => {
        this.#use(row);
        tidy(() => void this.#run());
        times[i].push(this.#round(this.#callsFor(best.microseconds)));
      });
    const [ofDefault, ofBest] = times.map((list, i) =>
      list.length > 0 ? median(list) : [variants[0], best][i].microseconds,
    );
    const measured = {
      ...{ name: this.name, key, variants, failed },
      default: { ...variants[0], microseconds: ofDefault },
      best: { ...best, microseconds: ofBest },
    };
    if (isWorthwhile(measured)) this.#chosen.push(rowOf(measured));
    return measured;
  }

  /** Uses a row, together with those already chosen, or the built-in choice. */
  #use(row: TuningRow | null): void {
    this.native.setOptions({ tuning: row === null ? this.#chosen : [...this.#chosen, row] });
  }

  /** Uses a row and compares its result. Returns the error, or null. */
  #try(row: TuningRow): string | null {
    this.#use(row);
    try {
      return tidy(() => {
        const results = this.#run();
        for (const [i, expected] of this.#reference.entries()) {
          const off = results[i].sub(expected).abs().max().item();
          const most = expected.abs().max().item();
          if (!(off <= tolerance[row.elements] * most))
            return `wrong: the error is ${off} and the largest element is ${most}`;
        }
        return null;
      });
    } catch (error) {
      if (error instanceof DeviceError || error instanceof OutOfMemoryError) return error.message;
      throw error;
    }
  }

  /** One run on the operands that the reference was computed from. */
  #run(): Tensor[] {
    if (performance.now() > this.deadline) throw new OutOfTime();
    return tidy(() => this.#operands[0].run());
  }

  /** The median of three rounds; the time of the first call, if that is far more than `best`. */
  #time(best: number): number {
    const once = this.#round(1);
    if (once > hopeless * best) return once;
    const calls = this.#callsFor(once);
    return median([0, 1, 2].map(() => this.#round(calls)));
  }

  /** Calls that take about 2 ms, but no more than the device can be given while the filler runs. */
  #callsFor(microseconds: number): number {
    return this.small ? 1 : Math.max(1, Math.min(40, Math.ceil(2000 / microseconds)));
  }

  /** Microseconds a call. The device has other work while the host submits the calls, so that it never waits for them. */
  #round(calls: number): number {
    if (performance.now() > this.deadline) throw new OutOfTime();
    tidy(() => {
      for (let i = 0; i < 4; i++) this.#filler.neg();
    });
    return this.native.elapsed(() => this.#rotation.run(calls)) / calls;
  }
}

/** Whether a row is worth keeping: at least 2% faster than the built-in choice. */
export const isWorthwhile = ({ best, default: builtIn }: Measured): boolean =>
  best.microseconds <= 0.98 * builtIn.microseconds;

/** The row of a tuning file. Throws for `naive`, which is only ever the built-in choice. */
export function rowOf({ key, best: { tier, tile, splits } }: Pick<Measured, "key" | "best">): TuningRow {
  if (tier === "naive")
    throw new Error(`rowOf: ${nameOf(key)}: the kernel naive is not a candidate, so it cannot be a row`);
  return { ...key, tier, tile, splits };
}
