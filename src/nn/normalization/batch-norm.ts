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

/** What the layers for each number of axes have in common. */
abstract class BatchNorm extends Module {
  /** (C), ones to begin with */
  weight: Tensor | null;
  /** (C), zeros to begin with */
  bias: Tensor | null;
  /** (C), zeros to begin with; float32 where the parameters have 16 bits, in which small changes would be lost */
  runningMean: Tensor | null = null;
  /** (C), ones to begin with */
  runningVar: Tensor | null = null;
  /** int32 []: the steps that the running statistics have seen */
  numBatchesTracked: Tensor | null = null;
  readonly eps: number;
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

  /** @throws ShapeError for an input of another number of axes, or in training with one value a channel */
  forward(x: Tensor): Tensor {
    if (!this.#layouts.some((layout) => layout.split(",").length === x.rank))
      throw new ShapeError(`${this.#name}: x is ${this.#layouts.join(" or ")}, got ${show(x.shape)}`);
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
   * @param numFeatures - C
   * @throws ArgumentError for a number or an option out of range
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super("BatchNorm1d", ["(N, C)", "(N, C, L)"], numFeatures, options);
  }
}

/** Normalizes each channel of images, (N, C, H, W), over the batch, then scales and shifts it; see `batchNorm`. */
export class BatchNorm2d extends BatchNorm {
  /**
   * @param numFeatures - C
   * @throws ArgumentError for a number or an option out of range
   */
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super("BatchNorm2d", ["(N, C, H, W)"], numFeatures, options);
  }
}
