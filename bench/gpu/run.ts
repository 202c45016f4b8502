/** Runs one row: ours, PyTorch, ours again; and says what came of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeviceError, emptyCache, manualSeed, type NativeDevice, Scope, tidy } from "../../src/index.js";
import { type Effort, measure, Rotation, setsOf, type Timing } from "./measure.js";
import type { Peer, PeerAnswer } from "./peer.js";
import type { RowResult, Status } from "./results.js";
import type { Row } from "./rows.js";
import { type SampleFiles, writeSample } from "./samples.js";
import { workOf } from "./work.js";

export interface Bench {
  readonly native: NativeDevice;
  /** Null where there is no PyTorch. */
  readonly peer: Peer | null;
  readonly effort: Effort;
}

/** PyTorch may take so long for a row: its own time, and comparing in float64 on the CPU. */
const peerMilliseconds = 25_000;
/** torch.compile may take so long. */
const compileMilliseconds = 120_000;

/** How a row's products are computed. */
export const modeOf = ({ dtype, mode }: Row): string =>
  dtype === "bfloat16" ? "bf16" : dtype === "float16" ? "f16" : (mode ?? "ieee");

/** How PyTorch runs the row. */
const variantsOf = (row: Row): readonly string[] => (row.op === "conv" ? ["channels last", "NCHW"] : ["eager"]);

const noKernel = (error: unknown): boolean => error instanceof DeviceError && /no kernel for/.test(error.message);

/** Sets the math mode of a row for products and convolutions. */
export const useMode = (native: NativeDevice, { mode = "ieee" }: Row): void =>
  native.setOptions({ matmul: mode, convolution: mode });

/** Measures a row. An error is part of the result. */
export async function runRow(bench: Bench, row: Row): Promise<RowResult> {
  try {
    return await measureRow(bench, row);
  } finally {
    emptyCache(); // PyTorch needs memory of the device as well
  }
}

async function measureRow(bench: Bench, row: Row): Promise<RowResult> {
  const { native, peer, effort } = bench;
  const common = { name: row.name, op: row.op, mode: modeOf(row) };
  const folder = mkdtempSync(join(tmpdir(), "wengert-bench-"));
  const ours: Timing[] = [];
  let [bytes, flops] = [0, 0];
  let sample: SampleFiles | null = null;
  let [status, reason]: [Status | null, string] = [null, ""];
  let answer: PeerAnswer | string | null = null;
  const fail = (error: unknown): void => {
    status = noKernel(error) ? "no kernel" : "failed";
    reason = error instanceof Error ? error.message : String(error);
  };
  manualSeed(1);
  useMode(native, row);
  using _scope = new Scope();
  let again = (): void => {};
  try {
    const work = workOf(row);
    [bytes, flops] = [work.bytes, work.flops];
    const first = work.make();
    tidy(() => {
      sample = writeSample(folder, work, first, first.run());
    });
    const rotation = new Rotation([first, ...Array.from({ length: setsOf(work, row.small === true) - 1 }, work.make)]);
    again = () => ours.push(measure(native, work, rotation, effort));
    again();
  } catch (error) {
    fail(error);
  }
  // PyTorch's figure is there even where we have no kernel.
  if (peer !== null) answer = await peer.row({ row, effort, variants: variantsOf(row), sample }, peerMilliseconds);
  try {
    if (status === null) again();
  } catch (error) {
    fail(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { timings, mode: torchMode, difference } = readAnswer(answer);
  status ??= judge(row, difference);
  if (difference !== null && "error" in difference && typeof difference.error === "string") reason ||= difference.error;
  return {
    ...common,
    status,
    ...(reason ? { reason } : {}),
    ...{ bytes, flops, ours },
    ...(timings ? { torch: timings, torchMode } : {}),
    ...(difference !== null && typeof difference.error === "number"
      ? { difference: difference as RowResult["difference"] }
      : {}),
  };
}

/** Times the row under torch.compile as well. */
export async function addCompiled({ peer, effort }: Bench, row: Row, result: RowResult): Promise<RowResult> {
  if (peer === null) return result;
  const answer = await peer.row({ row, effort, variants: ["compiled"], sample: null }, compileMilliseconds);
  const timings = typeof answer === "string" ? { compiled: { error: answer } } : answer.timings;
  return { ...result, torch: { ...result.torch, ...timings } };
}

function readAnswer(answer: PeerAnswer | string | null): {
  timings: RowResult["torch"];
  mode: string;
  difference: PeerAnswer["difference"];
} {
  if (answer === null) return { timings: undefined, mode: "", difference: null };
  if (typeof answer === "string") return { timings: { eager: { error: answer } }, mode: "", difference: null };
  return answer;
}

/** What the comparison says of a row that ran. */
export function judge({ planted }: Row, difference: PeerAnswer["difference"]): Status {
  if (difference === null || typeof difference.error === "string") return "unchecked";
  const { error, worst, allowed } = difference as Exclude<RowResult["difference"], undefined>;
  const right = error <= allowed && worst <= 1; // false for NaN
  if (planted) return right ? "planted error not found" : "wrong as planted";
  return right ? "measured" : "wrong";
}
