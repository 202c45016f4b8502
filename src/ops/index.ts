import type { Op } from "../core/op.js";
import * as attentionOps from "./attention/attention.js";
import * as averagePool from "./convolution/average-pool.js";
import * as convOps from "./convolution/conv.js";
import * as maxPool from "./convolution/max-pool.js";
import * as fillOps from "./creation/fill.js";
import * as activation from "./elementwise/activation.js";
import * as arithmetic from "./elementwise/arithmetic.js";
import * as castOps from "./elementwise/cast.js";
import * as comparison from "./elementwise/comparison.js";
import * as logical from "./elementwise/logical.js";
import * as rounding from "./elementwise/rounding.js";
import * as trigonometric from "./elementwise/trigonometric.js";
import * as unary from "./elementwise/unary.js";
import * as binaryCrossEntropyOps from "./loss/binary-cross-entropy.js";
import * as crossEntropyOps from "./loss/cross-entropy.js";
import * as nllOps from "./loss/nll.js";
import * as softCrossEntropyOps from "./loss/soft-cross-entropy.js";
import * as linearOps from "./matmul/linear.js";
import * as matmulOps from "./matmul/matmul.js";
import * as concatOps from "./movement/concat.js";
import * as embeddingOps from "./movement/embedding.js";
import * as indexing from "./movement/indexing.js";
import * as padOps from "./movement/pad.js";
import * as permuteOps from "./movement/permute.js";
import * as shape from "./movement/shape.js";
import * as sliceOps from "./movement/slice.js";
import * as sortOps from "./movement/sort.js";
import * as toOps from "./movement/to.js";
import * as triangle from "./movement/triangle.js";
import * as batchNormOps from "./normalization/batch-norm.js";
import * as groupNormOps from "./normalization/group-norm.js";
import * as layerNormOps from "./normalization/layer-norm.js";
import * as rmsNormOps from "./normalization/rms-norm.js";
import * as softmaxOps from "./normalization/softmax.js";
import * as dropoutOps from "./random/dropout.js";
import * as random from "./random/random.js";
import * as argreduce from "./reduction/argreduce.js";
import * as reduce from "./reduction/reduce.js";
import * as scan from "./reduction/scan.js";
import * as statistics from "./reduction/statistics.js";

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
