/**
 * Times the case list of tests/cases/index.ts, the one that the tests run: each case forward, and with its gradients.
 *
 *     npm run bench -- [op or op/case ...] [--seconds 0.2]
 */
import { parseArgs } from "node:util";
import { add, configure, cycle, suite } from "benny";
import { device, Scope, Tape } from "../src/index.js";
import type { Case, InputTensors } from "../tests/cases/case.js";
import { caseFileNames, type Sample, samplesOf } from "../tests/support/goldens.js";
import { inputsOf, outputsOf, project, wrtOf } from "../tests/support/run.js";

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "0.2" } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new RangeError(`--seconds must be a positive number, got ${values.seconds}`);

function forward(sample: Case, inputs: InputTensors): void {
  using _scope = new Scope();
  outputsOf(sample, inputs);
}

/** Forward and backward on a separate tape; false if nothing depends on the inputs. */
function withGradients(sample: Case, inputs: InputTensors): boolean {
  using tape = new Tape();
  const wrt = wrtOf(sample).map((name) => tape.watch(inputs[name]));
  const y = wrt.length > 0 ? project(outputsOf(sample, inputs)) : null;
  if (y) tape.gradients(y, wrt, { unused: "zeros" });
  return y !== null;
}

/** The rows of one case: its name, and what is timed. */
function rowsOf({ op, key, sample }: Sample): [name: string, run: () => unknown][] {
  const constants = inputsOf(op, sample, "float32");
  const variables = inputsOf(op, sample, "float32");
  const rows: [string, () => unknown][] = [[`${key}, forward`, () => forward(sample, constants)]];
  if (withGradients(sample, variables)) rows.push([`${key}, with gradients`, () => withGradients(sample, variables)]);
  return rows;
}

/** The first calls are those that the compiler of JavaScript learns from. */
function warmedUp(run: () => unknown): () => unknown {
  for (const end = performance.now() + 20; performance.now() < end; ) run();
  return run;
}

const samples = caseFileNames
  .flatMap(samplesOf)
  .filter(({ op, key }) => names.length === 0 || names.includes(op) || names.includes(key));
if (samples.length === 0) throw new RangeError(`there is no case named ${names.join(" or ")}`);

const print = cycle(({ name, margin, samples: count, details }) => {
  const microseconds = (details.median * 1e6).toFixed(2).padStart(10);
  console.log(`${name.padEnd(56)}${microseconds} us  +-${margin.toFixed(1)}%  ${count} samples`);
  return "";
});

console.log(`${samples.length} cases in float32 on ${device()}, Node ${process.version}; median times per call`);
await suite(
  "ops",
  configure({ cases: { minSamples: 5, maxTime: seconds } }),
  ...samples.flatMap(rowsOf).map(([name, run]) => add(name, () => warmedUp(run))),
  print,
);
