/**
 * Writes a line for each case of tests/cases.ts, float dtype and result: a hash of its bits. Two runs on one device
 * must write the same file.
 *
 *     node --import tsx scripts/gpu/fingerprint.ts FILE
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { DeviceError, device, manualSeed, type Tensor, tidy } from "../../src/index.js";
import { familyNames, samplesOf } from "../../tests/support/goldens.js";
import { floatsOf, gradientsOf, inputsOf, outputsOf } from "../../tests/support/run.js";

const [file] = process.argv.slice(2);
if (!file) throw new RangeError("the name of the file to write is missing");

const lines: string[] = [];
let missing = 0;

function note(name: string, t: Tensor): void {
  const values = t.dataSync();
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  lines.push(`${name} ${t.dtype} [${t.shape}] ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`);
}

/** Runs a case; one whose kernel is missing on this device is counted. */
function run(of: () => void): void {
  try {
    tidy(of);
  } catch (error) {
    if (!(error instanceof DeviceError && /no kernel for/.test(error.message))) throw error;
    missing++;
  }
}

for (const { op, key, sample } of familyNames.flatMap(samplesOf)) {
  for (const float of floatsOf(sample)) {
    manualSeed(0);
    run(() => {
      const outputs = outputsOf(sample, inputsOf(op, sample, float));
      outputs.forEach((y, i) => {
        note(`${key} in ${float}, output ${i}`, y);
      });
    });
    run(() => {
      for (const [name, g] of Object.entries(gradientsOf(op, sample, float) ?? {}))
        note(`${key} in ${float}, gradient of ${name}`, g);
    });
  }
}
writeFileSync(file, `${lines.join("\n")}\n`);
console.log(`${device()}: ${lines.length} results, ${missing} cases without a kernel`);
if (lines.length === 0) process.exitCode = 1;
