/** Sequential, which applies layers one after the other, and the type `Layer` that containers accept. */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** A module whose `forward` takes one tensor and returns one. */
export type Layer = Module & {
  /** Computes the output; each layer documents its shapes. */
  forward(x: Tensor): Tensor;
};

/**
 * Layers that are applied one after the other. Parameters are named by position, as in PyTorch: `0.weight`, `2.bias`.
 */
export class Sequential extends Module {
  readonly #layers: readonly Layer[];

  /**
   * @param layers - in the order in which they are applied
   * @throws ArgumentError if one of the layers is not a module; for a function such as `relu` use its layer, `ReLU`
   */
  constructor(...layers: readonly Layer[]) {
    super();
    layers.forEach((layer: unknown, i) => {
      if (!(layer instanceof Module))
        throw new ArgumentError(`Sequential: layer ${i} is not a module: ${quote(layer)}`);
    });
    this.#layers = layers;
  }

  /** The layers in the order in which they are applied. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /**
   * Sends x through all layers.
   *
   * @param x - the shape that the first layer takes
   * @returns the shape that the last layer gives
   */
  forward(x: Tensor): Tensor {
    return this.#layers.reduce((y, layer) => layer.forward(y), x);
  }

  protected override members(): (readonly [string, unknown])[] {
    return [...Object.entries(this.#layers), ...super.members()];
  }
}
