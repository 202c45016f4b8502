/**
 * Batch normalization layers with running statistics, for 2, 3 and 4 axes. Users import them from `wengert/nn`. Layers
 * that need no statistics of the batch are in normalization.ts.
 */
import { applyUpdate } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import { checkEps, checkFinite } from "../../core/option-checks.js";
import { show } from "../../core/shape.js";
import { ones, zeros } from "../../create.js";
import { batchNorm } from "../../ops/index.js";
import { copyUpdate } from "../../ops/optimizer/updates.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, filledParameter, type InitOptions } from "../init/init.js";
import { Module, renamed } from "../module.js";
import { buffer } from "../parameter.js";

/** Options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormLayerOptions extends Pick<InitOptions, "dtype" | "device"> {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** How far the running statistics move at each step; null: they are the averages over all steps. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether each channel has a learned scale and shift. Default true. */
  readonly affine?: boolean;
  /** Whether running statistics are kept; without them, the batch's own are used outside training too. Default true. */
  readonly trackRunningStats?: boolean;
}

/** The part that all batch normalization layers share (Ioffe and Szegedy, 2015, arXiv:1502.03167). */
abstract class BatchNorm extends Module {
  /** gamma, the scale of each channel, (C). Ones at the start; null without `affine`. */
  weight: Tensor | null;
  /** beta, the shift of each channel, (C). Zeros at the start; null without `affine`. */
  bias: Tensor | null;
  /**
   * The running mean of each channel, (C). Zeros at the start; float32 if the parameters have 16 bits, in which small
   * changes would be lost.
   */
  runningMean: Tensor | null = null;
  /** The running variance of each channel, (C). Ones at the start. */
  runningVar: Tensor | null = null;
  /** The number of training steps that the running statistics include: int32 []. */
  numBatchesTracked: Tensor | null = null;
  /** Added to the variance. */
  readonly eps: number;
  /** How far the running statistics move at each step; null if they are averages over all steps. */
  readonly momentum: number | null;
  readonly #name: string;
  readonly #layouts: readonly string[];

  protected constructor(
    name: string,
    layouts: readonly string[],
    numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, ...init }: BatchNormLayerOptions,
  ) {
    super();
    checkSize(name, "numFeatures", numFeatures);
    this.eps = checkEps(name, eps);
    this.momentum = momentum === null ? null : checkFinite(name, "momentum", momentum);
    this.#name = name;
    this.#layouts = layouts;
    this.weight = affine ? filledParameter(name, [numFeatures], 1, init) : null;
    this.bias = affine ? filledParameter(name, [numFeatures], 0, init) : null;
    if (!trackRunningStats) return;
    const { device } = init;
    const dtype = init.dtype === "float64" ? "float64" : "float32";
    this.runningMean = buffer(zeros([numFeatures], { dtype, device }));
    this.runningVar = buffer(ones([numFeatures], { dtype, device }));
    this.numBatchesTracked = buffer(zeros([], { dtype: "int32", device }));
  }

  /**
   * Normalizes each channel: in training by the statistics of the batch, which also move the running statistics; after
   * `eval` by the running statistics.
   *
   * @param x - (N, C), (N, C, L) or (N, C, H, W), as the class says
   * @returns the shape of x
   * @throws ShapeError for an input of another number of axes, or in training with one value a channel
   */
  forward(x: Tensor): Tensor {
    if (!this.#layouts.some((layout) => layout.split(",").length === x.rank))
      throw new ShapeError(`${this.#name}: x must be ${this.#layouts.join(" or ")}, got ${show(x.shape)}`);
    const { weight, bias, runningMean, runningVar, eps } = this;
    if (!this.training && runningMean) return batchNorm(x, { weight, bias, runningMean, runningVar, eps });
    const y = batchNorm(x, { weight, bias, runningMean, runningVar, eps, training: true, momentum: this.#step() });
    this.#count();
    return y;
  }

  protected override members(): (readonly [string, unknown])[] {
    return renamed(super.members(), {
      runningMean: "running_mean",
      runningVar: "running_var",
      numBatchesTracked: "num_batches_tracked",
    });
  }

  /** How far the statistics move: for averages over all steps, by 1 / n in step n. */
  #step(): number {
    if (this.momentum !== null) return this.momentum;
    return this.numBatchesTracked === null ? 0 : 1 / (this.numBatchesTracked.item() + 1);
  }

  #count(): void {
    if (this.numBatchesTracked === null) return;
    using next = this.numBatchesTracked.add(1);
    applyUpdate(copyUpdate, { source: [next], target: [this.numBatchesTracked] }, undefined);
  }
}

/** Normalizes each channel of (N, C) or (N, C, L) over the batch, then scales and shifts it; see `batchNorm`. */
export class BatchNorm1d extends BatchNorm {
  /**
   * @param numFeatures - C, the number of channels
   * @throws ArgumentError for a number or an option out of range
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super("BatchNorm1d", ["(N, C)", "(N, C, L)"], numFeatures, options);
  }
}

/** Normalizes each channel of images, (N, C, H, W), over the batch, then scales and shifts it; see `batchNorm`. */
export class BatchNorm2d extends BatchNorm {
  /**
   * @param numFeatures - C, the number of channels
   * @throws ArgumentError for a number or an option out of range
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super("BatchNorm2d", ["(N, C, H, W)"], numFeatures, options);
  }
}
