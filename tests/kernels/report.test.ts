import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { faultsOf, readReport } from "../../scripts/kernels/report.js";
import { hasNvcc, nvcc } from "../../scripts/kernels/tools.js";
import { skipWithout } from "../support/required.js";

const clean = `ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z4fillPf' for 'sm_90a'
ptxas info    : Function properties for _Z4fillPf
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 12 registers, used 0 barriers
`;

describe("ptxas's report", () => {
  test("of a clean kernel has no faults", () => {
    const report = readReport(clean);
    expect(report.kernels).toEqual([
      { name: "_Z4fillPf", target: "sm_90a", registers: 12, spillBytes: 0, stackBytes: 0, sharedBytes: 0 },
    ]);
    expect(faultsOf(report)).toEqual([]);
  });

  test("of a kernel that spills names it, its target and the bytes", () => {
    const spilling = clean.replace("0 bytes spill stores, 0 bytes", "8 bytes spill stores, 12 bytes");
    expect(faultsOf(readReport(clean + spilling))).toEqual(["_Z4fillPf for sm_90a: 20 bytes of spills"]);
  });

  test("of a kernel with local and shared memory says how much", () => {
    const text = clean.replace("0 bytes stack", "32 bytes stack").replace("0 barriers", "1 barriers, 2304 bytes smem");
    expect(readReport(text).kernels).toMatchObject([{ stackBytes: 32, sharedBytes: 2304, spillBytes: 0 }]);
  });

  test.each([
    "ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirement.",
    "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7514) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7517) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7519) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7599) a message that no version of ptxas has yet",
    'kernels/creation/fill.cu(9): warning #177-D: variable "x" was declared but never referenced',
    "ptxas warning : Local memory used for function '_Z4fillPf', size of stack frame: 16 bytes",
  ])("with %s is refused", (line) => {
    expect(faultsOf(readReport(`${clean}${line}\n`))).toEqual([line]);
  });
});

/** The report on listings/wgmma-wait.cu, compiled with the headers of kernels/. */
function reportOnProduct(...options: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "wengert-wgmma-"));
  const kernels = fileURLToPath(new URL("../../kernels", import.meta.url));
  const source = fileURLToPath(new URL("listings/wgmma-wait.cu", import.meta.url));
  const include = ["", "runtime", "ptx"].flatMap((folder) => ["-I", join(kernels, folder)]);
  const target = ["-gencode", "arch=compute_90a,code=sm_90a", "-Xptxas", "-v", "-cubin", "-o", join(folder, "product")];
  try {
    const run = spawnSync(nvcc, ["-std=c++20", "-O3", ...options, ...include, ...target, source], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`${nvcc} failed on ${source}:\n${run.error?.message ?? run.stderr}`);
    const report = readReport(run.stdout + run.stderr);
    expect(report.kernels).toHaveLength(1);
    return faultsOf(report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const skipped = skipWithout("NVCC", hasNvcc());
describe.skipIf(skipped)(`a wgmma product${skipped ? ` (skipped: ${nvcc} was not found)` : ""}`, () => {
  test("is refused if ptxas serialises it", () => {
    const faults = reportOnProduct("-DTOUCHED");
    expect(faults.filter((fault) => /\(C75\d\d\).* serialized due to /.test(fault))).toHaveLength(1);
  }, 120_000);

  test("has no faults if one group stays in flight", () => {
    expect(reportOnProduct()).toEqual([]);
  }, 120_000);
});
