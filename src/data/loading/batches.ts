/**
 * Batches, a simple synchronous loop over a set of grey images in memory. Users who need other data, transforms or
 * worker threads use DataLoader.
 */

import { ArgumentError } from "../../core/errors.js";
import { checkInteger } from "../../core/option-checks.js";
import { defaultGenerator, type Generator } from "../../core/random/generator.js";
import { tensor } from "../../create.js";
import type { Tensor } from "../../tensor.js";
import type { ImageSet } from "../image/images.js";

/** Options of `Batches`. */
export interface BatchOptions {
  /** Images in a batch; the last one of an epoch may have fewer. */
  readonly batch: number;
  /** A new random order in each epoch. Default false. */
  readonly shuffle?: boolean;
  /** The source of the order. Default: the default generator, which `manualSeed` seeds. */
  readonly generator?: Generator;
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Pixels scaled to [0, 1] are then normalised: (pixel - mean) / std. Default: they stay in [0, 1]. */
  readonly normalize?: { readonly mean: number; readonly std: number };
}

/** A batch of B images. */
export interface Batch {
  /** The pixels, float32 (B, 1, height, width). */
  readonly x: Tensor;
  /** The classes, int32 (B). */
  readonly y: Tensor;
}

/** The mean and standard deviation of the pixels of MNIST's training images, as fractions of white. */
export const mnistPixels = {
  /** The mean of all pixels. */
  mean: 0.1307,
  /** The standard deviation of all pixels. */
  std: 0.3081,
} as const;

/**
 * The images of a set, a batch at a time. Each loop over it is an epoch:
 *
 * ```ts
 * for (const { x, y } of new Batches(train, { batch: 64, shuffle: true })) { ... }
 * ```
 *
 * The tensors of a batch live until the next iteration, or the end of the loop; `x.detach()` keeps one for longer.
 *
 * @throws ArgumentError if the set is empty or not as large as it says, or an option is outside its range
 */
export class Batches implements Iterable<Batch> {
  readonly #set: ImageSet;
  readonly #batch: number;
  readonly #dropLast: boolean;
  readonly #generator: Generator | null;
  /** What each of the 256 values of a pixel becomes. */
  readonly #pixel: Float32Array;

  /**
   * @param set - the images to loop over
   * @throws ArgumentError if the set is empty or its sizes disagree, or an option is out of range
   */
  constructor(set: ImageSet, options: BatchOptions) {
    const {
      batch,
      shuffle = false,
      generator = defaultGenerator,
      dropLast = false,
      normalize = { mean: 0, std: 1 },
    } = options;
    const { mean, std } = normalize;
    checkInteger("Batches", "batch", batch, 1);
    if (!Number.isFinite(mean) || !Number.isFinite(std) || std <= 0)
      throw new ArgumentError(
        `Batches: normalize must have a finite mean and a finite positive std, got ${mean} and ${std}`,
      );
    if (set.count < 1) throw new ArgumentError("Batches: the set has no images");
    if (set.labels.length !== set.count || set.images.length !== set.count * set.height * set.width)
      throw new ArgumentError(
        `Batches: ${set.count} images of ${set.height} x ${set.width}, but ${set.images.length} pixels and ${set.labels.length} labels`,
      );
    this.#set = set;
    this.#batch = batch;
    this.#dropLast = dropLast;
    this.#generator = shuffle ? generator : null;
    this.#pixel = Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / std);
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.#set.count / this.#batch;
    return this.#dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Iterator<Batch> {
    const { count } = this.#set;
    const order = this.#generator?.permutation(count) ?? Int32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < this.length; i++) {
      const batch = this.#take(order.subarray(i * this.#batch, (i + 1) * this.#batch));
      try {
        yield batch;
      } finally {
        batch.x.dispose();
        batch.y.dispose();
      }
    }
  }

  #take(indices: Int32Array): Batch {
    const { images, labels, height, width } = this.#set;
    const pixels = height * width;
    const values = new Float32Array(indices.length * pixels);
    indices.forEach((index, i) => {
      for (let p = 0; p < pixels; p++) values[i * pixels + p] = this.#pixel[images[index * pixels + p]];
    });
    return {
      x: tensor(values, { shape: [indices.length, 1, height, width] }),
      y: tensor(Int32Array.from(indices, (index) => labels[index])),
    };
  }
}
