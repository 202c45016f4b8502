/**
 * What an op costs the host on a device that an addon drives: everything from the method to the launch, but for the
 * launch itself.
 *
 *     WENGERT_DEVICE=emulator npm run bench:dispatch [-- --rounds N] [--json]
 */
import { parseArgs } from "node:util";
import { cuda, device, emulator, noGrad, Scope, Tape, tensor } from "../src/index.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "300" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds is a positive integer, got ${values.rounds}`);

/** Ops in a round. */
const length = 1000;

const name = device();
if (name === "cpu") throw new RangeError("the cpu launches nothing: set WENGERT_DEVICE to cuda or emulator");
(name === "cuda" ? cuda : emulator).setOptions({ skipLaunches: true, poison: false });

const a = tensor(new Float32Array(16), { requiresGrad: true });
const b = tensor(new Float32Array(16));

function unrecorded(): void {
  using _ = new Scope();
  noGrad(() => {
    for (let k = 0; k < length; k++) a.mul(b);
  });
}

function recorded(): void {
  using tape = new Tape();
  for (let k = 0; k < length; k++) a.mul(b);
  if (tape.entries.length !== length) throw new Error(`${tape.entries.length} of ${length} ops were recorded`);
}

/** Microseconds an op. */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1000) / length;
}

const figures = { unrecorded: [] as number[], recorded: [] as number[] };
for (let round = 0; round < rounds; round++) {
  figures.unrecorded.push(timed(unrecorded));
  figures.recorded.push(timed(recorded));
}

const summary = (list: number[]): { min: number; median: number } => {
  const sorted = list.sort((p, q) => p - q);
  return { min: sorted[0], median: sorted[sorted.length >> 1] };
};
const result = { unrecorded: summary(figures.unrecorded), recorded: summary(figures.recorded) };
if (values.json) console.log(JSON.stringify(result));
else
  for (const [row, { min, median }] of Object.entries(result))
    console.log(`${row.padEnd(10)} ${min.toFixed(2)} us an op at best, ${median.toFixed(2)} in the median (${name})`);
