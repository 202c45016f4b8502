/** The family loss: losses of regression and classification, each with a reduction. */
export * from "./binary-cross-entropy.js";
export * from "./cross-entropy.js";
export type { LabelOptions } from "./labels.js";
export * from "./loss.js";
export type { LossOptions, Reduction } from "./loss-options.js";
export * from "./nll.js";
