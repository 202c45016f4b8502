/**
 * Compiles every kernel for sm_75, sm_80, sm_90a and for PTX of compute_80, and reads ptxas's report: a spill, a
 * warning, or a remark that wgmma was serialised fails. Then disassembles the code for sm_80 and sm_90a, and compares each
 * kernel with its row in rows.ts: widths of loads and stores, local memory, registers, blocks on a multiprocessor. Needs
 * nvcc and the disassembler (tools.ts), no GPU. Files that have passed before are not compiled again (verdict-cache.ts).
 *
 *     npm run check:kernels [-- NAME...]
 *
 * A name is a folder of kernels/, such as "matmul", or a file, such as "softmax" or "matmul.cu". Without names, all kernels
 * are checked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { prune } from "../native/cache.js";
import { kernelFiles, namedKernels } from "./files.js";
import { judge, unusedRows, type Verdict } from "./judge.js";
import { demangle, shorten } from "./names.js";
import { checkedTargets } from "./occupancy.js";
import { faultsOf, type Report, readReport } from "./report.js";
import { rows } from "./rows.js";
import { readListings } from "./sass.js";
import { tableOf } from "./table.js";
import { type Disassembler, disassemble, findDisassembler, hasNvcc, isRequired, nvcc, root, run } from "./tools.js";
import { type Found, keyOf, recall, remember, versionOf } from "./verdict-cache.js";

const output = join(root, "build", "kernels");
const targets = [
  "arch=compute_75,code=sm_75",
  "arch=compute_80,code=[sm_80,compute_80]",
  "arch=compute_90a,code=sm_90a",
];

/** The files that take longest, which are started first, so that no core waits for one of them at the end. */
const slowest = [
  "reduction/statistics.cu",
  "elementwise/arithmetic.cu",
  "reduction/extremes.cu",
  "convolution/conv-simt.cu",
  "reduction/reduce.cu",
  "normalization/norms.cu",
  "loss/cross-entropy.cu",
  "loss/soft-cross-entropy.cu",
];

interface Checked extends Found {
  readonly file: string;
  readonly seconds: number;
  readonly isRecalled: boolean;
}

/** The output path for a kernel file. It contains the folder, since two folders may have files of one name. */
const outputOf = (file: string, ending: string): string =>
  join(output, file.replaceAll("/", "-").replace(/\.cu$/, ending));

// The code for the GPU alone: the host's part is the same as in the addon.
const options = [
  ...["-std=c++20", "-O3", "-Xptxas", "-v", "-I", "kernels", "-fatbin"],
  ...targets.flatMap((target) => ["-gencode", target]),
];

/** What the results depend on besides the sources: the options, and the versions of the tools. */
function toolVersions(tools: Disassembler | undefined): string[] {
  const hostCompiler = process.env.NVCC_CCBIN ?? "g++";
  const programs = [nvcc, hostCompiler, "c++filt", ...(tools ? [tools.nvdisasm, tools.cuobjdump] : [])];
  return [...options, ...programs.map(versionOf), tools ? "disassembled" : "not disassembled"];
}

async function check(file: string, tools: Disassembler | undefined, versions: readonly string[]): Promise<Checked> {
  const start = performance.now();
  const key = keyOf(join(root, "kernels", file), join(root, "kernels"), versions);
  const recalled = recall(key, rows);
  const found = recalled ?? (await compileAndJudge(file, tools));
  if (!recalled) remember(key, found, rows);
  return { ...found, file, seconds: (performance.now() - start) / 1000, isRecalled: recalled !== undefined };
}

async function compileAndJudge(file: string, tools: Disassembler | undefined): Promise<Found> {
  const object = outputOf(file, ".fatbin");
  const compiled = await run(nvcc, [...options, join("kernels", file), "-o", object], root);
  writeFileSync(outputOf(file, ".log"), compiled.text);
  const report = readReport(compiled.text);
  const verdicts: Verdict[] = [];
  const faults = compiled.failed ? [`nvcc failed:\n${compiled.text.trim()}`] : faultsOf(report);
  if (tools && !compiled.failed)
    for (const target of checkedTargets) verdicts.push(...(await checkCode(tools, file, object, target, report)));
  faults.push(...verdicts.flatMap((verdict) => verdict.faults));
  return { report, verdicts, faults };
}

