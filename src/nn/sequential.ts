import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** A module that makes one tensor from one. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Layers one after the other. Its parameters are named by position, as in PyTorch: `0.weight`, `2.bias`. */
export class Sequential extends Module {
  readonly #layers: readonly Layer[];

  /** @throws ArgumentError if one of the layers is no module; a function such as `relu` has one, `ReLU` */
  constructor(...layers: readonly Layer[]) {
    super();
    layers.forEach((layer: unknown, i) => {
      if (!(layer instanceof Module)) throw new ArgumentError(`Sequential: layer ${i} is no module: ${quote(layer)}`);
    });
    this.#layers = layers;
  }

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((y, layer) => layer.forward(y), x);
  }

  protected override members(): (readonly [string, unknown])[] {
    return [...Object.entries(this.#layers), ...super.members()];
  }
}
