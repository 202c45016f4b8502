/**
 * What recording costs: an op of 16 elements, recorded for gradients, against its bare loop.
 *
 *     npm run bench:overhead [-- --rounds N] [--json]
 */
import { parseArgs } from "node:util";
import { device } from "../src/index.js";
import { measureRecording, type Recording } from "./recording.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "1000" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds must be a positive integer, got ${values.rounds}`);

/** Of the figures of all rounds, in microseconds per operation. Another program's load only ever adds to them. */
interface Summary {
  readonly min: number;
  readonly quartile1: number;
  readonly median: number;
  readonly quartile3: number;
}

function summarize(figures: readonly number[]): Summary {
  const sorted = [...figures].sort((p, q) => p - q);
  const at = (fraction: number): number => sorted[Math.floor(fraction * (sorted.length - 1))];
  return { min: at(0), quartile1: at(0.25), median: at(0.5), quartile3: at(0.75) };
}

function report({ loop, recorded }: Recording): void {
  const rows = { "bare loop": summarize(loop), "recorded op": summarize(recorded) };
  if (values.json) {
    console.log(JSON.stringify(rows));
    return;
  }
  const cell = (x: number): string => x.toFixed(2).padStart(12);
  console.log(
    `c = a b on 16 elements, ${rounds} rounds, Node ${process.version}, ${device()}; microseconds per operation`,
  );
  console.log(
    `${" ".repeat(12)}${["min", "quartile 1", "median", "quartile 3"].map((name) => name.padStart(12)).join("")}`,
  );
  for (const [name, { min, quartile1, median, quartile3 }] of Object.entries(rows))
    console.log(`${name.padEnd(12)}${[min, quartile1, median, quartile3].map(cell).join("")}`);
  const more = rows["recorded op"].median - rows["bare loop"].median;
  console.log(`recording and the engine add ${more.toFixed(2)} microseconds (median)`);
}

report(measureRecording(rounds));
