/** The types of compile.js, which is JavaScript because it runs before anything is compiled. */

/** Compiles, or copies what was compiled before. The status of the compiler. */
export function compile(root: string, args: readonly string[]): number;
