/**
 * Times ops on the device in use, in sizes that fill a GPU. Each figure is the median over rounds; a round submits
 * enough calls to last a while and waits once. Operands rotate through more memory than the second-level cache holds,
 * and are random: zeros run faster than any data. Results of matmul and conv2d are then compared with sums in float64,
 * element by element, in samples.
 *
 *     WENGERT_DEVICE=cuda npx tsx bench/device.ts [--out FILE] [--only NAME] [--scale 0.01]
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { conv2d, DeviceError, type DType, device, randn, Scope, sync, type Tensor, tidy } from "../src/index.js";
import { native } from "../tests/support/device.js";
import { checkSamples, convolutionTerms, productTerms, type Terms } from "../tests/support/samples.js";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string" },
    /** Factor on the sizes, to try the script where there is no GPU. */
    scale: { type: "string", default: "1" },
    rounds: { type: "string", default: "9" },
  },
});
const scale = Number(values.scale);
const rounds = Number(values.rounds);
if (!(scale > 0 && scale <= 1)) throw new RangeError(`--scale is a number from 0 to 1, got ${values.scale}`);
if (!(rounds >= 1)) throw new RangeError(`--rounds is a positive number, got ${values.rounds}`);

/** Multiples of 8, so that rows stay aligned. */
const scaled = (size: number): number => Math.max(8, Math.round((size * scale) / 8) * 8);

interface Row {
  /** The same name stands in bench/peers/device_torch.py. */
  readonly name: string;
  readonly dtype: DType;
  /** Floating-point operations of a call, and the fewest bytes it can move. */
  readonly flops: number;
  readonly bytes: number;
  readonly inputs: () => Tensor[];
  readonly run: (inputs: readonly Tensor[]) => Tensor;
  /** What elements of the result are sums of; given where every product counts. */
  readonly terms?: (inputs: readonly ArrayLike<number>[]) => Terms;
}

const random = (dtype: DType, ...shape: number[]): Tensor => randn(shape, { dtype });
const sizeOf: Partial<Record<DType, number>> = { float32: 4, bfloat16: 2, float16: 2 };

function matmulRow(n: number, dtype: DType): Row {
  const m = scaled(n);
  const bytes = 3 * m * m * (sizeOf[dtype] ?? 4);
  const inputs = (): Tensor[] => [random(dtype, m, m), random(dtype, m, m)];
  const terms: Row["terms"] = ([a, b]) => productTerms(a, b, m, m);
  return { name: `matmul ${n}`, dtype, flops: 2 * m ** 3, bytes, inputs, run: ([a, b]) => a.matmul(b), terms };
}

function elementwiseRow(name: string, dtype: DType, operands: number, run: Row["run"]): Row {
  const n = scaled(2 ** 26);
  const bytes = (operands + 1) * n * (sizeOf[dtype] ?? 4);
  const inputs = (): Tensor[] => Array.from({ length: operands }, () => random(dtype, n));
  return { name, dtype, flops: n, bytes, inputs, run };
}

function rowsRow(name: string, dtype: DType, run: Row["run"], passes = 2): Row {
  const [rows, columns] = [scaled(8192), scaled(8192)];
  const bytes = passes * rows * columns * (sizeOf[dtype] ?? 4);
  return { name, dtype, flops: 4 * rows * columns, bytes, inputs: () => [random(dtype, rows, columns)], run };
}

function convRow(dtype: DType): Row {
  const [n, c, k, size] = [scaled(64), scaled(128), scaled(128), scaled(56)];
  const pixels = n * (size - 2) ** 2;
  const bytes = (n * c * size * size + k * c * 9 + k * pixels) * (sizeOf[dtype] ?? 4);
  const inputs = (): Tensor[] => [random(dtype, n, c, size, size), random(dtype, k, c, 3, 3)];
  return {
    name: "conv2d 3x3",
    dtype,
    flops: 2 * pixels * k * c * 9,
    bytes,
    inputs,
    run: ([x, w]) => conv2d(x, w),
    terms: ([x, w]) => convolutionTerms(x, w, { channels: c, filters: k, image: [size, size], kernel: [3, 3] }),
  };
}

