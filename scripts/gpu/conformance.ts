/**
 * Every instruction of kernels/ptx.cuh on random numbers, on the device in use and on the emulator:
 *
 *     node scripts/gpu/conformance.js [FILE]
 */
import { writeFileSync } from "node:fs";
import { emulator } from "../../src/index.js";
import { checks, difference, perform } from "../../tests/support/conformance.js";
import { native } from "../../tests/support/device.js";

const [file] = process.argv.slice(2);
const capability = Math.round(Number(native.info().capability) * 10);
emulator.setOptions({ capability });

const results = checks
  .filter((check) => check.capability <= capability && (check.capability !== 90 || capability === 90))
  .map((check) => ({
    name: check.name,
    difference: difference(perform(native, check), perform(emulator, check)),
    allowed: check.tolerance,
  }));
const failed = results.filter((result) => !(result.difference <= result.allowed));
for (const { name, difference, allowed } of failed)
  console.log(`${name}: differs by ${difference}, allowed ${allowed}`);
if (file) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`${results.length - failed.length} of ${checks.length} checks agree, ${failed.length} differ`);
if (failed.length > 0 || results.length === 0) process.exitCode = 1;
