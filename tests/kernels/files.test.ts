/**
 * The lists of C++ and CUDA files: scripts/kernels/files.ts, cmake/sources.cmake, the bundle and the check for old addons.
 * Each must find every file that it should, and stop at a folder in which it finds none.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesOf } from "../../scripts/gpu/tree.js";
import { filesInFolders, kernelFiles, namedKernels } from "../../scripts/kernels/files.js";
import { sourcesIn } from "../support/native.js";
import { skipWithout } from "../support/required.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every file below a folder of the checkout with this suffix, at any depth. A list of folders must contain all of them. */
const everyFile = (folder: string, suffix: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(suffix))
    .sort();

/** Each test plants a checkout here. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wengert-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plant(...files: string[]): void {
  for (const file of files) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
}

/** A file in each folder that has sources, and in some that have none. */
const checkout = [
  "kernels/matmul/matmul.cu",
  "kernels/matmul/gemm.cu",
  "kernels/normalization/softmax.cu",
  "kernels/runtime/launch.h",
  "kernels/tuning/README.md",
  "kernels/emulator/cuda.h",
  "kernels/emulator/block/fiber.cpp",
  "kernels/emulator/launch/driver.cpp",
  "kernels/emulator/tests/values.cpp",
  "kernels/emulator/types/half.h",
  "native/addon.cc",
  "native/memory/guard.cc",
];

describe("the list of kernels", () => {
  test("has every .cu file below kernels/", () => {
    expect(kernelFiles()).toEqual(everyFile("kernels", ".cu"));
    expect(kernelFiles().length).toBeGreaterThan(40);
  });

  test("cannot lose a folder: one without kernels is an error that names it", () => {
    plant(...checkout);
    const kernels = join(folder, "kernels");
    expect(kernelFiles(kernels)).toEqual(["matmul/gemm.cu", "matmul/matmul.cu", "normalization/softmax.cu"]);
    plant("kernels/loss/losses.cuh");
    expect(() => kernelFiles(kernels)).toThrow(`${join(kernels, "loss")} has no file that matches /\\.cu$/`);
    expect(() => filesInFolders(join(kernels, "loss"), /\.cu$/)).toThrow("has no folder with sources");
  });

  const files = ["matmul/gemm.cu", "matmul/matmul.cu", "normalization/softmax.cu"];

  test.each([
    [["matmul"], ["matmul/gemm.cu", "matmul/matmul.cu"]],
    [["matmul.cu"], ["matmul/matmul.cu"]],
    [
      ["gemm", "matmul"],
      ["matmul/gemm.cu", "matmul/matmul.cu"],
    ],
    [["normalization/softmax"], ["normalization/softmax.cu"]],
    [["normalization/softmax.cu"], ["normalization/softmax.cu"]],
    [["softmax"], ["normalization/softmax.cu"]],
  ])("finds %j", (names, found) => {
    expect(namedKernels(names, files)).toEqual(found);
  });

  test.each(["soft", "mat", "normalization/gemm", "soft*", "mat?ul", ""])("refuses the name %j", (name) => {
    expect(() => namedKernels(["gemm", name], files)).toThrow(`${name} is neither a folder of kernels/ nor a .cu file`);
  });
});

describe("the bundle and the check for old addons", () => {
  test.each([
    ["kernels", ".cu"],
    ["kernels", ".h"],
    ["native", ".cc"],
  ])("find every file of %s/ that ends with %s", (parent, suffix) => {
    const all = everyFile(parent, suffix).map((file) => `${parent}/${file}`);
    for (const found of [filesOf(parent), sourcesIn(parent)])
      expect(found.filter((file) => file.endsWith(suffix)).sort()).toEqual(all);
  });

  test("refuse a folder without files", () => {
    mkdirSync(join(folder, "kernels", "matmul"), { recursive: true });
    expect(() => filesOf("kernels", folder)).toThrow(`bundle: ${join(folder, "kernels")} has no files`);
    plant("kernels/README.md");
    expect(filesOf("kernels", folder)).toEqual(["kernels/README.md"]);
    expect(() => sourcesIn("kernels", folder)).toThrow(`${join(folder, "kernels")} has no sources`);
  });
});

