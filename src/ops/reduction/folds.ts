/**
 * How each reduction takes in its terms on the CPU. The loops that call a fold are in reduction.ts; the rows in
 * reduce.ts and the loops in statistics.ts name the folds.
 */
import type { Numbers } from "../../core/loops/numbers.js";

/**
 * How a reduction takes in its terms. Both loops do the same; which one runs depends on how the terms lie in memory.
 * Results are held in float64 regardless of the dtype of the tensor. `at` is the position of the (first) result.
 */
export interface ReductionFold {
  /** The result of no terms. */
  readonly initial: number;
  /** Takes n neighbours into one result: x[start], x[start + 1], ... */
  run(result: number, x: Numbers, start: number, n: number, at: number): number;
  /** Takes one neighbour into each of n results: x[start] into results[0], x[start + 1] into results[1], ... */
  lanes(results: Float64Array, x: Numbers, start: number, n: number, at: number): void;
}

/** Four sums side by side: an addition need not wait for the one before it. */
export const sums: ReductionFold = {
  initial: 0,
  run(result, x, start, n) {
    const end = start + n;
    const lastFour = end - 3;
    let s0 = result;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = start;
    for (; i < lastFour; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < end; i++) s0 += x[i];
    return s0 + s1 + (s2 + s3);
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) results[j] += x[start + j];
  },
};

/** Products of integers wrap around on the way: they do not fit the 53 bits of a JavaScript number. */
export const products: ReductionFold = {
  initial: 1,
  run(result, x, start, n) {
    let product = result;
    if (x instanceof Int32Array) for (let i = start; i < start + n; i++) product = Math.imul(product, x[i]);
    else for (let i = start; i < start + n; i++) product *= x[i];
    return product;
  },
  lanes(results, x, start, n) {
    if (x instanceof Int32Array) for (let j = 0; j < n; j++) results[j] = Math.imul(results[j], x[start + j]);
    else for (let j = 0; j < n; j++) results[j] *= x[start + j];
  },
};

/** The largest term. A NaN is taken and then stays: no number is larger than it. */
export const maxima: ReductionFold = {
  initial: Number.NEGATIVE_INFINITY,
  run(result, x, start, n) {
    let max = result;
    for (let i = start; i < start + n; i++) if (x[i] > max || Number.isNaN(x[i])) max = x[i];
    return max;
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) {
      const value = x[start + j];
      if (value > results[j] || Number.isNaN(value)) results[j] = value;
    }
  },
};

/** The smallest term. A NaN is taken and then stays: no number is smaller than it. */
export const minima: ReductionFold = {
  initial: Number.POSITIVE_INFINITY,
  run(result, x, start, n) {
    let min = result;
    for (let i = start; i < start + n; i++) if (x[i] < min || Number.isNaN(x[i])) min = x[i];
    return min;
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) {
      const value = x[start + j];
      if (value < results[j] || Number.isNaN(value)) results[j] = value;
    }
  },
};

/** 1 if a term is not 0. */
export const someTrue: ReductionFold = {
  initial: 0,
  run(result, x, start, n) {
    if (result) return 1;
    for (let i = start; i < start + n; i++) if (x[i] !== 0) return 1;
    return 0;
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) if (x[start + j] !== 0) results[j] = 1;
  },
};

/** 0 if a term is 0. */
export const allTrue: ReductionFold = {
  initial: 1,
  run(result, x, start, n) {
    if (!result) return 0;
    for (let i = start; i < start + n; i++) if (x[i] === 0) return 0;
    return 1;
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) if (x[start + j] === 0) results[j] = 0;
  },
};

/** sum (x - c)^2, with a centre for each result. */
export const squaresAbout = (centres: Float64Array): ReductionFold => ({
  initial: 0,
  run(result, x, start, n, at) {
    const centre = centres[at];
    let sum = result;
    for (let i = start; i < start + n; i++) {
      const distance = x[i] - centre;
      sum += distance * distance;
    }
    return sum;
  },
  lanes(results, x, start, n, at) {
    for (let j = 0; j < n; j++) {
      const distance = x[start + j] - centres[at + j];
      results[j] += distance * distance;
    }
  },
});

/** sum e^(x - c), with a centre for each result. */
export const exponentialsAbout = (centres: Float64Array): ReductionFold => ({
  initial: 0,
  run(result, x, start, n, at) {
    const centre = centres[at];
    let sum = result;
    for (let i = start; i < start + n; i++) sum += Math.exp(x[i] - centre);
    return sum;
  },
  lanes(results, x, start, n, at) {
    for (let j = 0; j < n; j++) results[j] += Math.exp(x[start + j] - centres[at + j]);
  },
});

/** sum |x|^p. */
export const powers = (p: number): ReductionFold => ({
  initial: 0,
  run(result, x, start, n) {
    let sum = result;
    for (let i = start; i < start + n; i++) sum += p === 2 ? x[i] * x[i] : Math.abs(x[i]) ** p;
    return sum;
  },
  lanes(results, x, start, n) {
    for (let j = 0; j < n; j++) results[j] += p === 2 ? x[start + j] * x[start + j] : Math.abs(x[start + j]) ** p;
  },
});
