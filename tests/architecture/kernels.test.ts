/** The layout of kernels/ and native/: sizes of folders, file names, includes, and which family includes which. */
import { describe, expect, test } from "vitest";
import type { Files } from "./imports.js";
import {
  crowded,
  familyCycles,
  familyGraph,
  includeFaults,
  includesOf,
  misnamed,
  readSources,
  sharedNames,
} from "./includes.js";

const files = readSources("kernels", "native", "tests/native");

/** The limit of files in a folder. */
const most = (folder: string): number => (folder.startsWith("kernels") ? 20 : 25);

describe("kernels/ and native/", () => {
  test("are found, with their includes", () => {
    expect(files.has("kernels/matmul/matmul.cu")).toBe(true);
    expect(files.has("native/addon.cc")).toBe(true);
    expect([...files.values()].flatMap(includesOf).length).toBeGreaterThan(300);
    expect(familyGraph(files).get("convolution")).toContain("matmul");
  });

  test("have at most 20 files in a folder of kernels/, and 25 elsewhere", () => {
    expect(crowded(files, most)).toEqual([]);
  });

  test("name files by lower-case words with hyphens, and each kernel file differently", () => {
    expect(misnamed(files)).toEqual([]);
    expect(sharedNames(files)).toEqual([]);
  });

  test("include every file by its full path from kernels/ or native/", () => {
    expect(includeFaults(files)).toEqual([]);
  });

  test("have no folders of kernels/ that include each other in a cycle", () => {
    expect(familyCycles(files)).toEqual([]);
  });
});

const of = (sources: Record<string, string>): Files => new Map(Object.entries(sources));

describe("the checks find what they look for:", () => {
  test("includes in quotes, indented or not, and not those of the system", () => {
    const text = '#include <cmath>\n#include "a/b.h"\n#if X\n  #  include "c.h"  // why\n#endif\n// #include "d.h"\n';
    expect(includesOf(text)).toEqual(["a/b.h", "c.h"]);
  });

  test("families that include each other in a cycle, directly and through a third", () => {
    const graph = {
      "kernels/loss/losses.cu": '#include "reduction/rows.cuh"',
      "kernels/reduction/rows.cuh": '#include "runtime/launch.h"\n#include "reduction/folds.cuh"',
      "kernels/reduction/folds.cuh": "",
      "kernels/runtime/launch.h": "",
      "kernels/elementwise/walk.cuh": '#include "runtime/launch.h"',
    };
    expect(familyCycles(of(graph))).toEqual([]);
    const direct = { ...graph, "kernels/reduction/folds.cuh": '#include "loss/losses.cu"' };
    expect(familyCycles(of(direct))).toEqual([["loss", "reduction"]]);
    const third = {
      ...graph,
      "kernels/reduction/folds.cuh": '#include "elementwise/walk.cuh"',
      "kernels/elementwise/walk.cuh": '#include "loss/losses.cu"',
    };
    expect(familyCycles(of(third))).toEqual([["elementwise", "loss", "reduction"]]);
  });

  test.each([
    ["launch.h", "an include is the full path from kernels/ or native/"],
    ["../runtime/launch.h", "an include is a path from kernels/ or native/"],
    ["./launch.h", "an include is a path from kernels/ or native/"],
    ["runtime/../runtime/launch.h", "an include is a path from kernels/ or native/"],
    ["kernels/runtime/launch.h", "there is no such file"],
    ["runtime/other.h", "there is no such file"],
    ["memory/guard.h", "it is in kernels/ and in native/"],
    ["errors.h", "kernels/runtime/errors.h would be included instead"],
  ])("the include %s", (include, rule) => {
    const sources = {
      "kernels/runtime/check.h": '#include "runtime/launch.h"',
      "kernels/runtime/launch.h": "",
      "kernels/runtime/errors.h": "",
      "kernels/memory/guard.h": "",
      "native/memory/guard.h": "",
      "native/errors.h": "",
      "native/call.cc": '#include "errors.h"\n#include "runtime/check.h"',
    };
    expect(includeFaults(of(sources))).toEqual([]);
    expect(includeFaults(of({ ...sources, "kernels/runtime/check.h": `#include "${include}"` }))).toEqual([
      `kernels/runtime/check.h: "${include}": ${rule}`,
    ]);
  });

  test("folders with too many files, names in another style, and kernels of one name", () => {
    const folder = (name: string, count: number): Files =>
      new Map(Array.from({ length: count }, (_, i) => [`${name}/kernel-${i}.cuh`, ""]));
    expect(crowded(folder("kernels/loss", 20), most)).toEqual([]);
    expect(crowded(folder("kernels/loss", 21), most)).toEqual(["kernels/loss: 21 files"]);
    expect(crowded(folder("kernels/emulator", 21), most)).toEqual(["kernels/emulator: 21 files"]);
    expect(crowded(folder("native", 25), most)).toEqual([]);
    expect(crowded(folder("native", 26), most)).toEqual(["native: 26 files"]);
    const named = of({
      "native/device_cuda.cc": "",
      "kernels/a/Fill.cu": "",
      "kernels/a/b-2.cuh": "",
      "native/x.md": "",
    });
    expect(misnamed(named)).toEqual(["native/device_cuda.cc", "kernels/a/Fill.cu"]);
    const twice = of({ "kernels/a/x.cu": "", "kernels/b/x.cu": "", "kernels/b/y.cu": "", "kernels/b/x.cuh": "" });
    expect(sharedNames(twice)).toEqual(["kernels/a/x.cu", "kernels/b/x.cu"]);
  });
});
