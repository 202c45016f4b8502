import { ArgumentError } from "../core/errors.js";
import type { Generator } from "../core/random/generator.js";
import { dropout } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

export interface DropoutLayerOptions {
  /** Where the random numbers come from. Default: the default generator. */
  readonly generator?: Generator;
}

/** In training, drops elements with probability `p` and scales up the others; after `eval`, does nothing. */
export class Dropout extends Module {
  readonly p: number;
  readonly #generator: Generator | undefined;

  /** @throws ArgumentError unless 0 <= p <= 1 */
  constructor(p = 0.5, { generator }: DropoutLayerOptions = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`Dropout: p is a probability from 0 to 1, got ${p}`);
    this.p = p;
    this.#generator = generator;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training, generator: this.#generator });
  }
}
