/**
 * Normalization layers that treat each sample on its own: LayerNorm, RMSNorm and GroupNorm. The transformer layers use
 * LayerNorm. BatchNorm is in batch-norm.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import { checkEps } from "../../core/option-checks.js";
import { checkShape, type Shape } from "../../core/shape.js";
import { groupNorm, layerNorm, rmsNorm } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, filledParameter, type InitOptions } from "../init/init.js";
import { Module } from "../module.js";

/** Parameters that start as ones and zeros need no random numbers. */
type Init = Pick<InitOptions, "dtype" | "device">;

/** The normalized shape as a list of sizes of 1 or more. */
function normalizedShapeOf(layer: string, normalizedShape: number | Shape): Shape {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : checkShape(layer, normalizedShape);
  if (shape.length === 0) throw new ArgumentError(`${layer}: normalizedShape must have at least one size, got []`);
  for (const size of shape) checkSize(layer, "normalizedShape", size);
  return shape;
}

/** Options of `LayerNorm`. */
export interface LayerNormLayerOptions extends Init {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there is a learned scale, and a shift. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is also a shift. Default true. */
  readonly bias?: boolean;
}

/**
 * Normalizes the elements of the last axes to mean 0 and variance 1, then scales and shifts them (Ba, Kiros and Hinton,
 * 2016, arXiv:1607.06450); see `layerNorm`.
 */
export class LayerNorm extends Module {
  /** gamma, the scale, (...normalizedShape). Ones at the start; null without `elementwiseAffine`. */
  weight: Tensor | null;
  /** beta, the shift, (...normalizedShape). Zeros at the start; null without `bias`. */
  bias: Tensor | null;
  /** Added to the variance. */
  readonly eps: number;
  readonly #shape: Shape;

  /**
   * @param normalizedShape - the sizes of the last axes; a number for the last axis alone
   * @throws ArgumentError unless sizes are integers of 1 or more and eps is 0 or more
   */
  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true, ...init } = options;
    this.#shape = normalizedShapeOf("LayerNorm", normalizedShape);
    this.eps = checkEps("LayerNorm", eps);
    this.weight = elementwiseAffine ? filledParameter("LayerNorm", this.#shape, 1, init) : null;
    this.bias = elementwiseAffine && bias ? filledParameter("LayerNorm", this.#shape, 0, init) : null;
  }

  /**
   * Normalizes over the last axes.
   *
   * @param x - (..., ...normalizedShape)
   * @returns the shape of x
   * @throws ShapeError if x does not end in normalizedShape
   */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.#shape, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}

/** Options of `RMSNorm`. */
export interface RMSNormLayerOptions extends Init {
  /** Added to the mean square. Default: the spacing of the numbers at 1, as in PyTorch. */
  readonly eps?: number;
  /** Whether there is a learned scale. Default true. */
  readonly elementwiseAffine?: boolean;
}

/**
 * Divides the elements of the last axes by their root mean square, then scales them (Zhang and Sennrich, 2019,
 * arXiv:1910.07467); see `rmsNorm`.
 */
export class RMSNorm extends Module {
  /** gamma, the scale, (...normalizedShape). Ones at the start; null without `elementwiseAffine`. */
  weight: Tensor | null;
  /** Added to the mean square; undefined for the spacing of the numbers at 1. */
  readonly eps: number | undefined;
  readonly #shape: Shape;

  /**
   * @param normalizedShape - the sizes of the last axes; a number for the last axis alone
   * @throws ArgumentError unless sizes are integers of 1 or more and eps is 0 or more
   */
  constructor(normalizedShape: number | Shape, options: RMSNormLayerOptions = {}) {
    super();
    const { eps, elementwiseAffine = true, ...init } = options;
    this.#shape = normalizedShapeOf("RMSNorm", normalizedShape);
    this.eps = eps === undefined ? undefined : checkEps("RMSNorm", eps);
    this.weight = elementwiseAffine ? filledParameter("RMSNorm", this.#shape, 1, init) : null;
  }

  /**
   * Divides by the root mean square over the last axes.
   *
   * @param x - (..., ...normalizedShape)
   * @returns the shape of x
   * @throws ShapeError if x does not end in normalizedShape
   */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.#shape, { weight: this.weight, eps: this.eps });
  }
}

/** Options of `GroupNorm`. */
export interface GroupNormLayerOptions extends Init {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether each channel has a learned scale and shift. Default true. */
  readonly affine?: boolean;
}

/**
 * Normalizes each sample over groups of its channels, then scales and shifts each channel (Wu and He, 2018,
 * arXiv:1803.08494); see `groupNorm`.
 */
export class GroupNorm extends Module {
  /** gamma, the scale of each channel, (C). Ones at the start; null without `affine`. */
  weight: Tensor | null;
  /** beta, the shift of each channel, (C). Zeros at the start; null without `affine`. */
  bias: Tensor | null;
  /** Added to the variance. */
  readonly eps: number;
  readonly #groups: number;

  /**
   * @param numGroups - the number of groups, a divisor of C
   * @param numChannels - C
   * @throws ArgumentError unless both numbers are integers of 1 or more, groups divide channels and eps is 0 or more
   */
  constructor(numGroups: number, numChannels: number, options: GroupNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, affine = true, ...init } = options;
    checkSize("GroupNorm", "numGroups", numGroups);
    checkSize("GroupNorm", "numChannels", numChannels);
    if (numChannels % numGroups !== 0)
      throw new ArgumentError(
        `GroupNorm: numChannels must be divisible by numGroups, got ${numChannels} and ${numGroups}`,
      );
    this.#groups = numGroups;
    this.eps = checkEps("GroupNorm", eps);
    this.weight = affine ? filledParameter("GroupNorm", [numChannels], 1, init) : null;
    this.bias = affine ? filledParameter("GroupNorm", [numChannels], 0, init) : null;
  }

  /**
   * Normalizes each group of channels of each sample.
   *
   * @param x - (N, C, ...)
   * @returns the shape of x
   * @throws ShapeError if x does not have C channels
   */
  forward(x: Tensor): Tensor {
    return groupNorm(x, this.#groups, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}
