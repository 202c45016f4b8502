/** The families of cases, one for each folder of src/ops that has functions. Add a family here. */
export * as attention from "./attention/index.js";
export * as convolution from "./convolution/index.js";
export * as elementwise from "./elementwise/index.js";
export * as loss from "./loss/index.js";
export * as matmul from "./matmul/index.js";
export * as movement from "./movement/index.js";
export * as normalization from "./normalization/index.js";
export * as random from "./random/index.js";
export * as reduction from "./reduction/index.js";
