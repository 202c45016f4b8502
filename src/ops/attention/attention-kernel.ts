/**
 * The CPU loops of attention and its gradient: blocks of queries against all keys. Called by the records in
 * attention.ts.
 */
import { forEachRow, innerStep } from "../../core/loops/broadcast.js";
import { gemm } from "../../core/loops/gemm.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { padRank, type Shape, sizeOf } from "../../core/shape.js";

/** Queries whose scores are held at once. */
const blockSize = 64;

/** A mask or bias: its values, and the place where the row of each query starts. */
interface Rows {
  readonly values: Numbers;
  readonly starts: readonly number[];
  /** 0 if it is broadcast over the keys. */
  readonly step: number;
}

function readRows(values: Numbers | null, sizes: Shape, dims: Shape): Rows | null {
  if (values === null) return null;
  const padded = padRank(sizes, dims.length);
  const starts: number[] = [];
  forEachRow(dims, [padded], (_start, _length, [at]) => starts.push(at));
  return { values, starts, step: innerStep(padded) };
}

/**
 * Turns the products of one query with the keys into scores: scaled, biased, and -Infinity for keys to which it may not attend.
 *
 * @param limit - the number of keys whose products are in `scores`
 * @param allowed - the number of keys, from key 0 on, to which the query may attend; `limit` if it is not causal
 * @returns the largest score; NaN if there is one
 */
function finishScores(
  scores: Float64Array,
  start: number,
  limit: number,
  allowed: number,
  scale: number,
  row: number,
  mask: Rows | null,
  bias: Rows | null,
): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < limit; j++) {
    const forbidden = j >= allowed || (mask !== null && mask.values[mask.starts[row] + j * mask.step] === 0);
    if (forbidden) {
      scores[start + j] = Number.NEGATIVE_INFINITY;
      continue;
    }
    const score = scores[start + j] * scale + (bias ? bias.values[bias.starts[row] + j * bias.step] : 0);
    scores[start + j] = score;
    if (score > max || Number.isNaN(score)) max = score;
  }
  return max;
}

/**
 * The kernel of attention: blocks of queries, each with all its keys. A query that may attend to nothing gets weights
 * of 0, and a logsumexp of -Infinity.
 */
export function attend(
  q: Numbers, // (B, Lq, D)
  k: Numbers, // (B, Lk, D)
  v: Numbers, // (B, Lk, E)
  maskValues: Numbers | null, // broadcasts to (B, Lq, Lk)
  biasValues: Numbers | null, // broadcasts to (B, Lq, Lk)
  y: Numbers, // (B, Lq, E)
  logsumexp: Numbers, // (B, Lq)
  batch: Shape,
  queries: number,
  keys: number,
  features: number,
  values: number,
  maskDims: Shape,
  biasDims: Shape,
  causal: number,
  scale: number,
): void {
  const mask = readRows(maskValues, maskDims, [...batch, queries, keys]);
  const bias = readRows(biasValues, biasDims, [...batch, queries, keys]);
  const weights = new Float64Array(Math.min(blockSize, queries) * keys);
  for (let b = 0; b < sizeOf(batch); b++) {
    for (let first = 0; first < queries; first += blockSize) {
      const rows = Math.min(blockSize, queries - first);
      const limit = causal ? Math.min(keys, first + rows) : keys;
      const top = b * queries + first;
      gemm(rows, limit, features, q, top * features, false, k, b * keys * features, true, weights, 0, false);
      for (let r = 0, start = 0; r < rows; r++, start += limit) {
        const allowed = causal ? first + r + 1 : limit;
        const max = finishScores(weights, start, limit, allowed, scale, top + r, mask, bias);
        logsumexp[top + r] = max + softmaxRow(weights, start, limit, max);
      }
      gemm(rows, values, limit, weights, 0, false, v, b * keys * values, false, y, top * values, false);
    }
  }
}

/** Scores to weights of sum 1, in place, or zeros if all scores are -Infinity. Returns ln sum_j e^(s_j - max). */
function softmaxRow(row: Float64Array, start: number, length: number, max: number): number {
  if (max === Number.NEGATIVE_INFINITY) {
    row.fill(0, start, start + length);
    return Number.NEGATIVE_INFINITY;
  }
  let sum = 0;
  for (let j = start; j < start + length; j++) {
    row[j] = Math.exp(row[j] - max);
    sum += row[j];
  }
  for (let j = start; j < start + length; j++) row[j] /= sum;
  return Math.log(sum);
}

/** The kernel of attentionGrad: the weights are computed again from q, k and logsumexp. */
export function attendBackward(
  dy: Numbers, // (B, Lq, E)
  q: Numbers, // (B, Lq, D)
  k: Numbers, // (B, Lk, D)
  v: Numbers, // (B, Lk, E)
  maskValues: Numbers | null, // broadcasts to (B, Lq, Lk)
  biasValues: Numbers | null, // broadcasts to (B, Lq, Lk)
  out: Numbers, // (B, Lq, E)
  logsumexp: Numbers, // (B, Lq)
  dq: Numbers, // (B, Lq, D)
  dk: Numbers, // (B, Lk, D)
  dv: Numbers, // (B, Lk, E)
  batch: Shape,
  queries: number,
  keys: number,
  features: number,
  values: number,
  maskDims: Shape,
  biasDims: Shape,
  causal: number,
  scale: number,
): void {
  const mask = readRows(maskValues, maskDims, [...batch, queries, keys]);
  const bias = readRows(biasValues, biasDims, [...batch, queries, keys]);
  const weights = new Float64Array(Math.min(blockSize, queries) * keys); // p
  const slopes = new Float64Array(weights.length); // dp, then ds
  const kSums = new Float64Array(keys * features);
  const vSums = new Float64Array(keys * values);
  for (let b = 0; b < sizeOf(batch); b++) {
    kSums.fill(0);
    vSums.fill(0);
    const [kStart, vStart] = [b * keys * features, b * keys * values];
    for (let first = 0; first < queries; first += blockSize) {
      const rows = Math.min(blockSize, queries - first);
      const limit = causal ? Math.min(keys, first + rows) : keys;
      const top = b * queries + first;
      gemm(rows, limit, features, q, top * features, false, k, kStart, true, weights, 0, false);
      gemm(rows, limit, values, dy, top * values, false, v, vStart, true, slopes, 0, false);
      for (let r = 0, start = 0; r < rows; r++, start += limit) {
        finishScores(weights, start, limit, causal ? first + r + 1 : limit, scale, top + r, mask, bias);
        let delta = 0;
        for (let d = 0, at = (top + r) * values; d < values; d++) delta += dy[at + d] * out[at + d];
        for (let j = start; j < start + limit; j++) {
          // The logsumexp of a query that attends to nothing is -Infinity too.
          const p = weights[j] === Number.NEGATIVE_INFINITY ? 0 : Math.exp(weights[j] - logsumexp[top + r]);
          weights[j] = p;
          slopes[j] = p === 0 ? 0 : scale * p * (slopes[j] - delta);
        }
      }
      gemm(rows, features, limit, slopes, 0, false, k, kStart, false, dq, top * features, false);
      gemm(limit, features, rows, slopes, 0, true, q, top * features, false, kSums, 0, true);
      gemm(limit, values, rows, weights, 0, true, dy, top * values, false, vSums, 0, true);
    }
    dk.set(kSums, kStart);
    dv.set(vSums, vStart);
  }
}
