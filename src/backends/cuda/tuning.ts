import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What identifies a matrix product y (M, N) = a (M, K) b (K, N): products with the same fields share a choice. */
export interface ProductKey {
  /** `matmul` and `linear`; filters times patches (a convolution, its gradient for x); the gradient for the weight. */
  readonly product: "matmul" | "patches" | "weight";
  /** What is multiplied. float32 is rounded to tf32 if the options `matmul` and `convolution` say so. */
  readonly elements: "float32" | "tf32" | "bfloat16" | "float16";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Products in a batch. For convolutions: groups, and m, n and k are the sizes in one group. */
  readonly batches: number;
  /** matmul only: whether neighbouring elements of a (of b) are along K. a is (M, K) then, and b is (N, K). */
  readonly aAlongDepth?: boolean;
  readonly bAlongDepth?: boolean;
}

/** A compiled kernel of the tables in kernels/product-tiles.h: its tier, and the side of its tiles of y. */
export interface ProductKernel {
  readonly tier: "naive" | "simtElements" | "simtVectors" | "mmaElements" | "mmaVectors" | "simt" | "mma";
  readonly tile: number;
}

/** A measured choice: the kernel that computes a product, and into how many parts it cuts the depth, K. */
export interface TuningRow extends ProductKey, ProductKernel {
  readonly splits: number;
}

/** A product that was launched, with the kernel that was chosen. */
export interface LaunchedProduct extends TuningRow {
  /** The launcher, such as "conv2dGradInput". */
  readonly kernel: string;
  /** Whether the choice is a row of `tuning`; otherwise it is the built-in one. */
  readonly tuned: boolean;
  /** The kernels that could compute it. */
  readonly candidates: readonly ProductKernel[];
  /** The largest number of parts into which the depth may be cut. */
  readonly mostSplits: number;
}

/** A file of kernels/tuning. `rows` are used; whatever else a file holds says how they were found. */
export interface TuningFile {
  /** The name of the device, as `info().name` has it. */
  readonly card: string;
  /** The day of the measurement, such as "2026-11-27". */
  readonly date: string;
  /** The commit whose kernels were measured. */
  readonly commit: string;
  readonly rows: readonly TuningRow[];
}

/** Where the choices for a card are: in the folder that `WENGERT_TUNING` names, or in kernels/tuning of the package. */
export function tuningFile(card: string): string {
  const folder = process.env.WENGERT_TUNING || fileURLToPath(new URL("../../../kernels/tuning", import.meta.url));
  return join(folder, `${card.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.json`);
}

/**
 * The choices that were measured on a card; null if there is no file of it.
 *
 * @throws Error that says what is wrong with the file
 */
export function readTuning(card: string): readonly TuningRow[] | null {
  const file = tuningFile(card);
  if (!existsSync(file)) return null;
  const content: Partial<TuningFile> | null = JSON.parse(readFileSync(file, "utf8"));
  if (content === null || typeof content !== "object") throw new Error("must hold an object");
  for (const field of ["card", "date", "commit"] as const)
    if (typeof content[field] !== "string") throw new Error(`${field} must be a string, got ${content[field]}`);
  if (content.card !== card) throw new Error(`was measured on ${content.card}, and the device is ${card}`);
  if (!Array.isArray(content.rows)) throw new Error(`rows must be an array, got ${content.rows}`);
  return content.rows;
}
