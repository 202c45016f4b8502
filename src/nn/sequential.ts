import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** A module that makes one tensor from one. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Layers one after the other. Its parameters are named by position, as in PyTorch: `0.weight`, `2.bias`. */
export class Sequential extends Module {
  readonly #layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
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
