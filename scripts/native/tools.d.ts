/** The types of tools.js, which is JavaScript because it runs before anything is compiled. */

/** The compiler that CMake takes, or undefined if there is none. */
export function findCompiler(): string | undefined;

/** The tools that a build of the emulator's addons needs and that were not found. Empty if all were found. */
export function missingTools(): string[];