/** Judges every kernel for one target. */
async function checkCode(
  tools: Disassembler,
  file: string,
  object: string,
  target: string,
  { kernels }: Report,
): Promise<Verdict[]> {
  const text = await disassemble(tools, object, target, outputOf(file, `-${target}`));
  const listings = new Map(readListings(text).map((listing) => [listing.name, listing]));
  const own = kernels.filter((kernel) => kernel.target === target);
  const names = demangle(own.map(({ name }) => name)).map(shorten);
  return own.map((report, index) => {
    const listing = listings.get(report.name);
    if (!listing)
      throw new Error(`${file}: ptxas compiled ${report.name} for ${target}, but nvdisasm does not list it`);
    return judge({ name: names[index], report, listing }, rows);
  });
}

/** Checks the files, as many at a time as there are cores. */
async function checkAll(files: readonly string[], all: boolean, tools: Disassembler | undefined): Promise<boolean> {
  const waiting = [
    ...slowest.filter((file) => files.includes(file)),
    ...files.filter((file) => !slowest.includes(file)),
  ];
  const versions = toolVersions(tools);
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  let kernels = 0;
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const checked = await check(file, tools, versions);
      const registers = Math.max(0, ...checked.report.kernels.map((kernel) => kernel.registers));
      const cells = [
        checked.file.padEnd(36),
        `${checked.report.kernels.length} kernels`.padStart(12),
        `at most ${registers} registers`.padStart(24),
        checked.isRecalled ? "   cached" : `${checked.seconds.toFixed(1)} s`.padStart(9),
        checked.faults.length > 0 ? `  ${checked.faults.length} problems, listed at the end` : "",
      ];
      console.log(cells.join(""));
      kernels += checked.report.kernels.length;
      verdicts.push(...checked.verdicts);
      faults.push(...checked.faults);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  prune();
  if (tools) {
    if (all) faults.push(...unusedRows(verdicts, rows));
    console.log(`\n${tableOf(verdicts, rows).join("\n")}`);
  }
  if (faults.length > 0) console.error(`\nproblems:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  console.log(
    `\n${files.length} files, ${kernels} kernels for all targets, ${verdicts.length} disassembled, ${faults.length} problems`,
  );
  return faults.length === 0 && kernels > 0;
}

/** The disassembler, or undefined if it is missing and not required. */
function disassembler(): Disassembler | undefined {
  try {
    return findDisassembler();
  } catch (error) {
    console.error(`the machine code is not checked: ${(error as Error).message}`);
    if (isRequired) process.exit(1);
    return undefined;
  }
}

/** The kernels with these names, or all of them. */
function chosenFiles(names: readonly string[]): string[] {
  try {
    return names.length > 0 ? namedKernels(names) : kernelFiles();
  } catch (error) {
    console.error(`check:kernels: ${(error as Error).message}`);
    return process.exit(1);
  }
}

const usage = `usage: npm run check:kernels [-- NAME...]

NAME is a folder of kernels/, such as "matmul", or a file, such as "softmax" or "matmul.cu". Without names, all kernels are
checked. Needs nvcc (set NVCC to use another one), cuobjdump and nvdisasm, but no GPU.`;

const named = process.argv.slice(2);
if (named.some((name) => name === "--help" || name === "-h")) {
  console.log(usage);
} else if (named.some((name) => name.startsWith("-"))) {
  console.error(`check:kernels: unknown option ${named.find((name) => name.startsWith("-"))}\n${usage}`);
  process.exitCode = 1;
} else if (hasNvcc()) {
  mkdirSync(output, { recursive: true });
  process.exitCode = (await checkAll(chosenFiles(named), named.length === 0, disassembler())) ? 0 : 1;
} else {
  console.log(
    `${nvcc} was not found: the kernels were not compiled for a GPU. Install CUDA 12.4 or later, or set NVCC to its path`,
  );
  process.exitCode = isRequired ? 1 : 0;
}
