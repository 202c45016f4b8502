/**
 * What a row asks of Wengert: operands, and the call that is timed. One file of bench/gpu/work/ for each family of ops;
 * PyTorch's side of the same rows is bench/peers/torch_rows.py.
 */
import type { Tensor } from "../../src/index.js";
import type { Row } from "./rows.js";
import { attentionWork } from "./work/attention.js";
import { convWork } from "./work/conv.js";
import { adds, copies, dropouts, gelus } from "./work/elementwise.js";
import { embeddingWork } from "./work/embedding.js";
import { emptyWork, hostWork } from "./work/launch.js";
import { matmulWork } from "./work/matmul.js";
import { biasAdds, sums, transposes } from "./work/matrices.js";
import { adamWWork } from "./work/optimizer.js";
import { crossEntropyWork, layerNormWork, rmsNormWork, softmaxWork } from "./work/rows.js";
import { stepWork } from "./work/step.js";

/** One set of operands and the work on them. Rows rotate through several, so that no run finds its operands in a cache. */
export interface Operands {
  /** What PyTorch needs to compute the same. */
  readonly tensors: readonly Tensor[];
  /** Of a network: the names of its parameters, which come last among the tensors. */
  readonly names?: readonly string[];
  /** The work that is timed. What it returns is compared with PyTorch, and freed by the caller. */
  run(): Tensor[];
}

/** What is compared with PyTorch in float64: a part of the operands, and the part of the results they determine. */
export interface Sample {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export interface Work {
  /** The fewest bytes that a run can read and write. */
  readonly bytes: number;
  /** Floating-point operations of products; 0 where memory alone decides. */
  readonly flops: number;
  /** "device": time of the device between two events. "host": what the host takes to submit the work. */
  readonly clock?: "device" | "host";
  /** Runs that follow each other in one round; chosen by the time that they take where it is left out. */
  readonly calls?: number;
  make(): Operands;
  /** Left out where there is nothing to compare. */
  sample?(operands: Operands, outputs: readonly Tensor[]): Sample;
}

const makers: Readonly<Record<string, (row: Row) => Work>> = {
  copy: copies,
  empty: emptyWork,
  host: hostWork,
  matmul: matmulWork,
  conv: convWork,
  attention: attentionWork,
  layerNorm: layerNormWork,
  rmsNorm: rmsNormWork,
  softmax: softmaxWork,
  crossEntropy: crossEntropyWork,
  add: adds,
  gelu: gelus,
  dropout: dropouts,
  biasAdd: biasAdds,
  transpose: transposes,
  sum: sums,
  embedding: embeddingWork,
  adamW: adamWWork,
  step: stepWork,
};

/**
 * The work of a row.
 *
 * @throws RangeError if no work is known for its op, or the row lacks a size
 */
export function workOf(row: Row): Work {
  const make = makers[row.op];
  if (make === undefined) throw new RangeError(`rows.json: "${row.name}" has an unknown op: ${row.op}`);
  return make(row);
}
