import { padRank, type Shape } from "../core/shape.js";
import { forEachRow, innerStep } from "./broadcast.js";
import type { Numbers } from "./elementwise.js";

/** Fills `scores` with those of one query, -Infinity where it may not attend, and returns the largest; NaN wins. */
type ScoreRow = (row: number, maskStart: number, biasStart: number) => number;

/** Scores row by row, so that the (Lq, Lk) matrix is never held. */
function rowScorer(
  scores: Float64Array,
  q: Numbers,
  k: Numbers,
  mask: Numbers | null,
  bias: Numbers | null,
  queries: number,
  features: number,
  maskStep: number,
  biasStep: number,
  causal: number,
  scale: number,
): ScoreRow {
  const keys = scores.length;
  return (row, maskStart, biasStart) => {
    const query = row % queries;
    const qStart = row * features;
    const kStart = ((row - query) / queries) * keys * features;
    const limit = causal ? Math.min(keys, query + 1) : keys;
    scores.fill(Number.NEGATIVE_INFINITY, limit);
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0, at = kStart; j < limit; j++, at += features) {
      if (mask && mask[maskStart + j * maskStep] === 0) {
        scores[j] = Number.NEGATIVE_INFINITY;
        continue;
      }
      let dot = 0;
      for (let d = 0; d < features; d++) dot += q[qStart + d] * k[at + d];
      const score = bias ? dot * scale + bias[biasStart + j * biasStep] : dot * scale;
      scores[j] = score;
      if (score > max || Number.isNaN(score)) max = score;
    }
    return max;
  };
}

/** The kernel of attention. A query that may attend to nothing gets zeros, and a logsumexp of -Infinity. */
export function attend(
  q: Numbers, // (B, Lq, D)
  k: Numbers, // (B, Lk, D)
  v: Numbers, // (B, Lk, E)
  mask: Numbers | null, // broadcasts to (B, Lq, Lk)
  bias: Numbers | null, // broadcasts to (B, Lq, Lk)
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
  if (keys === 0) {
    y.fill(0);
    logsumexp.fill(Number.NEGATIVE_INFINITY);
    return;
  }
  const dims = [...batch, queries, keys];
  const [maskOwn, biasOwn] = [padRank(maskDims, dims.length), padRank(biasDims, dims.length)];
  const scores = new Float64Array(keys);
  const sums = new Float64Array(values);
  const [maskStep, biasStep] = [innerStep(maskOwn), innerStep(biasOwn)];
  const scoreRow = rowScorer(scores, q, k, mask, bias, queries, features, maskStep, biasStep, causal, scale);
  forEachRow(dims, [maskOwn, biasOwn], (start, _, [maskStart, biasStart]) => {
    const row = start / keys;
    const max = scoreRow(row, maskStart, biasStart);
    sums.fill(0);
    let total = 0;
    if (max !== Number.NEGATIVE_INFINITY) {
      const vStart = Math.floor(row / queries) * keys * values;
      for (let j = 0; j < keys; j++) {
        if (scores[j] === Number.NEGATIVE_INFINITY) continue;
        const e = Math.exp(scores[j] - max);
        total += e;
        for (let d = 0, at = vStart + j * values; d < values; d++) sums[d] += e * v[at + d];
      }
    }
    logsumexp[row] = max + Math.log(total);
    for (let d = 0, at = row * values; d < values; d++) y[at + d] = total === 0 ? 0 : sums[d] / total;
  });
}

/** The kernel of attentionGrad: the weights are computed again from q, k and logsumexp. */
export function attendBackward(
  dy: Numbers, // (B, Lq, E)
  q: Numbers, // (B, Lq, D)
  k: Numbers, // (B, Lk, D)
  v: Numbers, // (B, Lk, E)
  mask: Numbers | null, // broadcasts to (B, Lq, Lk)
  bias: Numbers | null, // broadcasts to (B, Lq, Lk)
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
  const qSums = new Float64Array(dq.length);
  const kSums = new Float64Array(dk.length);
  const vSums = new Float64Array(dv.length);
  const dims = [...batch, queries, keys];
  const [maskOwn, biasOwn] = [padRank(maskDims, dims.length), padRank(biasDims, dims.length)];
  const scores = new Float64Array(keys);
  const [maskStep, biasStep] = [innerStep(maskOwn), innerStep(biasOwn)];
  const scoreRow = rowScorer(scores, q, k, mask, bias, queries, features, maskStep, biasStep, causal, scale);
  forEachRow(dims, [maskOwn, biasOwn], (start, _, [maskStart, biasStart]) => {
    const row = start / keys;
    if (scoreRow(row, maskStart, biasStart) === Number.NEGATIVE_INFINITY) return;
    const [qStart, outStart, firstKey] = [row * features, row * values, Math.floor(row / queries) * keys];
    let delta = 0;
    for (let d = 0; d < values; d++) delta += dy[outStart + d] * out[outStart + d];
    for (let j = 0; j < keys; j++) {
      if (scores[j] === Number.NEGATIVE_INFINITY) continue;
      const p = Math.exp(scores[j] - logsumexp[row]);
      let dp = 0;
      for (let d = 0, at = (firstKey + j) * values; d < values; d++) {
        dp += dy[outStart + d] * v[at + d];
        vSums[at + d] += p * dy[outStart + d];
      }
      const ds = scale * p * (dp - delta);
      for (let d = 0, at = (firstKey + j) * features; d < features; d++) {
        qSums[qStart + d] += ds * k[at + d];
        kSums[at + d] += ds * q[qStart + d];
      }
    }
  });
  dq.set(qSums);
  dk.set(kSums);
  dv.set(vSums);
}
