/** The fully connected layer. Attention and the transformer layers use it too; the computation is the op `linear`. */
import { linear } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { checkSize, defaultParameters, type InitOptions } from "./init/init.js";
import { Module } from "./module.js";

/** Options of `Linear`. */
export interface LinearOptions extends InitOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

/** The fully connected layer, y = x W^T + b, over the last axis: (..., in) to (..., out). */
export class Linear extends Module {
  /** The weights, (out, in). */
  weight: Tensor;
  /** The biases, (out); null for none. */
  bias: Tensor | null;

  /**
   * @param inFeatures - the size of the last axis of the input
   * @param outFeatures - the size of the last axis of the output
   * @throws ArgumentError unless both sizes are integers of 1 or more
   */
  constructor(inFeatures: number, outFeatures: number, { bias = true, ...init }: LinearOptions = {}) {
    super();
    checkSize("Linear", "inFeatures", inFeatures);
    checkSize("Linear", "outFeatures", outFeatures);
    ({ weight: this.weight, bias: this.bias } = defaultParameters(
      [outFeatures, inFeatures],
      bias ? outFeatures : null,
      init,
    ));
  }

  /**
   * Computes x W^T + b.
   *
   * @param x - (..., in)
   * @returns (..., out)
   * @throws ShapeError if the last axis of x is not of size `in`
   */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
