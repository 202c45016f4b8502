/**
 * Activation layers without parameters, named as in PyTorch. Users import them from `wengert/nn`. Layers that learn a
 * slope or split their input are in gated-activation.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import { checkNonNegative } from "../../core/option-checks.js";
import {
  clamp,
  elu,
  type GeluOptions,
  gelu,
  leakyRelu,
  logSoftmax,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { Module } from "../module.js";

/** A module that is a function of one tensor, without state. Its result has the shape of its input. */
export abstract class Activation extends Module {
  readonly #f: (x: Tensor) => Tensor;

  /** @param f - the function of the layer; its result has the shape of its input */
  protected constructor(f: (x: Tensor) => Tensor) {
    super();
    this.#f = f;
  }

  /**
   * Applies the function of the layer.
   *
   * @param x - floats of any shape
   * @returns the shape of x
   */
  forward(x: Tensor): Tensor {
    return this.#f(x);
  }
}

/** 1 / (1 + e^-x), element by element. */
export class Sigmoid extends Activation {
  constructor() {
    super(sigmoid);
  }
}

/** ln(sigmoid(x)), exact also where the sigmoid is too small for the dtype. */
export class LogSigmoid extends Activation {
  constructor() {
    super((x) => softplus(x.neg(), { threshold: Number.POSITIVE_INFINITY }).neg());
  }
}

/** The hyperbolic tangent, element by element. */
export class Tanh extends Activation {
  constructor() {
    super(tanh);
  }
}

/** max(x, 0), element by element. */
export class ReLU extends Activation {
  constructor() {
    super(relu);
  }
}

/** x limited to [0, 6] (Howard et al., 2017, arXiv:1704.04861). */
export class ReLU6 extends Activation {
  constructor() {
    super((x) => limited(x, 0, 6));
  }
}

/** x above 0, negativeSlope x below; see `leakyRelu`. */
export class LeakyReLU extends Activation {
  /** @param negativeSlope - the slope for x below 0; checked when the layer is used. Default 0.01 */
  constructor(negativeSlope = 0.01) {
    super((x) => leakyRelu(x, { negativeSlope }));
  }
}

/** x above 0, alpha (e^x - 1) below (Clevert et al., 2015, arXiv:1511.07289). */
export class ELU extends Activation {
  /** @param alpha - results approach -alpha for very negative x; checked when the layer is used. Default 1 */
  constructor(alpha = 1) {
    super((x) => elu(x, { alpha }));
  }
}

/** x above 0, alpha (e^(x / alpha) - 1) below: an ELU without a kink (Barron, 2017, arXiv:1704.07483). */
export class CELU extends Activation {
  /**
   * @param alpha - results approach -alpha for very negative x. Default 1
   * @throws ArgumentError if alpha is 0 or not finite
   */
  constructor(alpha = 1) {
    if (!Number.isFinite(alpha) || alpha === 0)
      throw new ArgumentError(`CELU: alpha must be finite and not 0, got ${alpha}`);
    super((x) => elu(x.div(alpha)).mul(alpha));
  }
}

/** An ELU scaled to keep activations at mean 0 and variance 1 (Klambauer et al., 2017, arXiv:1706.02515). */
export class SELU extends Activation {
  constructor() {
    super(selu);
  }
}

/** x Phi(x), with Phi the normal distribution function (Hendrycks and Gimpel, 2016, arXiv:1606.08415). */
export class GELU extends Activation {
  /** @param options - `approximate` selects the tanh formula; checked when the layer is used; see `gelu` */
  constructor(options: GeluOptions = {}) {
    super((x) => gelu(x, options));
  }
}

/**
 * x sigmoid(x), also called swish (Hendrycks and Gimpel, 2016, arXiv:1606.08415; Ramachandran et al., 2017,
 * arXiv:1710.05941).
 */
export class SiLU extends Activation {
  constructor() {
    super(silu);
  }
}

/** x tanh(softplus(x)) (Misra, 2019, arXiv:1908.08681). */
export class Mish extends Activation {
  constructor() {
    super((x) => x.mul(softplus(x).tanh()));
  }
}

