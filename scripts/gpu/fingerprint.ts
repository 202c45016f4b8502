/**
 * Writes a line for each case of tests/cases.ts, float dtype and result: a hash of its bits. Two runs on one device
 * must write the same file.
 *
 *     node scripts/gpu/fingerprint.js [--few] [--only PATTERN] FILE
 *
 * --few    only a case of each op, and what is larger than a tile: for tools that take a hundred times as long
 * --only   a regular expression: only the cases whose name, such as "add/broadcast", matches
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DeviceError, device, emulator, manualSeed, type Tensor, tidy } from "../../src/index.js";
import { fewProcessors, native } from "../../tests/support/device.js";
import { everySample, firstOfEachOp, runLarge, runLargest } from "../../tests/support/large.js";
import { floatsOf, gradientsOf, inputsOf, outputsOf } from "../../tests/support/run.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { few: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});
const [file] = positionals;
if (!file) throw new RangeError("the name of the file to write is missing");

const lines: string[] = [];
const failures: string[] = [];
let missing = 0;

function note(name: string, t: Tensor): void {
  const values = t.dataSync();
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  lines.push(`${name} ${t.dtype} [${t.shape}] ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`);
}

/** Runs a case, past failures; one whose kernel is missing on this device is counted. */
function run(name: string, of: () => void): void {
  try {
    tidy(of);
  } catch (error) {
    if (error instanceof DeviceError && /no kernel for/.test(error.message)) missing++;
    else failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
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
      run(`what is larger than a tile, ${dtype}, ${mode}`, () => runLarge(dtype));
      run(`the largest tiles, ${dtype}, ${mode}`, () => runLargest(dtype));
    }
  }
} else {
  // Both addons are made of the same kernels: one that lacks some was not built whole.
  const [here, there] = [native.missing().join(" "), emulator.missing().join(" ")];
  if (here !== there) failures.push(`no kernel on ${device()} for: ${here}; on the emulator for: ${there}`);
}
writeFileSync(file, `${lines.join("\n")}\n`);
const shown = 40;
for (const line of failures.slice(0, shown)) console.log(`FAILED ${line}`);
if (failures.length > shown) console.log(`and ${failures.length - shown} more`);
console.log(
  `${device()}: ${lines.length} results, ${missing} cases without a kernel, ${failures.length} ${failures.length === 1 ? "failure" : "failures"}`,
);
if (lines.length === 0 || failures.length > 0) process.exitCode = 1;