const table: readonly Row[] = [
  matmulRow(4096, "float32"),
  matmulRow(4096, "bfloat16"),
  matmulRow(8192, "bfloat16"),
  matmulRow(4096, "float16"),
  elementwiseRow("add", "float32", 2, ([a, b]) => a.add(b)),
  elementwiseRow("add", "bfloat16", 2, ([a, b]) => a.add(b)),
  elementwiseRow("gelu", "float32", 1, ([a]) => a.gelu()),
  elementwiseRow("gelu", "bfloat16", 1, ([a]) => a.gelu()),
  rowsRow("softmax", "float32", ([x]) => x.softmax()),
  rowsRow("softmax", "bfloat16", ([x]) => x.softmax()),
  rowsRow("sum", "float32", ([x]) => x.sum(), 1),
  rowsRow("sum axis 0", "float32", ([x]) => x.sum(0), 1),
  rowsRow("sum axis 1", "float32", ([x]) => x.sum(1), 1),
  rowsRow("transpose", "float32", ([x]) => x.transpose()),
  convRow("float32"),
  convRow("bfloat16"),
];

interface Figure {
  readonly name: string;
  readonly dtype: DType;
  readonly device: string;
  /** Microseconds a call: the median over rounds, and the quartiles. */
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly gigabytesPerSecond: number;
  readonly teraflops: number;
  /** The largest error found in samples of the result, as a part of what rounding allows; null where none is taken. */
  readonly error: number | null;
}

/** Sets of operands to rotate through: 256 MiB, several times the largest cache. */
const setsFor = (bytes: number): number => Math.min(8, Math.max(1, Math.ceil((2 ** 28 * scale) / bytes)));

/** Throws where a result is wrong. */
function check({ name, dtype, run, terms }: Row, inputs: readonly Tensor[]): number | null {
  if (!terms) return null;
  const values = inputs.map((x) => x.dataSync());
  return tidy(() => checkSamples(`${name} ${dtype}`, run(inputs).dataSync(), terms(values), dtype));
}

function measure(row: Row): Figure {
  using _scope = new Scope();
  const sets = Array.from({ length: setsFor(row.bytes) }, row.inputs);
  const submit = (calls: number): number => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      tidy(() => {
        row.run(sets[i % sets.length]);
      });
    }
    sync();
    return ((performance.now() - start) * 1000) / calls;
  };
  submit(2);
  const calls = Math.max(2, Math.min(1000, Math.ceil(20_000 / submit(3)))); // 20 ms a round
  const times = Array.from({ length: rounds }, () => submit(calls)).sort((p, q) => p - q);
  const at = (fraction: number): number => times[Math.floor(fraction * (times.length - 1))];
  const median = at(0.5);
  return {
    name: row.name,
    dtype: row.dtype,
    device: device(),
    median,
    quartiles: [at(0.25), at(0.75)],
    gigabytesPerSecond: row.bytes / median / 1e3,
    teraflops: row.flops / median / 1e6,
    error: check(row, sets[0]),
  };
}

/** The commit that is measured; a bundle has no repository, but says which it is of. */
function commit(): string | null {
  if (process.env.WENGERT_COMMIT) return process.env.WENGERT_COMMIT;
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return null;
  }
}

const describeDevice = () => (device() === "cpu" ? { name: "cpu" } : native.info());

const figures: Figure[] = [];
const failures: string[] = [];
for (const row of table.filter(({ name }) => !values.only || name.startsWith(values.only))) {
  try {
    const figure = measure(row);
    figures.push(figure);
    const { median, quartiles, gigabytesPerSecond, teraflops, error } = figure;
    const cells = [
      `${row.name} ${row.dtype}`.padEnd(24),
      `${median.toFixed(1)} us`.padStart(14),
      `(${quartiles[0].toFixed(1)} to ${quartiles[1].toFixed(1)})`.padStart(24),
      `${gigabytesPerSecond.toFixed(0)} GB/s`.padStart(12),
      `${teraflops.toFixed(2)} TFLOP/s`.padStart(16),
      error === null ? "" : `  error ${error.toFixed(2)} of what is allowed`,
    ];
    console.log(cells.join(""));
  } catch (error) {
    // The others are measured all the same.
    failures.push(`${row.name} ${row.dtype}: ${error instanceof Error ? error.message : error}`);
    if (!(error instanceof DeviceError)) process.exitCode = 1;
  }
}
const run = { date: new Date().toISOString(), commit: commit(), node: process.version, scale, ...describeDevice() };
if (values.out) writeFileSync(values.out, `${JSON.stringify({ ...run, failures, figures }, null, 2)}\n`);
for (const failure of failures) console.log(failure);
console.log(`${figures.length} rows measured, ${failures.length} failed`);
