/**
 * Pooling layers for sequences. Each treats a sequence as an image of one row and calls the op for images. Users import
 * them from `wengert/nn`.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { show } from "../../core/shape.js";
import {
  type AvgPool2dOptions,
  adaptiveAvgPool2d,
  avgPool2d,
  type MaxPool2dOptions,
  maxPool2d,
  type Size2d,
} from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { Module } from "../module.js";

/** Options of a window on images, for one on sequences. */
type Sequence<O> = { readonly [K in keyof O]: O[K] extends Size2d | undefined ? number | undefined : O[K] };

/** Options of `MaxPool1d`: those of `maxPool2d`, each a single number. */
export interface MaxPool1dOptions extends Sequence<MaxPool2dOptions> {}
/** Options of `AvgPool1d`: those of `avgPool2d`, each a single number. */
export interface AvgPool1dOptions extends Sequence<AvgPool2dOptions> {}

/** Pools sequences as images of one row. */
abstract class Pool1d extends Module {
  readonly #name: string;
  readonly #pool: (x: Tensor) => Tensor;

  protected constructor(name: string, pool: (x: Tensor) => Tensor) {
    super();
    this.#name = name;
    this.#pool = pool;
  }

  /**
   * Pools each channel of each sequence.
   *
   * @param x - (N, C, L)
   * @returns (N, C, Q)
   * @throws ShapeError if x has other axes or the window is larger, ArgumentError for options out of range
   */
  forward(x: Tensor): Tensor {
    if (x.rank !== 3) throw new ShapeError(`${this.#name}: x must be (N, C, L), got ${show(x.shape)}`);
    return this.#pool(x.unsqueeze(2)).squeeze(2);
  }
}

/** A number of a window along sequences, for images of one row, of which `row` is that of the row. */
function along(layer: string, name: string, row: number, value: number): [number, number] {
  if (typeof value !== "number") throw new ArgumentError(`${layer}: ${name} must be a number, got ${quote(value)}`);
  return [row, value];
}

/** The largest element under a window that moves over sequences, (N, C, L) to (N, C, Q); see `maxPool2d`. */
export class MaxPool1d extends Pool1d {
  /**
   * @param kernelSize - the length of the window
   * @throws ArgumentError if a size is not a number
   */
  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode } = options;
    const of = (name: string, row: number, value: number) => along("MaxPool1d", name, row, value);
    const kernel = of("kernelSize", 1, kernelSize);
    const window = { stride: of("stride", 1, stride), padding: of("padding", 0, padding) };
    const all = { ...window, dilation: of("dilation", 1, dilation), ceilMode };
    super("MaxPool1d", (x) => maxPool2d(x, kernel, all));
  }
}

/** The average under a window that moves over sequences, (N, C, L) to (N, C, Q); see `avgPool2d`. */
export class AvgPool1d extends Pool1d {
  /**
   * @param kernelSize - the length of the window
   * @throws ArgumentError if a size is not a number
   */
  constructor(kernelSize: number, options: AvgPool1dOptions = {}) {
    const { stride = kernelSize, padding = 0, ceilMode, countIncludePad } = options;
    const of = (name: string, row: number, value: number) => along("AvgPool1d", name, row, value);
    const kernel = of("kernelSize", 1, kernelSize);
    const window = { stride: of("stride", 1, stride), padding: of("padding", 0, padding) };
    super("AvgPool1d", (x) => avgPool2d(x, kernel, { ...window, ceilMode, countIncludePad }));
  }
}

/** Averages that bring sequences of any length to one, (N, C, L) to (N, C, outputSize); see `adaptiveAvgPool2d`. */
export class AdaptiveAvgPool1d extends Pool1d {
  /**
   * @param outputSize - the length of the result; 1 is the global average
   * @throws ArgumentError if it is not a number
   */
  constructor(outputSize: number) {
    const size = along("AdaptiveAvgPool1d", "outputSize", 1, outputSize);
    super("AdaptiveAvgPool1d", (x) => adaptiveAvgPool2d(x, size));
  }
}
