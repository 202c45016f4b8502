/**
 * The entry point `wengert/metrics`: figures over batches, such as accuracy, perplexity and the ROC curve.
 *
 * @module
 */
import "../backends/index.js";

export { Accuracy, TopKAccuracy } from "./accuracy.js";
export { ConfusionMatrix, type ConfusionMatrixOptions } from "./confusion.js";
export { MetricError } from "./errors.js";
export type { DecisionOptions, LabelMetricOptions } from "./inputs.js";
export { Metric, type MetricState } from "./metric.js";
export { Perplexity } from "./perplexity.js";
export { type AverageOptions, F1Score, Precision, Recall } from "./precision-recall.js";
export { MeanAbsoluteError, MeanSquaredError, type R2Options, R2Score } from "./regression.js";
export { AUC, type AUCOptions, type ROC, ROCCurve, type ROCCurveOptions } from "./roc.js";
