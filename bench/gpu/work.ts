/**
 * The work of a row for Wengert: operands, and the call that is timed. One file of bench/gpu/work/ for each family of ops;
 * PyTorch's side of the same rows is bench/peers/torch_work.py.
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

/** One set of operands and the call on them. Rows rotate through several sets, so that no run finds its operands in a cache. */
export interface Operands {
  /** The operands that PyTorch needs to compute the same. */
  readonly tensors: readonly Tensor[];
  /** Of a network: the names of its parameters, which come last among the tensors. */
  readonly names?: readonly string[];
  /** The call that is timed. The caller compares and frees the results. */
  run(): Tensor[];
  /** The results to compare with PyTorch, if they are not those of one `run`. */
  first?(): Tensor[];
}

/** A part of the operands, and the part of the results that they determine. */
export interface Sample {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * - device: the device's time. It is kept busy while the host submits a round, so gaps between launches do not count
 * - stream: the time between two events, with the gaps in which the device waits for the host
 * - host: the host's time to submit the work
 */
export type Clock = "device" | "stream" | "host";

export interface Work {
  /** The fewest bytes that a run can read and write. */
  readonly bytes: number;
  /** Floating-point operations of products; 0 if memory alone decides. */
  readonly flops: number;
  /** Default "device". */
  readonly clock?: Clock;
  /** Runs that follow each other in one round. Default: as many as take a few milliseconds. */
  readonly calls?: number;
  /** Sets of operands. Default: as many as go beyond the caches. */
  readonly sets?: number;
  /** Runs on the same operands give the same bits. Default true; false if a run changes its operands or draws numbers. */
  readonly repeatable?: boolean;
  make(): Operands;
  sample(operands: Operands, outputs: readonly Tensor[]): Sample;
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
