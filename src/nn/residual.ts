import { ShapeError } from "../core/errors.js";
import { sameShape, show } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";
import type { Layer } from "./sequential.js";

/** Gives back what it gets. It holds a place, such as that of a layer that was taken out. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

export interface ResidualOptions {
  /** What brings the input to the shape of the layer's output, such as a 1 x 1 convolution. Default: nothing. */
  readonly shortcut?: Layer;
}

/**
 * A layer beside a way around it, y = layer(x) + shortcut(x): He, Zhang, Ren and Sun, "Deep residual learning for
 * image recognition" (2015, arXiv:1512.03385).
 */
export class Residual extends Module {
  readonly layer: Layer;
  readonly shortcut: Layer | null;

  constructor(layer: Layer, { shortcut }: ResidualOptions = {}) {
    super();
    this.layer = layer;
    this.shortcut = shortcut ?? null;
  }

  /** @throws ShapeError unless both ways give one shape: nothing is broadcast */
  forward(x: Tensor): Tensor {
    const y = this.layer.forward(x);
    const around = this.shortcut ? this.shortcut.forward(x) : x;
    if (!sameShape(y.shape, around.shape))
      throw new ShapeError(`Residual: the layer gives ${show(y.shape)}, the way around it ${show(around.shape)}`);
    return y.add(around);
  }
}
