import type { Op } from "../core/op.js";
import * as activation from "./activation.js";
import * as argreduce from "./argreduce.js";
import * as arithmetic from "./arithmetic.js";
import * as attentionOps from "./attention.js";
import * as averagePool from "./average-pool.js";
import * as batchNormOps from "./batch-norm.js";
import * as binaryCrossEntropyOps from "./binary-cross-entropy.js";
import * as castOps from "./cast.js";
import * as comparison from "./comparison.js";
import * as concatOps from "./concat.js";
import * as convOps from "./conv.js";
import * as crossEntropyOps from "./cross-entropy.js";
import * as dropoutOps from "./dropout.js";
import * as embeddingOps from "./embedding.js";
import * as fillOps from "./fill.js";
import * as groupNormOps from "./group-norm.js";
import * as indexing from "./indexing.js";
import * as layerNormOps from "./layer-norm.js";
import * as linearOps from "./linear.js";
import * as logical from "./logical.js";
import * as matmulOps from "./matmul.js";
import * as maxPool from "./max-pool.js";
import * as nllOps from "./nll.js";
import * as padOps from "./pad.js";
import * as permuteOps from "./permute.js";
import * as random from "./random.js";
import * as reduce from "./reduce.js";
import * as rmsNormOps from "./rms-norm.js";
import * as rounding from "./rounding.js";
import * as scan from "./scan.js";
import * as shape from "./shape.js";
import * as sliceOps from "./slice.js";
import * as softCrossEntropyOps from "./soft-cross-entropy.js";
import * as softmaxOps from "./softmax.js";
import * as sortOps from "./sort.js";
import * as statistics from "./statistics.js";
import * as toOps from "./to.js";
import * as triangle from "./triangle.js";
import * as trigonometric from "./trigonometric.js";
import * as unary from "./unary.js";

export * from "./activation.js";
export * from "./adaptive-updates.js";
export * from "./argreduce.js";
export * from "./arithmetic.js";
export * from "./attention.js";
export * from "./average-pool.js";
export * from "./batch-norm.js";
export * from "./binary-cross-entropy.js";
export * from "./cast.js";
export * from "./comparison.js";
export * from "./concat.js";
export * from "./conv.js";
export * from "./cross-entropy.js";
export * from "./dropout.js";
export * from "./einsum.js";
export type { Numbers, Operand } from "./elementwise.js";
export * from "./embedding.js";
export * from "./group-norm.js";
export * from "./indexing.js";
export type { LabelOptions } from "./labels.js";
export * from "./layer-norm.js";
export * from "./linalg.js";
export * from "./linear.js";
export * from "./logical.js";
export * from "./loss.js";
export type { LossOptions, Reduction } from "./loss-options.js";
export * from "./matmul.js";
export * from "./max-pool.js";
export * from "./nll.js";
export * from "./pad.js";
export * from "./permute.js";
export * from "./reduce.js";
export type { Axes, ReduceOptions } from "./reduction.js";
export * from "./rms-norm.js";
export * from "./rounding.js";
export * from "./scan.js";
export * from "./shape.js";
export * from "./slice.js";
export * from "./softmax.js";
export * from "./sort.js";
export * from "./statistics.js";
export * from "./to.js";
export * from "./triangle.js";
export * from "./trigonometric.js";
export * from "./unary.js";
export * from "./updates.js";
export type { Pair, Size2d } from "./window.js";

const families = {
  ...activation,
  ...arithmetic,
  ...castOps,
  ...toOps,
  ...comparison,
  ...fillOps,
  ...linearOps,
  ...logical,
  ...matmulOps,
  ...reduce,
  ...argreduce,
  ...statistics,
  ...scan,
  ...sortOps,
  ...rounding,
  ...shape,
  ...trigonometric,
  ...unary,
  ...concatOps,
  ...indexing,
  ...padOps,
  ...permuteOps,
  ...sliceOps,
  ...triangle,
  ...convOps,
  ...maxPool,
  ...averagePool,
  ...softmaxOps,
  ...layerNormOps,
  ...rmsNormOps,
  ...groupNormOps,
  ...batchNormOps,
  ...dropoutOps,
  ...embeddingOps,
  ...attentionOps,
  ...binaryCrossEntropyOps,
  ...crossEntropyOps,
  ...softCrossEntropyOps,
  ...nllOps,
  ...random,
};

const isOp = (value: unknown): value is Op => (value as Op | undefined)?.kind === "op";

/** *The* op list: every op by name. A backend compares it with the kernels it has. */
export const opList: ReadonlyMap<string, Op> = new Map(
  Object.values<unknown>(families)
    .filter(isOp)
    .map((op) => [op.name, op]),
);
