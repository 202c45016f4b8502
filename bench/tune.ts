/**
 * Measures which kernels compute the matrix products and convolutions of bench/rows.json fastest on this card, and
 * writes a file for kernels/tuning.
 *
 *     WENGERT_DEVICE=cuda npx tsx bench/tune.ts --out FILE [options]
 *
 *   --out FILE       the output file, rewritten after each product, so that a kill loses at most the product in progress
 *   --seconds N      stop after N seconds (default 60); the most important rows are measured first
 *   --only TEXT      measure only rows whose names contain TEXT; may be repeated
 *   --small          use tiny sizes, to try the program on the emulator; the figures are meaningless
 *
 * The exit status is 1 if a row, or a kernel that was tried, failed; 2 if none failed but no time was left for some rows; otherwise 0.
 */
import { parseArgs } from "node:util";
import { DeviceError, device, OutOfMemoryError, Scope, type TuningFile } from "../src/index.js";
import { native } from "../tests/support/device.js";
import { useMode } from "./gpu/mode.js";
import { choose, commit, deadlineAfter } from "./gpu/options.js";
import { replaceFile } from "./gpu/results.js";
import type { Row } from "./gpu/rows.js";
import { describe, isWorthwhile, keyOf, type Measured, nameOf, OutOfTime, RowTuner, rowOf } from "./gpu/variants.js";
import { workOf } from "./gpu/work.js";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    seconds: { type: "string", default: "60" },
    only: { type: "string", multiple: true, default: [] },
    small: { type: "boolean", default: false },
  },
});
const deadline = deadlineAfter(values.seconds);
if (values.out === undefined) throw new RangeError("--out FILE is required: the file for the measured choices");
const { out } = values;
if (device() === "cpu") throw new RangeError("the cpu has no kernels to tune; set WENGERT_DEVICE to cuda or emulator");
const chosen = choose(({ op, planted }) => (op === "matmul" || op === "conv") && !planted, values.only, values.small);

const head = { card: native.info().name, date: new Date().toISOString().slice(0, 10), commit: commit() };
const measured = new Map<string, Measured>();

function save(): void {
  const all = [...measured.values()];
  const file: TuningFile & { measured: readonly Measured[] } = {
    ...head,
    rows: all.filter(isWorthwhile).map(rowOf),
    measured: all,
  };
  replaceFile(out, `${JSON.stringify(file)}\n`);
}

function lineOf({ name, key, default: builtIn, best, variants, failed }: Measured): string {
  const { product, m, n, k } = key;
  const time = ({ microseconds }: { microseconds: number }): string => `${microseconds.toFixed(1)} us`;
  const gain = `${((1 - best.microseconds / builtIn.microseconds) * 100).toFixed(1)}% less`;
  const found =
    best.microseconds < builtIn.microseconds ? `${describe(best)} ${time(best)}, ${gain}` : "is the fastest";
  const wrong = failed.map(({ variant, reason }) => `; ${variant} failed: ${reason}`).join("");
  return `tune: ${name} | ${product} ${m} x ${n} x ${k} | ${describe(builtIn)} ${time(builtIn)} | ${found} | ${variants.length} timed${wrong}`;
}

/** Measures the products of a row that no row before had. */
function tune(row: Row): void {
  using _scope = new Scope();
  useMode(native, row);
  const tuner = new RowTuner(native, row.name, workOf(row), values.small, deadline);
  for (const launched of tuner.products) {
    if (measured.has(nameOf(keyOf(launched)))) continue;
    const result = tuner.measure(launched);
    measured.set(nameOf(result.key), result);
    save();
    console.log(lineOf(result));
    if (result.failed.length > 0) process.exitCode = 1;
  }
}

save();
let done = 0;
try {
  for (const row of chosen) {
    try {
      tune(row);
      done++;
    } catch (error) {
      if (!(error instanceof DeviceError || error instanceof OutOfMemoryError)) throw error;
      console.log(`tune: ${row.name} failed: ${error.message}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  if (!(error instanceof OutOfTime)) throw error;
  process.exitCode ??= 2;
}
native.setOptions({ tuning: null, matmul: "ieee", convolution: "ieee" });
const kept = [...measured.values()].filter(isWorthwhile).length;
const failed = [...measured.values()].reduce((sum, one) => sum + one.failed.length, 0);
console.log(
  `tuned ${done} of ${chosen.length} rows${done < chosen.length ? " before the time limit" : ""}: ${measured.size} products, ${kept} of which have a faster choice; ${failed} kernels failed`,
);