const skipped = skipWithout("TOOLS", spawnSync("cmake", ["--version"]).status === 0);

describe.skipIf(skipped)(`cmake/sources.cmake${skipped ? " (skipped: cmake was not found)" : ""}`, () => {
  /** Configures a project that calls a function of sources.cmake for a checkout; what it found there, or its error. */
  function list(from: string, name: "kernel" | "emulator" | "addon", ...names: string[]): string[] | string {
    const project = mkdtempSync(join(folder, "project-"));
    const lines = `cmake_minimum_required(VERSION 3.22)
      project(sources NONE)
      include("${join(root, "cmake", "sources.cmake")}")
      ${name}_sources(found "${from}" ${names.join(" ")})
      file(WRITE "\${CMAKE_BINARY_DIR}/found.txt" "\${found}")`;
    writeFileSync(join(project, "CMakeLists.txt"), lines);
    const { status, stderr } = spawnSync("cmake", ["-S", project, "-B", join(project, "build")], { encoding: "utf8" });
    // CMake breaks the lines of a message.
    if (status !== 0) return stderr.replace(/\s+/g, " ");
    const found = readFileSync(join(project, "build", "found.txt"), "utf8").split(";");
    return found.map((file) => relative(from, file)).sort();
  }

  test("finds the kernels that the check of the kernels finds, and every source of the emulator and the addon", () => {
    expect(list(root, "kernel", "*")).toEqual(kernelFiles().map((file) => `kernels/${file}`));
    const emulator = everyFile("kernels/emulator", ".cpp").filter((file) => !file.startsWith("tests/"));
    expect(list(root, "emulator")).toEqual(emulator.map((file) => `kernels/emulator/${file}`));
    expect(list(root, "addon")).toEqual(everyFile("native", ".cc").map((file) => `native/${file}`));
  }, 60_000);

  test("finds kernels by folder and by file, and stops at a name that is neither", () => {
    plant(...checkout);
    expect(list(folder, "kernel", "matmul")).toEqual(["kernels/matmul/gemm.cu", "kernels/matmul/matmul.cu"]);
    const files = ["kernels/matmul/matmul.cu", "kernels/normalization/softmax.cu"];
    expect(list(folder, "kernel", "matmul.cu", "softmax")).toEqual(files);
    expect(list(folder, "kernel", "normalization/softmax")).toEqual(files.slice(1));
    for (const name of ["soft*", "mat?ul", "normalization/[s]oftmax"])
      expect(list(folder, "kernel", name)).toContain(`WENGERT_KERNELS: ${name} has wildcards`);
    for (const name of ["soft", "runtime", "emulator"])
      expect(list(folder, "kernel", "gemm", name)).toContain(
        `WENGERT_KERNELS: ${name} is neither a folder of kernels/ with .cu files nor a .cu file in one`,
      );
    expect(list(folder, "kernel")).toContain("WENGERT_KERNELS matches no file; set it to * for all kernels");
  }, 60_000);

  test.each([
    ["kernels/loss", ".cu", "kernel", ["*"]],
    ["kernels/emulator/instructions", ".cpp", "emulator", []],
    ["native/device", ".cc", "addon", []],
  ] as const)(
    "stops at %s without a %s file",
    (path, suffix, name, names) => {
      plant(...checkout);
      expect(list(folder, name, ...names)).toHaveLength({ kernel: 3, emulator: 2, addon: 2 }[name]);
      plant(`${path}/other.h`);
      expect(list(folder, name, ...names)).toContain(`${join(folder, path)} has no ${suffix} file`);
    },
    60_000,
  );
});
