/**
 * The first thing to run on a GPU: which device it is, and whether kernels compute there at all. In a few seconds:
 *
 *     WENGERT_DEVICE=cuda npx tsx bench/smoke.ts [--out smoke.json] [--small]
 *
 * It writes, as soon as each is known: device, driver, library versions and clocks; the rate of a copy; the time from one
 * launch to the next; a large bfloat16 product, compared with sums in float64; every instruction of kernels/ptx/ptx.cuh
 * compared with its emulated twin. Needs no Python. The status is 1 if something differs.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { device, devices, emulator, manualSeed, type Tensor, tidy } from "../src/index.js";
import { checks, difference, perform } from "../tests/support/conformance.js";
import { native } from "../tests/support/device.js";
import { checkSamples, productTerms } from "../tests/support/samples.js";
import { fullEffort, measure, Rotation, setsOf, smallEffort, type Timing } from "./gpu/measure.js";
import { replaceFile } from "./gpu/results.js";
import { type Row, reduce, rows } from "./gpu/rows.js";
import { type Work, workOf } from "./gpu/work.js";

const { values } = parseArgs({
  options: { out: { type: "string", default: "smoke.json" }, small: { type: "boolean", default: false } },
});
if (device() === "cpu") throw new RangeError("the cpu has no kernels to test; set WENGERT_DEVICE to cuda or emulator");

const found: Record<string, unknown> = { date: new Date().toISOString(), commit: process.env.WENGERT_COMMIT ?? null };

/** Keeps what is known so far. */
function keep(name: string, value: unknown, text: string): void {
  found[name] = value;
  replaceFile(values.out, `${JSON.stringify(found, null, 1)}\n`);
  console.log(`${name}: ${text}`);
}

function rowNamed(name: string): Row {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new RangeError(`rows.json does not have a row "${name}"`);
  return values.small ? reduce(row) : row;
}

function timeOf(work: Work): Timing {
  return tidy(() => {
    const rotation = new Rotation(Array.from({ length: setsOf(work, values.small) }, work.make));
    return measure(native, work, rotation, values.small ? smallEffort : fullEffort);
  });
}

/** Names and versions. */
function describe(): void {
  const info = native.info();
  keep("device", { ...info, node: process.version, devices: devices() }, JSON.stringify(info));
  keep("without a kernel", native.missing(), native.missing().join(" ") || "nothing");
  clocks("idle clocks");
}

/** The driver's version, and clocks, power and temperature as they are: nothing is set. */
function clocks(name: string): void {
  const fields = ["driver_version", "clocks.sm", "clocks.max.sm", "clocks.mem", "power.draw", "temperature.gpu"];
  const { status, stdout } = spawnSync("nvidia-smi", [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader"], {
    encoding: "utf8",
    timeout: 5000,
  });
  const text = status === 0 ? stdout.trim() : "nvidia-smi failed";
  keep(name, { fields, text }, text);
}

function speeds(): void {
  const copy = workOf(rowNamed("device copy"));
  const copied = timeOf(copy);
  const rate = copy.bytes / copied.median / 1e6;
  keep("copy", { ...copied, terabytesPerSecond: rate }, `${rate.toFixed(3)} TB/s, read and written`);
  const launch = timeOf(workOf(rowNamed("empty launch")));
  keep("launch", launch, `${launch.median.toFixed(2)} us between launches`);
}

/** A product of 8192 x 8192 x 8192 in bfloat16. */
function product(): void {
  manualSeed(3);
  const row = rowNamed("matmul 8192 NN bf16");
  const [n, k] = [row.n ?? 0, row.k ?? 0];
  const work = workOf(row);
  const worst = tidy(() => {
    const operands = work.make();
    const [y] = operands.run();
    const [a, b] = operands.tensors.map((t: Tensor) => t.dataSync());
    return checkSamples("the product", y.dataSync(), productTerms(a, b, n, k), "bfloat16", { count: 256 });
  });
  const time = timeOf(work);
  clocks("clocks after the product");
  const rate = work.flops / time.median / 1e6;
  const compared = `256 elements are correct; the largest error is ${worst.toFixed(2)} times the tolerance`;
  keep("product", { ...time, teraflops: rate, worst }, `${rate.toFixed(1)} TFLOP/s; ${compared}`);
}

function conformance(): void {
  const capability = Math.round(Number(native.info().capability) * 10);
  emulator.setOptions({ capability });
  const results = checks
    .filter((check) => check.capability <= capability && (check.capability !== 90 || capability === 90))
    .map((check) => {
      const differs = difference(perform(native, check), perform(emulator, check));
      return { name: check.name, difference: differs, allowed: check.tolerance, agrees: differs <= check.tolerance };
    });
  const wrong = results.filter(({ agrees }) => !agrees);
  for (const { name, difference, allowed } of wrong)
    console.log(`conformance: ${name} differs by ${difference}, but the tolerance is ${allowed}`);
  keep("conformance", results, `${results.length - wrong.length} of ${results.length} instructions agree`);
  if (wrong.length > 0 || results.length === 0) process.exitCode = 1;
}

for (const part of [describe, speeds, product, conformance]) {
  try {
    part();
  } catch (error) {
    // The others are tried all the same.
    process.exitCode = 1;
    keep(`${part.name} failed`, String(error), error instanceof Error ? error.message : String(error));
  }
}
