/**
 * The families of cases, one for each folder of src/ops that has op functions. A family with only updates is not listed. A
 * new family is added here and in src/ops/index.ts; if it is missing here, index.ts does not compile.
 */
export * as attention from "./attention/index.js";
export * as convolution from "./convolution/index.js";
export * as elementwise from "./elementwise/index.js";
export * as loss from "./loss/index.js";
export * as matmul from "./matmul/index.js";
export * as movement from "./movement/index.js";
export * as normalization from "./normalization/index.js";
export * as random from "./random/index.js";
export * as reduction from "./reduction/index.js";
