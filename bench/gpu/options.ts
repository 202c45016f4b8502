/** Command-line options that the GPU benchmark and the tuner share. */
import { execFileSync } from "node:child_process";
import { type Row, reduce, rows } from "./rows.js";

/** The commit that is measured. A bundle has no repository, but WENGERT_COMMIT names its commit. */
export function commit(): string {
  if (process.env.WENGERT_COMMIT) return process.env.WENGERT_COMMIT;
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
}

/**
 * The moment after which nothing is started, on the clock of `performance.now`.
 *
 * @throws RangeError unless `seconds` is a positive number
 */
export function deadlineAfter(seconds: string): number {
  const number = Number(seconds);
  if (!(number > 0)) throw new RangeError(`--seconds must be a positive number, got ${seconds}`);
  return performance.now() + number * 1000;
}

/**
 * The rows that `keep` keeps and whose name contains one of `only` (any name if that is empty), reduced if `small`.
 *
 * @throws RangeError if there is none
 */
export function choose(keep: (row: Row) => boolean, only: readonly string[], small: boolean): Row[] {
  const chosen = rows
    .filter(keep)
    .filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)))
    .map((row) => (small ? reduce(row) : row));
  if (chosen.length === 0)
    throw new RangeError(
      `no row matches the options${only.length > 0 ? `: no name contains ${only.join(" or ")}` : ""}`,
    );
  return chosen;
}
