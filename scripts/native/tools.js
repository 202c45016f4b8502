/**
 * Finds the tools that build the emulator's addons. Used by scripts/build-native.mjs, by the cache of addons (addons.js)
 * and by the tests that skip without the tools.
 */
import { spawnSync } from "node:child_process";

const runs = (name) => spawnSync(name, ["--version"]).status === 0;

/** The compiler that CMake takes: the first word of `$CXX`, or the first of its usual names. Undefined if there is none. */
export function findCompiler() {
  // CXX may have options, or a program that starts the compiler: "ccache g++".
  const names = process.env.CXX?.trim() ? [process.env.CXX.trim().split(/\s+/)[0]] : ["c++", "g++", "clang++"];
  return names.find(runs);
}

/** The tools that a build of the emulator's addons needs and that were not found. Empty if all were found. */
export function missingTools() {
  const missing = [];
  if (findCompiler() === undefined)
    missing.push(
      process.env.CXX?.trim() ? `the C++ compiler ${process.env.CXX} (CXX)` : "a C++ compiler (c++, g++, clang++)",
    );
  if (!runs("cmake")) missing.push("cmake");
  if (!["ninja", "make"].some(runs)) missing.push("ninja or make");
  return missing;
}
