/**
 * Compiles every kernel for sm_75, sm_80, sm_90a and for PTX of compute_80, and reads ptxas's report: a spill, a
 * warning, or a remark that wgmma was serialised fails. Then disassembles the code for sm_80 and sm_90a, and compares each
 * kernel with its row in rows.ts: widths of loads and stores, local memory, registers, blocks on a multiprocessor. Needs
 * nvcc and the disassembler (tools.ts), no GPU.
 *
 *     npm run check:kernels [-- NAME...]
 *
 * A name is a folder of kernels/, such as "matmul", or a file, such as "softmax" or "matmul.cu". Without names, all kernels
 * are checked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { kernelFiles, namedKernels } from "./files.js";
import { judge, unusedRows, type Verdict } from "./judge.js";
import { demangle, shorten } from "./names.js";
import { checkedTargets } from "./occupancy.js";
import { faultsOf, type Report, readReport } from "./report.js";
import { rows } from "./rows.js";
import { readListings } from "./sass.js";
import { tableOf } from "./table.js";
import { type Disassembler, disassemble, findDisassembler, hasNvcc, isRequired, nvcc, root, run } from "./tools.js";

const output = join(root, "build", "kernels");
const targets = [
  "arch=compute_75,code=sm_75",
  "arch=compute_80,code=[sm_80,compute_80]",
  "arch=compute_90a,code=sm_90a",
];

interface Checked {
  readonly file: string;
  readonly seconds: number;
  readonly report: Report;
  readonly verdicts: readonly Verdict[];
  readonly faults: readonly string[];
}

/** The output path for a kernel file. It contains the folder, since two folders may have files of one name. */
const outputOf = (file: string, ending: string): string =>
  join(output, file.replaceAll("/", "-").replace(/\.cu$/, ending));

async function check(file: string, tools: Disassembler | undefined): Promise<Checked> {
  const start = performance.now();
  const object = outputOf(file, ".fatbin");
  // The code for the GPU alone: the host's part is the same as in the addon.
  const args = [
    "-std=c++20",
    "-O3",
    "-Xptxas",
    "-v",
    "-I",
    join(root, "kernels"),
    "-fatbin",
    join(root, "kernels", file),
  ];
  const compiled = await run(nvcc, [...args, ...targets.flatMap((target) => ["-gencode", target]), "-o", object]);
  writeFileSync(outputOf(file, ".log"), compiled.text);
  const report = readReport(compiled.text);
  const verdicts: Verdict[] = [];
  const faults = compiled.failed ? [`nvcc failed:\n${compiled.text.trim()}`] : faultsOf(report);
  if (tools && !compiled.failed)
    for (const target of checkedTargets) verdicts.push(...(await checkCode(tools, file, object, target, report)));
  faults.push(...verdicts.flatMap((verdict) => verdict.faults));
  return { file, seconds: (performance.now() - start) / 1000, report, verdicts, faults };
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
  const waiting = [...files];
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  let kernels = 0;
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const checked = await check(file, tools);
      const registers = Math.max(0, ...checked.report.kernels.map((kernel) => kernel.registers));
      const cells = [
        checked.file.padEnd(36),
        `${checked.report.kernels.length} kernels`.padStart(12),
        `at most ${registers} registers`.padStart(24),
        `${checked.seconds.toFixed(1)} s`.padStart(9),
        checked.faults.length > 0 ? `  ${checked.faults.length} faults, listed at the end` : "",
      ];
      console.log(cells.join(""));
      kernels += checked.report.kernels.length;
      verdicts.push(...checked.verdicts);
      faults.push(...checked.faults);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (tools) {
    if (all) faults.push(...unusedRows(verdicts, rows));
    console.log(`\n${tableOf(verdicts, rows).join("\n")}`);
  }
  if (faults.length > 0) console.error(`\nfaults:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  console.log(
    `\n${files.length} files, ${kernels} kernels of all targets, ${verdicts.length} disassembled, ${faults.length} faults`,
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
checked. Needs nvcc (the variable NVCC names another one), cuobjdump and nvdisasm, no GPU.`;

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
    `${nvcc} was not found: the kernels were not compiled for a GPU. Install CUDA 12.4 or later, or name it with NVCC=...`,
  );
  process.exitCode = isRequired ? 1 : 0;
}
