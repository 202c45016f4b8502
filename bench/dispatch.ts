/**
 * What an op costs the host on a device that an addon drives: everything from the method to the launch, except for the
 * launch itself.
 *
 *     WENGERT_DEVICE=emulator npm run bench:dispatch [-- --rounds N] [--json]
 */
import { parseArgs } from "node:util";
import {
  conv2d,
  cuda,
  device,
  emulator,
  layerNorm,
  linear,
  maxPool2d,
  noGrad,
  ones,
  Scope,
  Tape,
  tensor,
  where,
} from "../src/index.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "300" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds must be a positive integer, got ${values.rounds}`);

const name = device();
if (name === "cpu")
  throw new RangeError(
    "the benchmark does not run on the cpu, which launches no kernels; set WENGERT_DEVICE to cuda or emulator",
  );
(name === "cuda" ? cuda : emulator).setOptions({ skipLaunches: true, poison: false });

const a = tensor(new Float32Array(16), { requiresGrad: true });
const b = tensor(new Float32Array(16));
const [matrix, vector] = [ones([4, 4]), ones([4])];
const [images, filters] = [ones([2, 3, 8, 8]), ones([4, 3, 3, 3])];
const mask = matrix.gt(0);

/** Ops of one launch each. */
const ops = {
  mul: () => a.mul(b),
  "mul, broadcast": () => matrix.mul(vector),
  relu: () => a.relu(),
  where: () => where(mask, matrix, matrix),
  sum: () => matrix.sum(1),
  softmax: () => matrix.softmax(1),
  transpose: () => matrix.transpose(),
  slice: () => matrix.slice([[1, 3]]),
  matmul: () => matrix.matmul(matrix),
  linear: () => linear(matrix, matrix, vector),
  layerNorm: () => layerNorm(matrix, 4, { weight: vector, bias: vector }),
  conv2d: () => conv2d(images, filters),
  maxPool2d: () => maxPool2d(images, 2),
};

/** Ops in a round: of the first two rows, and of each of the others. */
const [many, fewer] = [1000, 200];

function unrecorded(op: () => unknown, count: number): void {
  using _ = new Scope();
  noGrad(() => {
    for (let k = 0; k < count; k++) op();
  });
}

function recorded(): void {
  using tape = new Tape();
  for (let k = 0; k < many; k++) a.mul(b);
  if (tape.entries.length !== many) throw new Error(`expected ${many} recorded ops, got ${tape.entries.length}`);
}

/** Microseconds an op. */
function timed(run: () => void, count: number): number {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1000) / count;
}

const figures: Record<string, number[]> = { unrecorded: [], recorded: [] };
for (let round = 0; round < rounds; round++) {
  figures.unrecorded.push(timed(() => unrecorded(ops.mul, many), many));
  figures.recorded.push(timed(recorded, many));
}
for (const row of Object.keys(ops)) figures[row] = [];
for (let round = 0; round < rounds; round++)
  for (const [row, op] of Object.entries(ops)) figures[row].push(timed(() => unrecorded(op, fewer), fewer));

const summary = (list: number[]): { min: number; median: number } => {
  const sorted = list.sort((p, q) => p - q);
  return { min: sorted[0], median: sorted[sorted.length >> 1] };
};
const result = Object.fromEntries(Object.entries(figures).map(([row, list]) => [row, summary(list)]));
if (values.json) console.log(JSON.stringify(result));
else {
  console.log(`microseconds per op, ${rounds} rounds, Node ${process.version}, ${name}`);
  for (const [row, { min, median }] of Object.entries(result))
    console.log(`${row.padEnd(15)} best ${min.toFixed(2)}, median ${median.toFixed(2)}`);
}
