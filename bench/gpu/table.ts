/** The table of a run: each row beside its floor, PyTorch, and the last committed figure. */
import { fastestTorch, medianOf, type RowResult, type Run } from "./results.js";

/** The least microseconds that a row can take on this card, by what was measured in the same run. */
export type Floor = (row: RowResult) => number | null;

/** Ops without a floor. */
const withoutFloor = new Set(["empty", "host", "step"]);

/**
 * Floors from the fastest copy and the fastest product of each math mode, ours or PyTorch's: the larger of bytes over
 * the one and floating-point operations over the other.
 */
export function floorsOf({ rows }: Run): Floor {
  const fastest = (of: (row: RowResult) => number | undefined, keep: (row: RowResult) => boolean): number =>
    Math.max(
      0,
      ...rows.filter(keep).flatMap((row) => {
        // A wrong result may have taken no time.
        const own = row.status === "measured" ? medianOf(row) : null;
        const times = [own, fastestTorch(row)?.median].filter((time) => typeof time === "number");
        return times.map((time) => (of(row) ?? 0) / time);
      }),
    );
  const copy = fastest(
    ({ bytes }) => bytes,
    ({ op }) => op === "copy",
  );
  const products = new Map<string, number>();
  for (const mode of new Set(rows.map((row) => row.mode))) {
    const rate = fastest(
      ({ flops }) => flops,
      (row) => row.op === "matmul" && row.mode === mode,
    );
    products.set(mode, rate);
  }
  return ({ op, mode, bytes = 0, flops = 0 }) => {
    if (withoutFloor.has(op)) return null;
    const product = products.get(mode) ?? 0;
    if (copy === 0 || (flops > 0 && product === 0)) return null;
    return Math.max(bytes / copy, flops > 0 ? flops / product : 0);
  };
}

const number = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));
const cell = (x: number | null | undefined): string => (typeof x === "number" ? number(x) : "-");
const ratio = (a: number | null, b: number | null | undefined): string =>
  a === null || b === null || b === undefined ? "-" : (a / b).toFixed(2);

/** The medians before and after PyTorch, and the quartiles of both. */
function spread({ ours = [] }: RowResult): string {
  const [low, high] = [
    Math.min(...ours.map(({ quartiles }) => quartiles[0])),
    Math.max(...ours.map(({ quartiles }) => quartiles[1])),
  ];
  return `${number(low)} to ${number(high)}`;
}

function torchCell({ torch }: RowResult): string {
  const variants = Object.entries(torch ?? {});
  return variants
    .map(([variant, timing]) => {
      const time = "median" in timing ? number(timing.median) : timing.error.slice(0, 40);
      return variants.length === 1 && variant === "eager" ? time : `${variant} ${time}`;
    })
    .join(", ");
}

/** The reason of a row's status, short enough for a cell. */
const reasonOf = ({ reason = "" }: RowResult): string => reason.replaceAll("|", "/").split("\n")[0].slice(0, 160);

/** A row as one line of text, for the terminal and for the table. */
export function cellsOf(row: RowResult, floor: Floor, committed: Run | null): string[] {
  const own = medianOf(row);
  if (own === null) {
    return [
      row.name,
      [row.status, reasonOf(row)].filter(Boolean).join(": "),
      "",
      "",
      "",
      torchCell(row),
      "",
      "",
      row.torchMode ?? "",
      "",
    ];
  }
  const least = floor(row);
  const before = committed?.rows.find(({ name }) => name === row.name);
  const { difference } = row;
  const compared = difference
    ? `${difference.relativeError.toExponential(1)} / ${difference.allowed.toExponential(1)}`
    : "";
  return [
    row.name,
    number(own),
    spread(row),
    cell(least),
    ratio(own, least),
    torchCell(row),
    ratio(own, fastestTorch(row)?.median),
    before ? ratio(own, medianOf(before)) : "-",
    row.torchMode ?? "",
    [row.status === "measured" ? "right" : row.status, compared, reasonOf(row)].filter(Boolean).join(" "),
  ];
}

const header = [
  "row",
  "Wengert, us",
  "quartiles",
  "floor, us",
  "to floor",
  "PyTorch, us",
  "to PyTorch",
  "to committed",
  "PyTorch's mode",
  "check: error / tolerance",
];

/** The table as Markdown. */
export function tableOf(run: Run, committed: Run | null): string {
  const floor = floorsOf(run);
  const { torch, device } = run;
  const counts = new Map<string, number>();
  for (const { status } of run.rows) counts.set(status, (counts.get(status) ?? 0) + 1);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return `${[
    `${device.name}, ${run.date}, commit ${run.commit ?? "unknown"}, Node ${run.node}`,
    `driver for CUDA ${device.driver ?? "none"}, runtime ${device.runtime ?? "none"}`,
    typeof torch === "string"
      ? `no PyTorch: ${torch}`
      : `PyTorch ${torch.torch}, CUDA ${torch.cuda ?? "none"}, on ${torch.device}; ${torch.settings}`,
    committed
      ? `last committed run: ${committed.date}, commit ${committed.commit}`
      : "there is no committed run for this card",
    run.small ? "SMALL SIZES: the figures cannot be used for comparisons." : "",
    "",
    "Device microseconds per call, measured with stream events. Launches and training steps include the gaps in which the",
    "device waits for the host; host cost is measured with the host's clock. Each row is timed before and after PyTorch, and the",
    "figure is the mean of both medians. Ratios compare times: below 1, Wengert is faster. The floor is",
    "the larger of two times: bytes at the rate of the fastest copy, and operations at the rate of the fastest product in that",
    "math mode.",
    "",
    `${run.rows.length} rows: ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}`,
    "",
    line(header),
    line(header.map(() => "---")),
    ...run.rows.map((row) => line(cellsOf(row, floor, committed))),
  ].join("\n")}\n`;
}
