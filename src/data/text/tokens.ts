/** A dataset of stretches of tokens for training a language model. The tokens come from a vocabulary. */

import { ArgumentError } from "../../core/errors.js";
import { checkInteger } from "../../core/option-checks.js";
import { checkIndex, type Dataset, type HostArray } from "../dataset.js";

/** Options of `tokenDataset`. */
export interface TokenDatasetOptions {
  /** Tokens in a sample. */
  readonly length: number;
  /** The distance between the starts of two samples, in tokens. Default 1: a sample at every position. */
  readonly stride?: number;
}

/**
 * Samples for a model that predicts the next token: `x` is a stretch of the tokens, int32 (length), and `y` the same
 * stretch one token later.
 *
 * @throws ArgumentError if the tokens are too few for one sample, or an option is outside its range
 */
export function tokenDataset(
  tokens: Int32Array,
  { length, stride = 1 }: TokenDatasetOptions,
): Dataset<{ readonly x: HostArray; readonly y: HostArray }> {
  const op = "tokenDataset";
  for (const [name, value] of [
    ["length", length],
    ["stride", stride],
  ] as const)
    checkInteger(op, name, value, 1);
  if (tokens.length < length + 1)
    throw new ArgumentError(
      `${op}: samples of ${length} tokens need a text of at least ${length + 1} tokens, got ${tokens.length}`,
    );
  const count = Math.floor((tokens.length - length - 1) / stride) + 1;
  return {
    length: count,
    get(index) {
      checkIndex(op, index, count);
      const at = index * stride;
      return {
        x: { shape: [length], data: tokens.subarray(at, at + length) },
        y: { shape: [length], data: tokens.subarray(at + 1, at + length + 1) },
      };
    },
  };
}
