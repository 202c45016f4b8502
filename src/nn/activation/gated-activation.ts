/**
 * PReLU, which learns its slope, and GLU, which gates one half of its input by the other. Users import them from
 * `wengert/nn`. Activations without either are in activation.ts.
 */
import { ShapeError } from "../../core/errors.js";
import { normalizeAxis, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, filledParameter, type InitOptions } from "../init/init.js";
import { Module } from "../module.js";

/** Options of `PReLU`. */
export interface PReLUOptions extends Pick<InitOptions, "dtype" | "device"> {
  /** The slope below 0 to begin with. Default 0.25. */
  readonly init?: number;
}

/** x above 0, a x below, with a learned slope a (He et al., 2015, arXiv:1502.01852). */
export class PReLU extends Module {
  /** The slopes below 0, (numParameters). */
  weight: Tensor;

  /**
   * @param numParameters - 1: one slope for all; or as many as the input, (N, C, ...), has channels
   * @throws ArgumentError unless it is an integer of 1 or more
   */
  constructor(numParameters = 1, { init = 0.25, ...options }: PReLUOptions = {}) {
    super();
    checkSize("PReLU", "numParameters", numParameters);
    this.weight = filledParameter("PReLU", [numParameters], init, options);
  }

  /**
   * Applies the slope of the layer, or of the channel, to elements below 0.
   *
   * @param x - (N, C, ...); with one slope any shape
   * @returns the shape of x
   * @throws ShapeError if there are several slopes and their number differs from that of the channels
   */
  forward(x: Tensor): Tensor {
    const slopes = this.weight.size;
    if (slopes > 1 && x.shape[1] !== slopes)
      throw new ShapeError(`PReLU: axis 1 of x must have ${slopes} channels, one for each slope, got ${show(x.shape)}`);
    const slope = slopes > 1 ? this.weight.reshape([slopes, ...new Array<number>(x.rank - 2).fill(1)]) : this.weight;
    return x.gt(0).where(x, x.mul(slope));
  }
}

/**
 * One half of the input times the sigmoid of the other: Dauphin et al., "Language modeling with gated
 * convolutional networks" (2016, arXiv:1612.08083).
 */
export class GLU extends Module {
  readonly #axis: number;

  /** @param axis - the axis that is cut into two halves. Default -1, the last */
  constructor(axis = -1) {
    super();
    this.#axis = axis;
  }

  /**
   * Multiplies the first half by the sigmoid of the second.
   *
   * @param x - any shape whose `axis` has an even size
   * @returns the shape of x, with half the size along `axis`
   * @throws ShapeError if the axis has an odd size
   */
  forward(x: Tensor): Tensor {
    const axis = normalizeAxis("GLU", this.#axis, x.rank);
    if (x.shape[axis] % 2 !== 0)
      throw new ShapeError(`GLU: axis ${axis} of x must have an even size, got ${show(x.shape)}`);
    const [value, gate] = x.split([x.shape[axis] / 2, x.shape[axis] / 2], axis);
    return value.mul(gate.sigmoid());
  }
}
