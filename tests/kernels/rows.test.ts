import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { judge, unusedRows } from "../../scripts/kernels/judge.js";
import { demangle, shorten } from "../../scripts/kernels/names.js";
import { blocksPerProcessor } from "../../scripts/kernels/occupancy.js";
import type { KernelReport } from "../../scripts/kernels/report.js";
import type { Row } from "../../scripts/kernels/row.js";
import { rows } from "../../scripts/kernels/rows.js";
import { readListings } from "../../scripts/kernels/sass.js";
import { skipWithout } from "../support/required.js";
import { hidden, listingOf, reportOf } from "./support.js";

const row: Row = { kernel: /^wide$/, title: "wide", load: 16, store: 16, registers: 32, blocks: 8 };
const name = { text: "wide", args: [] };

/** The faults of a sample by a row. */
function faultsOf(sample: string, changed: Partial<Row> = {}, report: Partial<KernelReport> = {}): readonly string[] {
  return judge({ name, report: reportOf(report), listing: listingOf(sample) }, [{ ...row, ...changed }]).faults;
}

describe("a row", () => {
  test("a matching kernel has no faults", () => {
    expect(faultsOf("wide")).toEqual([]);
  });

  test("reports a narrow store", () => {
    expect(faultsOf("narrow")).toEqual(["wide for sm_90a: stores are 4 bytes wide, but the row requires 16"]);
  });

  test("reports a narrow load", () => {
    expect(faultsOf("pipeline", { path: "pipeline" })).toEqual([
      "wide for sm_90a: loads are 2 bytes wide, but the row requires 16",
    ]);
  });

  test("reports vector stores that were taken apart", () => {
    expect(faultsOf("split")).toEqual([
      "wide for sm_90a: 1 groups of stores could each be one access, but the row allows at most 0",
    ]);
  });

  test("reports too few wide stores", () => {
    expect(faultsOf("guarded", { stores: 2 })).toEqual([
      "wide for sm_90a: 1 stores of 16 bytes, but the row requires at least 2",
    ]);
  });

  test("reports a narrow loop beside a wide one, unless it is known", () => {
    const judged = (known?: Row["known"]) =>
      judge({ name, report: reportOf(), listing: readListings(hidden)[0] }, [{ ...row, known }]);
    expect(judged().faults).toEqual([
      "wide for sm_90a: 1 innermost loops store fewer than 16 bytes at once, but the row allows at most 0",
    ]);
    const known = { narrowStoreLoops: 1, why: "because" };
    expect(judged(known)).toMatchObject({ faults: [], needs: ["narrowStoreLoops"] });
  });

  test("reports local memory, by ptxas's word and by the instructions", () => {
    const fault = "bytes of local memory and 6 accesses to it, but the row allows at most 0 bytes";
    expect(faultsOf("local", { store: 0 }, { stackBytes: 32 })).toEqual([`wide for sm_90a: 32 ${fault}`]);
    expect(faultsOf("local", { store: 0 })).toEqual([`wide for sm_90a: 0 ${fault}`]);
  });

  test("reports too many registers", () => {
    expect(faultsOf("wide", { blocks: 1 }, { registers: 33 })).toEqual([
      "wide for sm_90a: 33 registers, but the row allows at most 32",
    ]);
  });

  test("reports too few blocks on a multiprocessor, for registers and for shared memory", () => {
    const fault = "blocks of 256 threads on a multiprocessor, but the row requires at least 8";
    expect(faultsOf("wide", { registers: 40 }, { registers: 40 })).toEqual([`wide for sm_90a: 6 ${fault}`]);
    expect(faultsOf("wide", { shared: 40 * 1024 })).toEqual([`wide for sm_90a: 5 ${fault}`]);
    expect(faultsOf("wide", {}, { sharedBytes: 40 * 1024 })).toEqual([`wide for sm_90a: 5 ${fault}`]);
  });

  test("allows a known shortfall, and nothing worse", () => {
    expect(faultsOf("narrow", { known: { store: 4, why: "because" } })).toEqual([]);
    expect(faultsOf("narrow", { known: { store: 8, why: "because" } })).toEqual([
      "wide for sm_90a: stores are 4 bytes wide, but the row requires 8",
    ]);
    expect(faultsOf("split", { known: { splitStores: 1, why: "because" } })).toEqual([]);
    const local = { store: 0, known: { stack: 32, why: "because" } };
    expect(faultsOf("local", local, { stackBytes: 32 })).toEqual([]);
    expect(faultsOf("local", local, { stackBytes: 40 })).toHaveLength(1);
  });

  test("every kernel needs a row", () => {
    const { faults } = judge({ name, report: reportOf(), listing: listingOf("wide") }, []);
    expect(faults).toEqual(["wide for sm_90a: no row of scripts/kernels/rows.ts matches; add one"]);
  });
});

