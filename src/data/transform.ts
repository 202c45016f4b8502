/**
 * Transforms of samples: applying them to a dataset, joining several, and normalizing. Random transforms of images are
 * in image/.
 */
import { ArgumentError, ShapeError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Generator } from "../core/random/generator.js";
import { show } from "../core/shape.js";
import { type Dataset, type HostArray, type Sample, toHostArray } from "./dataset.js";
import type { HostBatch } from "./loading/collate.js";

/** A change to one field of a sample; its random numbers come from the generator. */
export type Transform = (value: HostArray, generator: Generator) => HostArray;

/** A change to a whole batch, such as `mixup`. */
export type BatchTransform = (batch: HostBatch, generator: Generator) => HostBatch;

/**
 * The dataset with transforms applied to the fields named, one after the other, whenever a sample is taken:
 *
 * ```ts
 * transformed(photos, { x: [randomCrop(224, { padding: 8 }), randomFlip(), normalize(mean, std)] });
 * ```
 *
 * @throws ArgumentError, when a sample is taken, if it has no field of such a name
 */
export function transformed<S extends Sample>(
  dataset: Dataset<S>,
  transforms: { readonly [K in keyof S]?: readonly Transform[] },
): Dataset<{ readonly [K in keyof S]: S[K] | HostArray }> {
  const changes = Object.entries<readonly Transform[] | undefined>(transforms);
  return {
    length: dataset.length,
    async get(index, generator) {
      const sample = await dataset.get(index, generator);
      const changed: Record<string, unknown> = { ...sample };
      for (const [name, list = []] of changes) {
        if (!Object.hasOwn(sample, name)) throw new ArgumentError(`transformed: sample ${index} has no field ${name}`);
        changed[name] = list.reduce((value, transform) => transform(value, generator), toHostArray(sample[name]));
      }
      return changed as { readonly [K in keyof S]: S[K] | HostArray };
    },
  };
}

/** Rows and columns of an image (..., height, width), and how many such planes it has. */
export function planesOf(op: string, { shape }: HostArray): { planes: number; height: number; width: number } {
  if (shape.length < 2) throw new ShapeError(`${op}: images must be (..., height, width), got ${show(shape)}`);
  const [height, width] = shape.slice(-2);
  return { planes: shape.slice(0, -2).reduce((n, size) => n * size, 1), height, width };
}

/**
 * (x - mean) / std, as float32. With lists, one mean and one std for each channel, which is the first axis.
 *
 * @throws ArgumentError unless means are finite, stds above 0, and both lists of one length; ShapeError, when it is
 *   applied, if there are more or fewer channels
 */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Transform {
  const [means, stds] = [[mean].flat(), [std].flat()];
  if (means.length !== stds.length || means.length === 0)
    throw new ArgumentError(
      `normalize: there must be as many means as stds, and at least one, got ${means.length} and ${stds.length}`,
    );
  means.forEach((m, i) => {
    if (!Number.isFinite(m) || !(stds[i] > 0) || !Number.isFinite(stds[i]))
      throw new ArgumentError(
        `normalize: mean must be finite and std must be finite and positive, got ${quote(m)} and ${quote(stds[i])}`,
      );
  });
  const perChannel = Array.isArray(mean);
  return ({ shape, data }) => {
    if (perChannel && shape[0] !== means.length)
      throw new ShapeError(
        `normalize: the first axis must have ${means.length} channels, one for each mean, got ${show(shape)}`,
      );
    const size = data.length / means.length;
    // A plain loop: `from` with a function walks an iterator, many times slower.
    const normalized = new Float32Array(data.length);
    for (let c = 0; c < means.length; c++)
      for (let i = c * size; i < (c + 1) * size; i++) normalized[i] = (data[i] - means[c]) / stds[c];
    return { shape, data: normalized };
  };
}

/** A transform made of several, one after the other. */
export const compose =
  (...transforms: readonly Transform[]): Transform =>
  (value, generator) =>
    transforms.reduce((changed, transform) => transform(changed, generator), value);
