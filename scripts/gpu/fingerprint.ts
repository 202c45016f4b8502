/**
 * Writes a line for each case of tests/cases/index.ts, float dtype and result: a hash of its bits. Two runs on one device
 * must write the same file.
 *
 *     node scripts/gpu/fingerprint.js [--few] [--only PATTERN] [--seconds N] FILE
 *
 * --few      run only one case per op, and shapes larger than a tile, for tools that take a hundred times as long
 * --only     run only the cases whose names, such as "add/broadcast", match this regular expression
 * --seconds  start no case after N seconds
 *
 * Each line is written, and each failure printed, as soon as it is known: a kill loses the case in progress. The last line
 * is "complete" if no case was left out. The status is 0 if every case ran and nothing failed, 1 if something failed, 2 if
 * nothing failed but the time was too short for all cases.
 */
import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { DeviceError, device, emulator, manualSeed, type Tensor, tidy } from "../../src/index.js";
import { fewProcessors, native } from "../../tests/support/device.js";
import { everySample, firstOfEachOp, runLarge, runLargest } from "../../tests/support/large.js";
import { floatsOf, gradientsOf, inputsOf, outputsOf } from "../../tests/support/run.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    few: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    seconds: { type: "string", default: "86400" },
  },
});
const [file] = positionals;
if (!file) throw new RangeError("pass the name of the output file");
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new RangeError(`--seconds must be a positive number, got ${values.seconds}`);
const deadline = performance.now() + seconds * 1000;

const output = openSync(file, "w");
const counts = { results: 0, missing: 0, failures: 0, late: 0 };

/** Prints a failure; standard output is a file or a pipe, to which Node writes at once. */
function fail(text: string): void {
  counts.failures++;
  console.log(`FAILED ${text}`);
}

function note(name: string, t: Tensor): void {
  const values = t.dataSync();
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  writeSync(output, `${name} ${t.dtype} [${t.shape}] ${hash}\n`);
  counts.results++;
}

/** Runs a case, past failures; one whose kernel is missing on this device is counted. */
function run(name: string, of: () => void): void {
  if (performance.now() >= deadline) {
    counts.late++;
    return;
  }
  try {
    tidy(of);
  } catch (error) {
    if (error instanceof DeviceError && /no kernel for/.test(error.message)) counts.missing++;
    else fail(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}

const only = new RegExp(values.only);
for (const { op, key, sample } of (values.few ? firstOfEachOp : everySample).filter(({ key }) => only.test(key))) {
  for (const float of floatsOf(sample)) {
    manualSeed(0);
    run(`${key} in ${float}`, () => {
      const outputs = outputsOf(sample, inputsOf(op, sample, float));
      outputs.forEach((y, i) => {
        note(`${key} in ${float}, output ${i}`, y);
      });
    });
    run(`${key} in ${float}, gradients`, () => {
      for (const [name, g] of Object.entries(gradientsOf(op, sample, float) ?? {}))
        note(`${key} in ${float}, gradient of ${name}`, g);
    });
  }
}
if (values.few) {
  for (const mode of ["ieee", "tf32"] as const) {
    native.setOptions({ matmul: mode, convolution: mode, processors: fewProcessors });
    for (const dtype of mode === "tf32" ? (["float32"] as const) : (["float32", "bfloat16", "float16"] as const)) {
      run(`larger than a tile, ${dtype}, ${mode}`, () => runLarge(dtype));
      run(`the largest tiles, ${dtype}, ${mode}`, () => runLargest(dtype));
    }
  }
} else {
  // Both addons are made of the same kernels. If one lacks some, its build is incomplete.
  const [here, there] = [native.missing().join(" "), emulator.missing().join(" ")];
  if (here !== there) fail(`missing kernels on ${device()}: ${here}; on the emulator: ${there}`);
}
if (counts.late === 0) writeSync(output, "complete\n");
const { results, missing, failures, late } = counts;
console.log(
  `${device()}: ${results} results, ${missing} cases without a kernel, ` +
    `${failures} ${failures === 1 ? "failure" : "failures"}${late > 0 ? `, ${late} cases not run for lack of time` : ""}`,
);
if (failures > 0 || (results === 0 && late === 0)) process.exitCode = 1;
else if (late > 0) process.exitCode = 2;
