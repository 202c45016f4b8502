/** The table and the chart of a study's trials. Called by Study. */
import { lineChart } from "../chart/line-chart.js";
import type { FinishedTrial } from "./search.js";
import type { Space } from "./space.js";

/** The parts of a study that the reports use. */
interface Reported<S extends Space> {
  readonly space: S;
  readonly direction: "minimize" | "maximize";
  readonly trials: readonly FinishedTrial<S>[];
}

/** A table in columns: the largest budgets first, and of equal ones the best scores. */
export function tableOf<S extends Space>({ space, direction, trials }: Reported<S>, top = trials.length): string {
  const sign = direction === "minimize" ? 1 : -1;
  const loss = ({ score }: FinishedTrial<S>): number => (score === null ? Number.POSITIVE_INFINITY : sign * score);
  const order = [...trials].sort(
    (a, b) => b.budget - a.budget || (loss(a) === loss(b) ? a.number - b.number : loss(a) - loss(b)),
  );
  const names = Object.keys(space);
  const withBudget = trials.some(({ budget }) => budget !== 1);
  const rows = order.slice(0, top).map((trial) => {
    const point = trial.params as Readonly<Record<string, unknown>>;
    const budget = withBudget ? [formatCell(trial.budget)] : [];
    const score = trial.score === null ? "failed" : formatCell(trial.score);
    return [
      String(trial.number),
      ...budget,
      score,
      formatCell(trial.seconds),
      ...names.map((name) => formatCell(point[name])),
    ];
  });
  const head = ["trial", ...(withBudget ? ["budget"] : []), "score", "seconds", ...names];
  return columns([head, ...rows]);
}

/** Aligned right, two spaces apart, with a rule below the head. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  const lines = rows.map((row) => row.map((cell, j) => cell.padStart(widths[j])).join("  "));
  return [lines[0], widths.map((width) => "-".repeat(width)).join("  "), ...lines.slice(1)].join("\n");
}

/** A number to five digits; a condition that does not hold as a dash. */
function formatCell(value: unknown): string {
  if (value === undefined) return "-";
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
}

/** The scores as points, one series a budget; a line for the best so far of the largest budget. */
export function chartOf<S extends Space>({ direction, trials }: Reported<S>, yScale: "linear" | "log"): string {
  const budgets = [...new Set(trials.map(({ budget }) => budget))].sort((a, b) => a - b);
  const better = direction === "minimize" ? Math.min : Math.max;
  const most = budgets[budgets.length - 1];
  let best = Number.NaN;
  const bests = trials.map(({ score, budget }) => {
    if (score !== null && budget === most) best = Number.isNaN(best) ? score : better(best, score);
    return best;
  });
  const series = budgets.map((budget) => {
    const shown = trials.filter((trial) => trial.budget === budget);
    return {
      name: budgets.length === 1 ? "trial" : `budget ${budget}`,
      x: shown.map(({ number }) => number),
      y: shown.map(({ score }) => score ?? Number.NaN),
      marks: "points" as const,
    };
  });
  const line = { name: "best so far", x: trials.map(({ number }) => number), y: bests };
  return lineChart([line, ...series], { xLabel: "trial", yLabel: "score", yScale });
}
