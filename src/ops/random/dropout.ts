/** Dropout: the record, whose gradient draws the same mask again, and the function. */
import { apply } from "../../core/apply.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Op } from "../../core/op.js";
import { checkProbability } from "../../core/option-checks.js";
import { defaultGenerator, type Generator, type RandomKey } from "../../core/random/generator.js";
import { sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { forEachChunk } from "./random.js";

/** The options of `dropout`. */
export interface DropoutOptions {
  /** Whether to drop elements; false returns `x` itself. Default true. */
  readonly training?: boolean;
  /** The source of the random numbers. Default: the default generator. */
  readonly generator?: Generator;
}

interface DropoutAttrs {
  readonly p: number;
  readonly key: RandomKey;
}

/** y[i] = 0 where word[i] < p 2^32, else x[i] / (1 - p); words as in random.ts, so the mask is not stored. */
export const dropoutOp: Op<DropoutAttrs> = defineOp<"x", never, DropoutAttrs>({
  name: "dropout",
  inputs: ["x"],
  types: { x: "float" },
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  args: ({ x }, _, { p, key }) => [sizeOf(x.shape), p * 2 ** 32, 1 / (1 - p), key.keyLow, key.keyHigh, key.offset],
  cpu(
    x: Numbers,
    y: Numbers,
    n: number,
    threshold: number,
    scale: number,
    keyLow: number,
    keyHigh: number,
    offset: number,
  ) {
    forEachChunk(n, keyLow, keyHigh, offset, (words, start, length) => {
      for (let i = 0; i < length; i++) y[start + i] = words[i] < threshold ? 0 : x[start + i] * scale;
    });
  },
  // The same mask and scale, drawn again from the same key.
  vjp: { x: (dy, _, attrs) => apply(dropoutOp, [dy], attrs) },
});

/**
 * Sets each element to 0 with probability `p` and divides the others by 1 - p, so that the expected value stays the
 * same: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (JMLR 15, 2014). A
 * dropped element is 0 even if it was NaN. Integers and bool give float32.
 *
 * @param p - the probability of 0. Default 0.5
 * @returns `x` itself if `training` is false or p = 0
 * @throws ArgumentError unless 0 <= p <= 1
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  const { training = true, generator = defaultGenerator } = options;
  checkProbability("dropout", p);
  if (!training || p === 0) return x;
  x.checkLive("dropout"); // before the generator moves on
  return apply(dropoutOp, [x], { p, key: generator.reserve(x.size) });
}
