/**
 * Tuning files: measured choices of kernels for matrix products on one card. Read when a device is opened;
 * bench/tune.ts writes them.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Identifies a matrix product y (M, N) = a (M, K) b (K, N): products with the same fields share a choice. */
export interface ProductKey {
  /** `matmul` and `linear`; filters times patches (a convolution, its gradient for x); the gradient for the weight. */
  readonly product: "matmul" | "patches" | "weight";
  /** Element type of the inputs. float32 is rounded to tf32 if the option `matmul` or `convolution` is "tf32". */
  readonly elements: "float32" | "tf32" | "bfloat16" | "float16";
  /** Rows of a and of y. */
  readonly m: number;
  /** Columns of b and of y. */
  readonly n: number;
  /** Columns of a and rows of b: the depth of the sums. */
  readonly k: number;
  /** Products in a batch. For convolutions: groups, and m, n and k are the sizes in one group. */
  readonly batches: number;
  /** matmul only: whether neighbouring elements of a are along K: a is (M, K) then, and otherwise (K, M). */
  readonly aAlongDepth?: boolean;
  /** matmul only: whether neighbouring elements of b are along K: b is (N, K) then, and otherwise (K, N). */
  readonly bAlongDepth?: boolean;
}

/** A compiled kernel of the tables in kernels/matmul/product-tiles.h: its tier, and the side of its tiles of y. */
export interface ProductKernel {
  /**
   * The main loop: on CUDA cores (simt) or tensor cores (mma); for matmul, loading single elements or vectors of 16
   * bytes.
   */
  readonly tier: "simtElements" | "simtVectors" | "mmaElements" | "mmaVectors" | "simt" | "mma";
  /** The side of the tiles of y, in elements. */
  readonly tile: number;
}

/** A measured choice: the kernel that computes a product, and the number of parts that the depth, K, is split into. */
export interface TuningRow extends ProductKey, ProductKernel {
  /** The number of parts that K is split into; 1 for none. */
  readonly splits: number;
}

/** A product that was launched, with the kernel that was chosen. */
export interface LaunchedProduct extends ProductKey {
  /** Tiny products have the built-in choice `naive`, one thread for each element of y. It is never a candidate. */
  readonly tier: ProductKernel["tier"] | "naive";
  /** The side of the tiles of y, in elements. */
  readonly tile: number;
  /** The number of parts that K was split into. */
  readonly splits: number;
  /** The launcher, such as "conv2dGradInput". */
  readonly kernel: string;
  /** Whether the choice is a row of `tuning`; otherwise it is the built-in one. */
  readonly tuned: boolean;
  /** The kernels that could compute it. */
  readonly candidates: readonly ProductKernel[];
  /** The maximum number of parts that the depth may be split into. */
  readonly mostSplits: number;
}

/** A file of kernels/tuning. Only `rows` are used; the other fields say how they were measured. */
export interface TuningFile {
  /** The device name, equal to `info().name`. */
  readonly card: string;
  /** The day of the measurement, such as "2026-11-27". */
  readonly date: string;
  /** The commit whose kernels were measured. */
  readonly commit: string;
  /** The measured choices. */
  readonly rows: readonly TuningRow[];
}

/** The name of a card's file, such as "nvidia-h100-80gb-hbm3.json". */
export const tuningFileName = (card: string): string => `${card.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.json`;

/** Where the choices for a card are: in the folder that `WENGERT_TUNING` names, or in kernels/tuning of the package. */
export function tuningFile(card: string): string {
  const folder = process.env.WENGERT_TUNING || fileURLToPath(new URL("../../../kernels/tuning", import.meta.url));
  return join(folder, tuningFileName(card));
}

/**
 * Reads a tuning file. The addon checks the rows themselves (`setOptions({ tuning })`).
 *
 * @throws Error that says what is wrong with the file, without its name
 */
export function readTuningFile(file: string): TuningFile {
  const content: Partial<TuningFile> | null = JSON.parse(readFileSync(file, "utf8"));
  if (content === null || typeof content !== "object") throw new Error("the file must contain a JSON object");
  const { card, date, commit, rows } = content;
  for (const [field, value] of Object.entries({ card, date, commit }))
    if (typeof value !== "string") throw new Error(`${field} must be a string, got ${value}`);
  if (!Array.isArray(rows)) throw new Error(`rows must be an array, got ${rows}`);
  return content as TuningFile;
}

/**
 * The choices that were measured on a card; null if there is no file for it.
 *
 * @throws Error that names the file, or the folder of `WENGERT_TUNING`, and what is wrong with it
 */
export function readTuning(card: string): readonly TuningRow[] | null {
  const folder = process.env.WENGERT_TUNING;
  if (folder && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(
      `WENGERT_TUNING=${folder} is not a folder; set it to a folder, or unset it to use the files of the package`,
    );
  const file = tuningFile(card);
  if (!existsSync(file)) return null;
  return inFile(file, () => {
    const content = readTuningFile(file);
    if (content.card !== card) throw new Error(`card is ${content.card}, but the device is ${card}`);
    return content.rows;
  });
}

/** Runs `body`. If it throws, the error names the file and says what to do. */
export function inFile<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${file}: ${problem}; fix or delete the file, or set WENGERT_TUNING to an empty folder to use the built-in choices`,
      { cause: error },
    );
  }
}
