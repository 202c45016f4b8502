import { describe, expect, test } from "vitest";
import { faultsOf, readReport } from "../../scripts/kernels/report.js";

const clean = `ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z4fillPf' for 'sm_90a'
ptxas info    : Function properties for _Z4fillPf
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 12 registers, used 0 barriers
`;

describe("ptxas's report", () => {
  test("of a clean kernel has no faults", () => {
    const report = readReport(clean);
    expect(report.kernels).toEqual([{ name: "_Z4fillPf", target: "sm_90a", registers: 12, spillBytes: 0 }]);
    expect(faultsOf(report)).toEqual([]);
  });

  test("of a kernel that spills names it, its target and the bytes", () => {
    const spilling = clean.replace("0 bytes spill stores, 0 bytes", "8 bytes spill stores, 12 bytes");
    expect(faultsOf(readReport(clean + spilling))).toEqual(["_Z4fillPf for sm_90a: 20 bytes of spills"]);
  });

  test.each([
    "ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirement.",
    "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7517) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    "ptxas info    : (C7519) Potential Performance Loss: wgmma.mma_async instructions are serialized due to ...",
    'kernels/fill.cu(9): warning #177-D: variable "x" was declared but never referenced',
    "ptxas warning : Local memory used for function '_Z4fillPf', size of stack frame: 16 bytes",
  ])("with %s is refused", (line) => {
    expect(faultsOf(readReport(`${clean}${line}\n`))).toEqual([line]);
  });
});
