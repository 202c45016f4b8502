/**
 * The rows of the GPU benchmark: `bench/rows.json`, in the order in which they are measured, the most important first.
 * Wengert (bench/gpu/work/) and PyTorch (bench/peers/torch_rows.py) both make their work from the same row.
 */
import { readFileSync } from "node:fs";
import type { DType } from "../../src/index.js";

/** One row. Which sizes it has depends on its op. */
export interface Row {
  /** Unique. */
  readonly name: string;
  readonly op: string;
  readonly dtype?: DType;
  /** How float32 products are computed. Other dtypes have no such choice. */
  readonly mode?: "ieee" | "tf32";
  /** In the short table too (`--quick`). */
  readonly quick?: boolean;
  /** The result is spoilt on purpose: a run that does not report this row as wrong is itself broken. */
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
  /** Of a whole network, such as "gpt2". */
  readonly model?: string;
  /** Of a sum; null for all axes. */
  readonly axis?: number | null;
  /** The probability of dropout. */
  readonly p?: number;
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
  readonly width?: number;
  readonly channels?: number;
  readonly filters?: number;
  readonly image?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly padding?: number;
  /** Sizes were reduced: the figures mean nothing. */
  readonly small?: boolean;
}

/** The sizes of a row, by name. */
export type SizeName = "m" | "n" | "k" | "elements" | "rows" | "columns" | "classes" | "batch" | "heads" | "tokens";
export type ImageSizeName = "width" | "channels" | "filters" | "image" | "kernel" | "stride" | "padding";

/** A size that the row's op needs. */
export function size(row: Row, name: SizeName | ImageSizeName): number {
  const value = row[name];
  if (value === undefined) throw new RangeError(`rows.json: "${row.name}" has no ${name}`);
  return value;
}

/** All rows. */
export const rows: readonly Row[] = JSON.parse(readFileSync(new URL("../rows.json", import.meta.url), "utf8"));

/** What sizes are reduced to where a program is only tried, on the emulator. */
const most: Readonly<Record<SizeName | "width" | "channels" | "filters" | "image", number>> = {
  ...{ m: 24, n: 40, k: 32 },
  ...{ elements: 1024, rows: 12, columns: 64, classes: 37 },
  ...{ batch: 2, heads: 2, tokens: 16, width: 16 },
  ...{ channels: 8, filters: 8, image: 9 },
};

/** The same row, small enough for the emulator. */
export function reduce(row: Row): Row {
  const sizes = Object.entries(most).map(([name, limit]) => {
    const value = row[name as SizeName];
    return [name, value === undefined ? undefined : Math.min(value, limit)];
  });
  return { ...row, ...Object.fromEntries(sizes.filter(([, value]) => value !== undefined)), small: true };
}
