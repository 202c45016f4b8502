/** The op functions and the records of ops, family by family. A family is added here and in tests/cases/families.ts. */
export * from "./attention/index.js";
export * from "./convolution/index.js";
export * from "./elementwise/index.js";
export * from "./loss/index.js";
export * from "./matmul/index.js";
export * from "./movement/index.js";
export * from "./normalization/index.js";
export * from "./optimizer/index.js";
export * from "./random/index.js";
export * from "./reduction/index.js";
