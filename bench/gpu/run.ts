/** Runs one row: Wengert, PyTorch, Wengert again; and returns its result. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver } from "./driver.js";
import { type Effort, setsOf } from "./measure.js";
import { modeOf } from "./mode.js";
import type { Difference, Peer, PeerAnswer } from "./peer.js";
import type { RowResult, Status } from "./results.js";
import type { Row } from "./rows.js";
import { workOf } from "./work.js";
import type { Answer } from "./worker.js";

export interface Bench {
  readonly driver: Driver;
  /** Null if there is no PyTorch. */
  readonly peer: Peer | null;
  readonly effort: Effort;
  /** Nothing is waited for beyond this moment of `performance.now`. */
  readonly deadline: number;
}

/** Limits in milliseconds: a row of Wengert, of PyTorch with its comparison on the CPU, of torch.compile; starting Python. */
const limits = { ours: 20_000, peer: 25_000, compile: 120_000, start: 60_000 };

const within = (limit: number, { deadline }: Bench): number =>
  Math.max(1, Math.min(limit, deadline - performance.now()));

/** How PyTorch runs the row. */
const variantsOf = (row: Row): readonly string[] => (row.op === "conv" ? ["channels last", "NCHW"] : ["eager"]);

/** Measures a row. An error is part of the result. */
export async function runRow(bench: Bench, row: Row): Promise<RowResult> {
  const { driver, peer, effort } = bench;
  const work = workOf(row);
  const folder = mkdtempSync(join(tmpdir(), "wengert-bench-"));
  try {
    const first = await driver.ask({ ask: "first", row, effort, folder }, within(limits.ours, bench));
    const sample = "sample" in first ? first.sample : null;
    // PyTorch's figure is measured even if we have no kernel.
    const request = { row, effort, variants: variantsOf(row), sets: setsOf(work, row.small === true), sample };
    const answer = await peer?.row(request, within(limits.peer, bench), within(limits.start, bench));
    const again = "error" in first ? first : await driver.ask({ ask: "again", effort }, within(limits.ours, bench));
    return resultOf(bench, row, [first, again], answer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(
  bench: Bench,
  row: Row,
  ours: readonly [Answer, Answer],
  answer: PeerAnswer | string | undefined,
): RowResult {
  const { bytes, flops } = workOf(row);
  const error = ours.find((one) => "error" in one);
  const torch = typeof answer === "object" ? answer : null;
  const { status, reason } =
    error !== undefined && "error" in error ? failure(bench, error) : judge(row, torch?.difference ?? null);
  const why = reason ?? (typeof answer === "string" ? `PyTorch: ${answer}` : undefined);
  const difference = torch?.difference;
  return {
    ...{ name: row.name, op: row.op, mode: modeOf(row), status, bytes, flops },
    ...(why === undefined ? {} : { reason: why }),
    ours: ours.flatMap((one) => ("timing" in one ? [one.timing] : [])),
    ...(torch ? { torch: torch.timings, torchMode: torch.mode } : {}),
    ...(difference && "relativeError" in difference ? { difference } : {}),
  };
}

/** The status of a row that did not run to its end. */
function failure({ deadline }: Bench, { error, noKernel }: { error: string; noKernel: boolean }) {
  const status: Status = noKernel
    ? "no kernel"
    : error.startsWith("wrong")
      ? "wrong"
      : performance.now() >= deadline
        ? "not run"
        : "failed";
  return { status, reason: status === "not run" ? "no time left" : error };
}

/** The status of a row that ran, from its comparison. */
export function judge(
  { planted }: Row,
  difference: Difference | { readonly error: string; readonly wrong: boolean } | null,
): { readonly status: Status; readonly reason?: string } {
  if (difference === null) return { status: "unchecked" };
  if ("error" in difference) return { status: difference.wrong ? "wrong" : "unchecked", reason: difference.error };
  const { relativeError, worst, allowed } = difference;
  const right = relativeError <= allowed && worst <= 1; // false for NaN
  if (planted) return { status: right ? "planted error not found" : "wrong as planted" };
  return { status: right ? "measured" : "wrong" };
}

/** Times the row under torch.compile as well. */
export async function addCompiled(bench: Bench, row: Row, result: RowResult): Promise<RowResult> {
  if (bench.peer === null) return result;
  const request = { row, effort: bench.effort, variants: ["compiled"], sets: 1, sample: null };
  const answer = await bench.peer.row(request, within(limits.compile, bench), within(limits.start, bench));
  const timings = typeof answer === "string" ? { compiled: { error: answer } } : answer.timings;
  return { ...result, torch: { ...result.torch, ...timings } };
}
