/** The Flatten layer, which joins several axes into one, usually between convolutions and linear layers. */
import { flatten } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** Joins several axes into one: by default all except the first, which is the batch. */
export class Flatten extends Module {
  readonly #startAxis: number;
  readonly #endAxis: number;

  /**
   * @param startAxis - the first axis to join. Default 1
   * @param endAxis - the last axis to join. Default -1, the last
   */
  constructor(startAxis = 1, endAxis = -1) {
    super();
    this.#startAxis = startAxis;
    this.#endAxis = endAxis;
  }

  /**
   * Joins the axes.
   *
   * @param x - (N, ...)
   * @returns (N, the product of the other sizes) with the default axes
   */
  forward(x: Tensor): Tensor {
    return flatten(x, this.#startAxis, this.#endAxis);
  }
}
