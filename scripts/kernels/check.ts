/**
 * Compiles every kernel for sm_75, sm_80, sm_90a and for PTX of compute_80, and reads ptxas's report: a spill, a
 * warning, or a remark that wgmma was serialised fails. Needs nvcc, no GPU.
 *
 *     npm run check:kernels [-- FILE...]
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { faultsOf, type KernelReport, readReport } from "./report.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const output = join(root, "build", "kernels");
const nvcc = process.env.NVCC ?? "nvcc";
const targets = [
  "arch=compute_75,code=sm_75",
  "arch=compute_80,code=[sm_80,compute_80]",
  "arch=compute_90a,code=sm_90a",
];

interface Compiled {
  readonly file: string;
  readonly seconds: number;
  readonly kernels: readonly KernelReport[];
  readonly faults: readonly string[];
}

function compile(file: string): Promise<Compiled> {
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
  const object = join(output, `${basename(file, ".cu")}.fatbin`);
  const start = performance.now();
  return new Promise((resolve) => {
    execFile(
      nvcc,
      [...args, ...targets.flatMap((target) => ["-gencode", target]), "-o", object],
      { maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        const text = `${stdout}${stderr}`;
        writeFileSync(join(output, `${basename(file, ".cu")}.log`), text);
        const report = readReport(text);
        const faults = error ? [`nvcc failed:\n${text.trim()}`] : faultsOf(report);
        resolve({ file, seconds: (performance.now() - start) / 1000, kernels: report.kernels, faults });
      },
    );
  });
}

/** Compiles the files, as many at a time as there are cores. */
async function compileAll(files: readonly string[]): Promise<boolean> {
  const waiting = [...files];
  let [kernels, faulty] = [0, 0];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const compiled = await compile(file);
      const registers = Math.max(0, ...compiled.kernels.map((kernel) => kernel.registers));
      const cells = [
        compiled.file.padEnd(28),
        `${compiled.kernels.length} kernels`.padStart(12),
        `at most ${registers} registers`.padStart(24),
        `${compiled.seconds.toFixed(1)} s`.padStart(9),
      ];
      console.log(cells.join(""));
      for (const fault of compiled.faults) console.error(`  ${fault}`);
      kernels += compiled.kernels.length;
      faulty += compiled.faults.length;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(`${files.length} files, ${kernels} kernels of all targets, ${faulty} faults`);
  return faulty === 0 && kernels > 0;
}

if (spawnSync(nvcc, ["--version"]).status === 0) {
  mkdirSync(output, { recursive: true });
  const named = process.argv.slice(2);
  const files = named.length > 0 ? named : readdirSync(join(root, "kernels")).filter((file) => file.endsWith(".cu"));
  process.exitCode = (await compileAll(files)) ? 0 : 1;
} else {
  console.log(`${nvcc} was not found: the kernels were not compiled for a GPU`);
  // Where CI runs it has to be there.
  process.exitCode = process.env.CI === "true" ? 1 : 0;
}
