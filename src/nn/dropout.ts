/** The Dropout layer: the op `dropout`, active only in training. The transformer layers use it too. */
import { checkProbability } from "../core/option-checks.js";
import type { Generator } from "../core/random/generator.js";
import { dropout } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** Options of `Dropout`. */
export interface DropoutLayerOptions {
  /** The source of random numbers. Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * In training, sets elements to 0 with probability `p` and scales the others by 1 / (1 - p); after `eval` it returns
 * its input (Srivastava et al., "Dropout", 2014).
 */
export class Dropout extends Module {
  /** The probability that an element becomes 0. */
  readonly p: number;
  readonly #generator: Generator | undefined;

  /**
   * @param p - the probability that an element becomes 0. Default 0.5
   * @throws ArgumentError unless 0 <= p <= 1
   */
  constructor(p = 0.5, { generator }: DropoutLayerOptions = {}) {
    super();
    checkProbability("Dropout", p);
    this.p = p;
    this.#generator = generator;
  }

  /**
   * Drops elements in training, or returns x as it is.
   *
   * @param x - floats of any shape
   * @returns the shape of x
   */
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training, generator: this.#generator });
  }
}
