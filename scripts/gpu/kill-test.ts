/**
 * Kills scripts/gpu.sh at random moments and checks that no finished result is lost:
 *
 *     npx tsx scripts/gpu/kill-test.ts [--runs 20] [--seed 1]
 *
 * Needs a bundle (npm run gpu:bundle, or GPU_SH_BUNDLE). It runs on the emulator, in tiny sizes, first to the end and then
 * with kills within that time. run-script.ts says what is checked. It fails as well if a run ends early with an error, or
 * if the killed runs had no finished result together.
 */
import { parseArgs } from "node:util";
import { Generator } from "../../src/index.js";
import { runScript } from "./run-script.js";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const runs = Number(values.runs);
if (!(Number.isInteger(runs) && runs > 0))
  throw new RangeError(`--runs must be a positive integer, got ${values.runs}`);
const generator = new Generator(Number(values.seed));
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const whole = await runScript({});
console.log(`a complete run takes ${seconds(whole.milliseconds)} and has ${whole.finished} finished results`);
if (whole.status !== 0 || whole.finished === 0 || whole.errors.length > 0)
  throw new Error(`the complete run failed with status ${whole.status}: ${whole.errors.join("; ")}\n${whole.printed}`);

let bad = 0;
let total = 0;
for (let run = 1; run <= runs; run++) {
  const afterMilliseconds = Math.round(generator.uniform() * whole.milliseconds);
  const { status, finished, errors, printed } = await runScript({}, { signal: "SIGKILL", afterMilliseconds });
  const failed = status !== null && status !== 0;
  if (failed || errors.length > 0) bad++;
  total += finished;
  const what =
    status === null ? `killed after ${seconds(afterMilliseconds)}` : `exited on its own with status ${status}`;
  console.log(`run ${run}: ${what}, ${finished} finished results, ${errors.join("; ") || "nothing was lost"}`);
  if (failed) console.log(printed);
}
console.log(`${runs - bad} of ${runs} runs lost nothing; ${total} finished results in all`);
process.exitCode = bad > 0 || total === 0 ? 1 : 0;
