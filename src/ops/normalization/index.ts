/** The family normalization: norms over channels, groups and rows, and softmax. */
export * from "./batch-norm.js";
export * from "./group-norm.js";
export * from "./layer-norm.js";
export * from "./rms-norm.js";
export * from "./softmax.js";
