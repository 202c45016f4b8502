/**
 * Pooling layers for images: they hold the options of the ops `maxPool2d`, `avgPool2d` and `adaptiveAvgPool2d`. Users
 * import them from `wengert/nn`. Those for sequences are in pooling-1d.ts.
 */
import {
  type AvgPool2dOptions,
  adaptiveAvgPool2d,
  avgPool2d,
  type MaxPool2dOptions,
  maxPool2d,
  type Size2d,
} from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { Module } from "../module.js";

/** The largest element under a window that moves over images, (N, C, H, W) to (N, C, P, Q); see `maxPool2d`. */
export class MaxPool2d extends Module {
  readonly #kernelSize: Size2d;
  readonly #options: MaxPool2dOptions;

  /** @param kernelSize - the height and width of the window; one number for both */
  constructor(kernelSize: Size2d, options: MaxPool2dOptions = {}) {
    super();
    this.#kernelSize = kernelSize;
    this.#options = options;
  }

  /**
   * Takes the largest element of each window.
   *
   * @param x - (N, C, H, W)
   * @returns (N, C, P, Q)
   * @throws ShapeError if the window is larger than the padded image, ArgumentError for options out of range
   */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#kernelSize, this.#options);
  }
}

/** The average under a window that moves over images, (N, C, H, W) to (N, C, P, Q); see `avgPool2d`. */
export class AvgPool2d extends Module {
  readonly #kernelSize: Size2d;
  readonly #options: AvgPool2dOptions;

  /** @param kernelSize - the height and width of the window; one number for both */
  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    super();
    this.#kernelSize = kernelSize;
    this.#options = options;
  }

  /**
   * Averages the elements of each window.
   *
   * @param x - (N, C, H, W)
   * @returns (N, C, P, Q)
   * @throws ShapeError if the window is larger than the padded image, ArgumentError for options out of range
   */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernelSize, this.#options);
  }
}

/** Averages that bring images of any size to one, (N, C, H, W) to (N, C, ...outputSize); see `adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends Module {
  readonly #outputSize: Size2d;

  /** @param outputSize - the height and width of the result; one number for both; 1 is the global average */
  constructor(outputSize: Size2d) {
    super();
    this.#outputSize = outputSize;
  }

  /**
   * Averages images down, or up, to the size of the layer.
   *
   * @param x - (N, C, H, W)
   * @returns (N, C, ...outputSize)
   * @throws ShapeError, ArgumentError if sizes do not fit
   */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#outputSize);
  }
}
