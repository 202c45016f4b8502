/**
 * Compares the machine code of kernels with the rows of the table (rows.ts): what one kernel breaks, which rows match
 * nothing, and which shortfalls no longer exist.
 */
import { type Measured, measure } from "./accesses.js";
import type { KernelName } from "./names.js";
import { blocksPerProcessor } from "./occupancy.js";
import type { KernelReport } from "./report.js";
import { type Row, resolve, type Shortfall } from "./row.js";
import type { Listing } from "./sass.js";

export interface Kernel {
  readonly name: KernelName;
  readonly report: KernelReport;
  readonly listing: Listing;
}

export interface Verdict {
  readonly kernel: Kernel;
  /** Missing if no row matches. */
  readonly row?: Row;
  readonly measured?: Measured;
  readonly blocks?: number;
  /** What the kernel breaks, a line each. */
  readonly faults: readonly string[];
  /** The known shortfalls that this kernel needs. */
  readonly needs: readonly (keyof Shortfall)[];
}

/** Judges one kernel by the first row that matches its name. */
export function judge(kernel: Kernel, rows: readonly Row[]): Verdict {
  const { name, report, listing } = kernel;
  const where = `${name.text} for ${report.target}`;
  const row = rows.find((each) => each.kernel.test(name.text));
  if (!row) return { kernel, faults: [`${where}: no row of scripts/kernels/rows.ts matches; add one`], needs: [] };
  const { loads, stores, local } = measure(listing, row.path);
  const known = row.known ?? { why: "" };
  const faults: string[] = [];
  const needs: (keyof Shortfall)[] = [];

  /** `falls` says whether the row is missed, `worse` whether the shortfall that is known is exceeded too. */
  const check = (key: keyof Shortfall, falls: boolean, worse: boolean, text: string): void => {
    if (!falls) return;
    if (known[key] !== undefined) needs.push(key);
    if (known[key] === undefined || worse) faults.push(`${where}: ${text}`);
  };
  const width = (key: "load" | "store", found: number): void => {
    const required = resolve(row[key], name.args);
    const least = resolve(known[key] ?? row[key], name.args);
    check(key, found < required, found < least, `${key}s are ${found} bytes wide, but the row requires ${least}`);
  };
  width("load", loads.width);
  width("store", stores.width);
  // If the width is not checked, neither are split accesses.
  const split = (key: "splitLoads" | "splitStores", matters: boolean, found: number, what: string): void => {
    const most = known[key] ?? 0;
    check(
      key,
      matters && found > 0,
      found > most,
      `${found} groups of ${what} could each be one access, but the row allows at most ${most}`,
    );
  };
  split("splitLoads", resolve(row.load, name.args) > 0, loads.split, "loads");
  split("splitStores", resolve(row.store, name.args) > 0, stores.split, "stores");
  const narrow = known.narrowStoreLoops ?? 0;
  check(
    "narrowStoreLoops",
    resolve(row.store, name.args) > 0 && stores.narrowLoops > 0,
    stores.narrowLoops > narrow,
    `${stores.narrowLoops} innermost loops store fewer than ${stores.width} bytes at once, but the row allows at most ${narrow}`,
  );
  const least = resolve(row.stores ?? 0, name.args);
  if (stores.width >= resolve(row.store, name.args) && stores.count < least)
    faults.push(`${where}: ${stores.count} stores of ${stores.width} bytes, but the row requires at least ${least}`);
  check(
    "stack",
    report.stackBytes > 0 || local > 0,
    report.stackBytes > (known.stack ?? 0),
    `${report.stackBytes} bytes of local memory and ${local} accesses to it, but the row allows at most ${known.stack ?? 0} bytes`,
  );
  if (report.registers > row.registers)
    faults.push(`${where}: ${report.registers} registers, but the row allows at most ${row.registers}`);
  const threads = resolve(row.threads ?? 256, name.args);
  const shared = report.sharedBytes + resolve(row.shared ?? 0, name.args);
  const blocks = blocksPerProcessor(report.target, report.registers, threads, shared);
  const fewest = resolve(row.blocks, name.args);
  if (blocks < fewest)
    faults.push(
      `${where}: ${blocks} blocks of ${threads} threads on a multiprocessor, but the row requires at least ${fewest}`,
    );
  return { kernel, row, measured: { loads, stores, local }, blocks, faults, needs };
}

/** What is wrong with the table itself, once all kernels have been judged. */
export function unusedRows(verdicts: readonly Verdict[], rows: readonly Row[]): string[] {
  const faults: string[] = [];
  for (const row of rows) {
    const own = verdicts.filter((verdict) => verdict.row === row);
    if (own.length === 0) faults.push(`row "${row.title}": no kernel matches ${row.kernel}; correct or delete it`);
    else
      for (const key of Object.keys(row.known ?? {}) as (keyof Shortfall)[])
        if (key !== "why" && !own.some(({ needs }) => needs.includes(key)))
          faults.push(`row "${row.title}": every kernel meets this row; delete ${key} from known`);
  }
  return faults;
}
