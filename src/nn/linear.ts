import { linear } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { checkSize, defaultParameters, type InitOptions } from "./init/init.js";
import { Module } from "./module.js";

export interface LinearOptions extends InitOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

/** The fully connected layer, y = x W^T + b, over the last axis: (..., in) to (..., out). */
export class Linear extends Module {
  /** (out, in) */
  weight: Tensor;
  /** (out) */
  bias: Tensor | null;

  /** @throws ArgumentError unless both sizes are integers of 1 or more */
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

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
