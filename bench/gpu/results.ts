/**
 * The results of a run: kept as JSON and as a table, both replaced after every row, so that a kill loses only the row in
 * progress.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Timing } from "./measure.js";
import type { Difference, PeerInfo } from "./peer.js";

/**
 * - measured: timed, and the compared results agree
 * - unchecked: timed, but not compared
 * - wrong: the results differ from PyTorch's by more than rounding
 * - wrong as planted: the same, for the row that is wrong on purpose
 * - planted error not found: the check is broken
 * - no kernel: the device has none for one of the ops
 * - failed: an error
 * - not run: no time was left
 */
export type Status =
  | "measured"
  | "unchecked"
  | "wrong"
  | "wrong as planted"
  | "planted error not found"
  | "no kernel"
  | "failed"
  | "not run";

export interface RowResult {
  readonly name: string;
  readonly op: string;
  /** The math mode of products: "bf16", "tf32", "ieee". */
  readonly mode: string;
  readonly status: Status;
  /** The error. */
  readonly reason?: string;
  readonly bytes?: number;
  readonly flops?: number;
  /** Before and after PyTorch. */
  readonly ours?: readonly Timing[];
  readonly torch?: Readonly<Record<string, Timing | { readonly error: string }>>;
  readonly torchMode?: string;
  readonly difference?: Difference;
}

export interface Run {
  readonly date: string;
  readonly commit: string | null;
  readonly node: string;
  readonly device: Readonly<Record<string, unknown>> & { readonly name: string };
  /** PyTorch's version and settings, or a string that says why it is missing. */
  readonly torch: PeerInfo | string;
  /** Sizes were reduced: the figures mean nothing. */
  readonly small: boolean;
  readonly rows: readonly RowResult[];
}

/** Replaces a file atomically: a reader sees the old one or the new one, also after a kill. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

/** The run that a file holds, or null. */
export const readRun = (file: string): Run | null =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Run) : null;

/** The last run of the same card that was committed: bench/results/gpu-*.json. */
export function lastCommitted(card: string): Run | null {
  const folder = fileURLToPath(new URL("../results", import.meta.url));
  if (!existsSync(folder)) return null;
  const runs = readdirSync(folder)
    .filter((name) => /^gpu-.*\.json$/.test(name))
    .map((name) => readRun(join(folder, name)))
    .filter((run) => run !== null && run.device.name === card) as Run[];
  return runs.sort((a, b) => a.date.localeCompare(b.date)).at(-1) ?? null;
}

/** The median of all rounds of a row, as one number: the mean of the medians before and after PyTorch. */
export const medianOf = ({ ours }: RowResult): number | null =>
  ours === undefined || ours.length === 0 ? null : ours.reduce((sum, { median }) => sum + median, 0) / ours.length;

/** The fastest of PyTorch's variants. */
export function fastestTorch({ torch }: RowResult): { variant: string; median: number } | null {
  const measured = Object.entries(torch ?? {}).flatMap(([variant, timing]) =>
    "median" in timing ? [{ variant, median: timing.median }] : [],
  );
  return measured.sort((a, b) => a.median - b.median)[0] ?? null;
}
