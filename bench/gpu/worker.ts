/**
 * The process that runs a row's work on the device: a kernel that crashes or hangs ends this process, not the benchmark.
 * Driven by bench/gpu/driver.ts. For each row it is asked twice: `first` makes the operands, writes a sample and times the
 * work; `again` times it once more, and compares the results of timed runs with the first ones.
 */
import { DeviceError, device, emptyCache, manualSeed, Scope, tidy } from "../../src/index.js";
import { native } from "../../tests/support/device.js";
import { type Effort, measure, Rotation, setsOf, type Timing } from "./measure.js";
import { useMode } from "./mode.js";
import type { Row } from "./rows.js";
import { resultsOf, type SampleFiles, sameBits, writeSample } from "./samples.js";
import { type Operands, type Work, workOf } from "./work.js";

export type Question =
  | { readonly ask: "first"; readonly row: Row; readonly effort: Effort; readonly folder: string }
  | { readonly ask: "again"; readonly effort: Effort };

export type Answer =
  | { readonly timing: Timing; readonly sample: SampleFiles | null }
  /** `noKernel`: the device has no kernel for one of the ops. */
  | { readonly error: string; readonly noKernel: boolean };

interface Prepared {
  readonly scope: Scope;
  readonly work: Work;
  readonly operands: Operands;
  readonly rotation: Rotation;
  /** The first results; null if another run gives others. */
  readonly results: ReturnType<typeof resultsOf> | null;
}

let prepared: Prepared | null = null;

function first(row: Row, effort: Effort, folder: string): Answer {
  manualSeed(1);
  useMode(native, row);
  const scope = new Scope();
  try {
    const work = workOf(row);
    const operands = work.make();
    const [sample, results] = tidy(() => {
      const outputs = operands.first?.() ?? operands.run();
      const results = work.repeatable === false ? null : resultsOf(work, operands, outputs);
      return [writeSample(folder, work, operands, outputs), results] as const;
    });
    const others = Array.from({ length: setsOf(work, row.small === true) - 1 }, () => work.make());
    const rotation = new Rotation([operands, ...others]);
    const timing = measure(native, work, rotation, effort);
    prepared = { scope, work, operands, rotation, results };
    return { timing, sample };
  } catch (error) {
    scope[Symbol.dispose]();
    emptyCache();
    throw error;
  }
}

function again(effort: Effort): Answer {
  if (prepared === null) throw new Error("prepare a row before running it again");
  const { scope, work, operands, rotation, results } = prepared;
  prepared = null;
  try {
    const timing = measure(native, work, rotation, effort);
    if (results !== null && !sameBits(results, resultsOf(work, operands, rotation.results)))
      return { error: "wrong: repeated runs return different bits than the first run", noKernel: false };
    return { timing, sample: null };
  } finally {
    scope[Symbol.dispose]();
    emptyCache(); // PyTorch needs memory of the device as well
  }
}

function answer(question: Question): Answer {
  try {
    return question.ask === "first" ? first(question.row, question.effort, question.folder) : again(question.effort);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { error: text, noKernel: error instanceof DeviceError && /no kernel for/.test(text) };
  }
}

if (process.send !== undefined) {
  process.on("message", (question: Question) => process.send?.(answer(question)));
  process.on("disconnect", () => process.exit());
  device(); // opened before the first row, so that its time is not a row's
}