describe("the table of rows", () => {
  const judged = (rows: readonly Row[]) => [judge({ name, report: reportOf(), listing: listingOf("wide") }, rows)];

  test("reports a row that matches no kernel", () => {
    const table = [row, { ...row, kernel: /^gone$/, title: "gone" }];
    expect(unusedRows(judged(table), table)).toEqual(['row "gone": no kernel matches /^gone$/; correct or delete it']);
  });

  test("reports a row behind one that matches the same", () => {
    const table = [row, { ...row, title: "hidden" }];
    expect(unusedRows(judged(table), table)).toHaveLength(1);
  });

  test("reports a known shortfall that no longer exists", () => {
    const table = [{ ...row, known: { store: 4, why: "because" } }];
    expect(unusedRows(judged(table), table)).toEqual([
      'row "wide": every kernel meets this row; delete store from known',
    ]);
  });

  test("requires 16-byte stores of every optimizer, one for each tensor that it updates", () => {
    const adam = shorten(
      "void wengert::(anonymous namespace)::stepParameters<float, wengert::(anonymous namespace)::Adam<float, true> >(int)",
    );
    const { faults } = judge({ name: adam, report: reportOf(), listing: listingOf("split") }, rows);
    expect(faults).toEqual([
      `${adam.text} for sm_90a: 1 groups of stores could each be one access, but the row allows at most 0`,
      `${adam.text} for sm_90a: 1 stores of 16 bytes, but the row requires at least 4`,
    ]);
  });
});

describe("names of kernels", () => {
  const skipped = skipWithout("TOOLS", spawnSync("c++filt", ["--version"]).status === 0);
  const why = skipped ? " (skipped: c++filt of binutils was not found)" : "";
  test.skipIf(skipped)(`are demangled, and keep their template arguments${why}`, () => {
    const mangled =
      "_ZN7wengert51_GLOBAL__N__765f09b6_13_optimizers_cu_021edf3f_834114stepParametersIfNS0_4AdamIfLb1EEEEEvT0_NS_11TensorTableIXplLi2EsrS4_5slotsEEENS_5DTypeENS0_8ProgressE";
    const [demangled] = demangle([mangled]);
    expect(shorten(demangled)).toEqual({
      text: "stepParameters<float, Adam<float, true> >",
      args: ["float", "Adam<float, true>"],
    });
  });

  test("without template arguments end before the parameters", () => {
    expect(shorten("wengert::fillKernel(unsigned char*, long)")).toEqual({ text: "fillKernel", args: [] });
  });
});

describe("blocks on a multiprocessor", () => {
  test.each([
    // What CUDA's occupancy calculator gives.
    ["sm_80", 32, 256, 0, 8],
    ["sm_80", 33, 256, 0, 6],
    ["sm_80", 255, 256, 0, 1],
    ["sm_90a", 168, 384, 0, 1],
    ["sm_90a", 16, 32, 0, 32],
    ["sm_80", 32, 128, 48 * 1024, 3],
    ["sm_90a", 32, 128, 48 * 1024, 4],
    ["sm_80", 32, 1024, 164 * 1024, 0],
  ])(
    "of %s with %d registers, %d threads and %d bytes are as NVIDIA says",
    (target, registers, threads, shared, blocks) =>
      expect(blocksPerProcessor(target, registers, threads, shared)).toBe(blocks),
  );
});
