export * from "./batch-norm.js";
export * from "./group-norm.js";
export * from "./layer-norm.js";
export * from "./rms-norm.js";
export * from "./softmax.js";
