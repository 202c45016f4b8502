/**
 * Turns a plan (seed, epoch, indices) into a batch: reads the samples, stacks them, makes tensors. Used by DataLoader
 * and, for the reading and stacking, by worker threads.
 */
import type { DeviceName } from "../../core/device.js";
import type { DType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { Generator } from "../../core/random/generator.js";
import { sameShape, show, sizeOf } from "../../core/shape.js";
import { tensor } from "../../create.js";
import type { Tensor } from "../../tensor.js";
import {
  checkHostArray,
  type Dataset,
  type HostArray,
  type HostNumbers,
  type Sample,
  toHostArray,
} from "../dataset.js";

/** The samples of a batch, stacked along a new first axis, still in the computer's memory. */
export type HostBatch = Readonly<Record<string, HostArray>>;

/** A batch of B samples: each field of shape (B, ...shape of the field). */
export type TensorBatch<S extends Sample = Sample> = { readonly [K in keyof S]: Tensor };

/** Which samples to take, and where their random changes come from. Plain numbers, since it travels to workers. */
export interface BatchPlan {
  readonly seed: number;
  readonly epoch: number;
  /** Samples in the dataset. */
  readonly count: number;
  readonly indices: readonly number[];
}

/** Random numbers for one sample: as many counters as any transform needs, and as many again for its batch. */
const countersPerSample = 2 ** 16;
/** The order of the samples takes its counters below this one. */
const firstSampleCounter = 2 ** 52;

/** The stream of one sample in one epoch. */
export function sampleGenerator(seed: number, epoch: number, count: number, index: number): Generator {
  const generator = new Generator(seed);
  generator.setState({ seed, offset: firstSampleCounter + (epoch * count + index) * countersPerSample });
  return generator;
}

/** The stream of one batch in one epoch, apart from those of all samples. */
export function batchGenerator(seed: number, epoch: number, count: number, batch: number): Generator {
  const generator = new Generator(seed);
  const start = (epoch * count + batch) * countersPerSample;
  generator.setState({ seed, offset: firstSampleCounter + start + countersPerSample / 2 });
  return generator;
}

/** The order in which an epoch takes the samples: a function of the seed and the epoch alone. */
export function epochOrder(seed: number, epoch: number, count: number): Int32Array {
  const generator = new Generator(seed);
  generator.setState({ seed, offset: epoch * 2 ** 31 });
  return generator.permutation(count);
}

/** Gets the samples of a plan and stacks them. */
export async function makeBatch(dataset: Dataset, { seed, epoch, count, indices }: BatchPlan): Promise<HostBatch> {
  const samples = await Promise.all(
    indices.map((index) => dataset.get(index, sampleGenerator(seed, epoch, count, index))),
  );
  return collate(samples, indices);
}

/** Stacks samples field by field. @throws ArgumentError, ShapeError if they do not have the same fields and shapes */
export function collate(samples: readonly Sample[], indices: readonly number[]): HostBatch {
  const op = "DataLoader";
  samples.forEach((sample: unknown, i) => {
    if (typeof sample !== "object" || sample === null)
      throw new ArgumentError(`${op}: sample ${indices[i]} must be an object, got ${quote(sample)}`);
  });
  const names = Object.keys(samples[0]);
  samples.forEach((sample, i) => {
    const fields = Object.keys(sample);
    if (fields.length !== names.length || names.some((name) => !Object.hasOwn(sample, name)))
      throw new ArgumentError(
        `${op}: sample ${indices[i]} has the fields ${fields.join(", ")}, but sample ${indices[0]} of the same batch has ${names.join(", ")}`,
      );
  });
  return Object.fromEntries(
    names.map((name) => {
      const arrays = samples.map((sample) => toHostArray(sample[name]));
      arrays.forEach((array, i) => {
        checkHostArray(op, `${name} of sample ${indices[i]}`, array);
      });
      const [{ shape, data }] = arrays;
      const size = sizeOf(shape);
      const stacked = new (data.constructor as new (length: number) => HostNumbers)(samples.length * size);
      arrays.forEach((array, i) => {
        if (!sameShape(array.shape, shape))
          throw new ShapeError(
            `${op}: ${name} is ${show(array.shape)} in sample ${indices[i]}, but ${show(shape)} in sample ${indices[0]} of the same batch`,
          );
        if (array.data.constructor !== data.constructor)
          throw new ArgumentError(
            `${op}: ${name} is ${array.data.constructor.name} in sample ${indices[i]}, but ${data.constructor.name} in sample ${indices[0]} of the same batch`,
          );
        stacked.set(array.data, i * size);
      });
      return [name, { shape: [samples.length, ...shape], data: stacked }];
    }),
  );
}

/** The batch on the device. If one field cannot be made, none stays. */
export function toTensors(
  batch: HostBatch,
  dtypes: Readonly<Record<string, DType | undefined>>,
  device: DeviceName | undefined,
): Record<string, Tensor> {
  const made: Record<string, Tensor> = {};
  try {
    for (const [name, { shape, data }] of Object.entries(batch))
      made[name] = tensor(data, { shape, dtype: dtypes[name], device });
  } catch (error) {
    for (const value of Object.values(made)) value.dispose();
    throw error;
  }
  return made;
}