/** ln(1 + e^(beta x)) / beta, a smooth ReLU; see `softplus`. */
export class Softplus extends Activation {
  /**
   * @param beta - how sharp the bend at 0 is; checked when the layer is used. Default 1
   * @param threshold - above beta x = threshold the result is x itself; checked when the layer is used. Default 20
   */
  constructor(beta = 1, threshold = 20) {
    super((x) => softplus(x, { beta, threshold }));
  }
}

/** x / (1 + |x|). */
export class Softsign extends Activation {
  constructor() {
    super((x) => x.div(x.abs().add(1)));
  }
}

/** x limited to [min, max]. */
export class Hardtanh extends Activation {
  /**
   * @param min - the least result. Default -1
   * @param max - the largest result. Default 1
   * @throws ArgumentError unless min is below max
   */
  constructor(min = -1, max = 1) {
    if (!(min < max)) throw new ArgumentError(`Hardtanh: min must be less than max, got ${min} and ${max}`);
    super((x) => limited(x, min, max));
  }
}

/** (x + 3) / 6 limited to [0, 1]: a sigmoid of straight lines. */
export class Hardsigmoid extends Activation {
  constructor() {
    super(hardsigmoid);
  }
}

/** x times its Hardsigmoid (Howard et al., 2019, arXiv:1905.02244). */
export class Hardswish extends Activation {
  constructor() {
    super((x) => x.mul(hardsigmoid(x)));
  }
}

const hardsigmoid = (x: Tensor): Tensor => limited(x.add(3), 0, 6).div(6);

/** `clamp`, but the gradient at the bounds themselves is 0, as for PyTorch's modules and as for ReLU. */
const limited = (x: Tensor, min: number, max: number): Tensor =>
  x.gt(min).logicalAnd(x.lt(max)).where(x, clamp(x.detach(), { min, max }));

/** x if its absolute value is above lambda, else 0. */
export class Hardshrink extends Activation {
  /** @param lambda - values from -lambda to lambda become 0. Default 0.5 */
  constructor(lambda = 0.5) {
    super((x) => x.abs().le(lambda).where(0, x));
  }
}

/** x moved towards 0 by lambda; 0 if its absolute value is at most lambda. */
export class Softshrink extends Activation {
  /**
   * @param lambda - how far values move towards 0. Default 0.5
   * @throws ArgumentError unless lambda is finite and not negative
   */
  constructor(lambda = 0.5) {
    checkNonNegative("Softshrink", "lambda", lambda);
    super((x) =>
      x
        .abs()
        .le(lambda)
        .where(0, x.sub(x.sign().mul(lambda))),
    );
  }
}

/** x - tanh(x). */
export class Tanhshrink extends Activation {
  constructor() {
    super((x) => x.sub(x.tanh()));
  }
}

/** x if it is above the threshold, else the value. */
export class Threshold extends Activation {
  /**
   * @param threshold - values above it stay as they are
   * @param value - the result for all other values
   */
  constructor(threshold: number, value: number) {
    super((x) => x.le(threshold).where(value, x));
  }
}

/** Probabilities from the negatives of logits along an axis, the last one by default: the smallest is the likeliest. */
export class Softmin extends Activation {
  /** @param axis - the axis whose elements sum to 1. Default -1, the last */
  constructor(axis = -1) {
    super((x) => softmax(x.neg(), axis));
  }
}

/** Probabilities from logits along an axis, the last one by default; see `softmax`. */
export class Softmax extends Activation {
  /** @param axis - the axis whose elements sum to 1. Default -1, the last */
  constructor(axis = -1) {
    super((x) => softmax(x, axis));
  }
}

/** The logarithm of `Softmax`, exact also where a probability is too small for the dtype. */
export class LogSoftmax extends Activation {
  /** @param axis - the axis over which the probabilities sum to 1. Default -1, the last */
  constructor(axis = -1) {
    super((x) => logSoftmax(x, axis));
  }
}
