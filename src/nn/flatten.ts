import { flatten } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** Makes one axis of several: by default of all but the first, which is the batch. */
export class Flatten extends Module {
  readonly #startAxis: number;
  readonly #endAxis: number;

  constructor(startAxis = 1, endAxis = -1) {
    super();
    this.#startAxis = startAxis;
    this.#endAxis = endAxis;
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.#startAxis, this.#endAxis);
  }
}
