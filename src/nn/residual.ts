/**
 * The Residual layer, which adds its input to the output of another layer, and Identity. Users import them from
 * `wengert/nn`.
 */
import { ShapeError } from "../core/errors.js";
import { sameShape, show } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";
import type { Layer } from "./sequential.js";

/** Returns its input. It can replace a layer that was removed. */
export class Identity extends Module {
  /**
   * Returns x.
   *
   * @param x - any shape
   * @returns x itself
   */
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Options of `Residual`. */
export interface ResidualOptions {
  /** A layer that gives the input the shape of the output, such as a 1 x 1 convolution. Default: none. */
  readonly shortcut?: Layer;
}

/**
 * A layer beside a way around it, y = layer(x) + shortcut(x): He, Zhang, Ren and Sun, "Deep residual learning for
 * image recognition" (2015, arXiv:1512.03385).
 */
export class Residual extends Module {
  /** The layer that learns the difference between output and input. */
  readonly layer: Layer;
  /** The layer on the way around; null if the input is added as it is. */
  readonly shortcut: Layer | null;

  /** @param layer - must return the shape of its input, or of the shortcut's output */
  constructor(layer: Layer, { shortcut }: ResidualOptions = {}) {
    super();
    this.layer = layer;
    this.shortcut = shortcut ?? null;
  }

  /**
   * Computes layer(x) + shortcut(x).
   *
   * @param x - the shape that `layer` takes
   * @returns the shape that `layer` returns
   * @throws ShapeError unless both shapes are the same: nothing is broadcast
   */
  forward(x: Tensor): Tensor {
    const y = this.layer.forward(x);
    const around = this.shortcut ? this.shortcut.forward(x) : x;
    if (!sameShape(y.shape, around.shape))
      throw new ShapeError(
        `Residual: the layer returns ${show(y.shape)}, but the shortcut returns ${show(around.shape)}; their shapes must match`,
      );
    return y.add(around);
  }
}
