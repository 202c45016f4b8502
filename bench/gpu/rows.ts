/**
 * The rows of the GPU benchmark: `bench/rows.json`, in the order in which they are measured, the most important first.
 * Wengert (bench/gpu/work/) and PyTorch (bench/peers/torch_rows.py) both make their work from the same row.
 */
import { readFileSync } from "node:fs";
import type { DType } from "../../src/index.js";

/** Sizes of a row. Which of them it has depends on its op. */
export interface Sizes {
  readonly m?: number;
  readonly n?: number;
  readonly k?: number;
  readonly elements?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly classes?: number;
  readonly batch?: number;
  readonly heads?: number;
  readonly tokens?: number;
  readonly layers?: number;
  readonly features?: number;
  readonly width?: number;
  readonly channels?: number;
  readonly filters?: number;
  readonly image?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly padding?: number;
}

export interface Row extends Sizes {
  /** Unique. */
  readonly name: string;
  readonly op: string;
  readonly dtype?: DType;
  /** How float32 products are computed. Other dtypes have no such choice. */
  readonly mode?: "ieee" | "tf32";
  /** Part of the short table (`--quick`). */
  readonly quick?: boolean;
  /** Its kernels are profiled by scripts/gpu/profile.sh. */
  readonly profile?: boolean;
  /** The result is made wrong on purpose: a run that does not report this row as wrong is itself broken. */
  readonly planted?: boolean;
  /** Time the gradients, not the forward pass. */
  readonly backward?: boolean;
  /** PyTorch is timed with torch.compile too. */
  readonly compile?: boolean;
  readonly causal?: boolean;
  /** Of a product: N for an operand as it is, T for its transpose; a first. */
  readonly layout?: "NN" | "NT" | "TN";
  /** Of a convolution: the result, or the gradient for the images or the filters. */
  readonly direction?: "forward" | "dx" | "dw";
  /** Of a training step: "mlp", "cnn" or "gpt". */
  readonly model?: string;
  /** Of a sum; null for all axes. */
  readonly axis?: number | null;
  /** The probability of dropout. */
  readonly p?: number;
  /** Sizes were reduced: the figures mean nothing. */
  readonly small?: boolean;
}

/** A size that the row's op needs. */
export function size(row: Row, name: keyof Sizes): number {
  const value = row[name];
  if (value === undefined) throw new RangeError(`rows.json: "${row.name}" has no ${name}`);
  return value;
}

/** All rows. */
export const rows: readonly Row[] = JSON.parse(readFileSync(new URL("../rows.json", import.meta.url), "utf8"));

/** The largest sizes for trying the program on the emulator. */
const most: Sizes = {
  ...{ m: 24, n: 40, k: 32 },
  ...{ elements: 1024, rows: 14, columns: 64, classes: 37 },
  ...{ batch: 2, heads: 2, tokens: 16, layers: 1, features: 16, width: 16 },
  ...{ channels: 8, filters: 8, image: 10 },
};

/** The same row, small enough for the emulator. */
export function reduce(row: Row): Row {
  const sizes = Object.entries(most).flatMap(([name, limit]) => {
    const value = row[name as keyof Sizes];
    return value === undefined ? [] : [[name, Math.min(value, limit)]];
  });
  return { ...row, ...Object.fromEntries(sizes), small: true };
}
