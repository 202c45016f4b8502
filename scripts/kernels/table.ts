/** Prints what was measured, a line for each row of rows.ts and target, and the shortfalls that are known. */

import type { Verdict } from "./judge.js";
import { checkedTargets } from "./occupancy.js";
import { type Row, resolve } from "./row.js";

/** Such as "16", or "2-16" where kernels differ; "-" if there is nothing. */
function range(numbers: readonly number[]): string {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (high === 0) return "-";
  return low === high ? `${low}` : `${low}-${high}`;
}

const titles = ["kernels", "target", "of", "registers", "local", "load", "store", "blocks/SM"];

/** The lines of the table. Widths and local memory are in bytes. */
export function tableOf(verdicts: readonly Verdict[], rows: readonly Row[]): string[] {
  const cells = [titles];
  for (const row of rows)
    for (const target of checkedTargets) {
      const own = verdicts.filter((verdict) => verdict.row === row && verdict.kernel.report.target === target);
      if (own.length === 0) continue;
      const reports = own.map(({ kernel }) => kernel.report);
      cells.push([
        row.title,
        target,
        `${own.length}`,
        range(reports.map(({ registers }) => registers)),
        range(reports.map(({ stackBytes }) => stackBytes)),
        range(own.map(({ measured }) => measured?.loads.width ?? 0)),
        range(own.map(({ measured }) => measured?.stores.width ?? 0)),
        range(own.map(({ blocks }) => blocks ?? 0)),
      ]);
    }
  const widths = titles.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const lines = cells.map((line) =>
    line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  "),
  );
  return [...lines, "", "known shortfalls:", ...rows.flatMap((row) => shortfallOf(row, verdicts))];
}

/** A line for a row with a shortfall, such as "  scan along a row: load 2-8 instead of 16, because ...". */
function shortfallOf(row: Row, verdicts: readonly Verdict[]): string[] {
  const own = verdicts.filter((verdict) => verdict.row === row);
  if (!row.known || own.length === 0) return [];
  const { load, store, splitLoads, splitStores, narrowStoreLoops, stack, why } = row.known;
  const required = (key: "load" | "store"): string =>
    range(own.map(({ kernel }) => resolve(row[key], kernel.name.args)));
  const parts = [
    load !== undefined &&
      `load ${range(own.map(({ measured }) => measured?.loads.width ?? 0))} instead of ${required("load")}`,
    store !== undefined &&
      `store ${range(own.map(({ measured }) => measured?.stores.width ?? 0))} instead of ${required("store")}`,
    splitLoads !== undefined && `${splitLoads} groups of loads that could each be one`,
    splitStores !== undefined && `${splitStores} groups of stores that could each be one`,
    narrowStoreLoops !== undefined && `${narrowStoreLoops} loops whose stores are narrower`,
    stack !== undefined && `${stack} bytes of local memory`,
  ];
  return [`  ${row.title}: ${parts.filter(Boolean).join(", ")} (${why})`];
}
