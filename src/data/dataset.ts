/**
 * The types of datasets and samples, and datasets made from arrays or from parts of others. Loaders, splits and
 * transforms build on it. Nothing here makes tensors.
 */
import { ArgumentError, ShapeError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Generator } from "../core/random/generator.js";
import { type Shape, show, sizeOf } from "../core/shape.js";

/** A typed array of numbers of a type that tensors can be made from. */
export type HostNumbers = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** An array before it becomes a tensor: row-major numbers and their shape. `readIdx` gives such arrays. */
export interface HostArray {
  /** The size of each axis. */
  readonly shape: Shape;
  /** The elements in row-major order, as many as `shape` needs. */
  readonly data: HostNumbers;
}

/** One entry of a sample: a number (float32), a typed array of one axis, or an array of any shape. */
export type Field = number | HostNumbers | HostArray;

/** One example to learn from, by name: an image `x` and its class `y`, for instance. */
export type Sample = Readonly<Record<string, Field>>;

/** Samples that can be read by index, such as those of a folder of files. */
export interface Dataset<S extends Sample = Sample> {
  /** The number of samples. */
  readonly length: number;
  /**
   * Reads one sample.
   *
   * @param index - from 0 to `length - 1`
   * @param generator - the source of random changes to the sample. A `DataLoader` gives each sample of each epoch its
   *   own stream, so that the result does not depend on the thread or the order
   */
  get(index: number, generator: Generator): S | Promise<S>;
}

/** Arrays of the same length along their first axis, by name. A typed array has one axis. */
export type Columns = Readonly<Record<string, HostNumbers | HostArray>>;

/** Whether a value is an array with a shape, not a number or a typed array. */
export const isHostArray = (value: unknown): value is HostArray =>
  typeof value === "object" && value !== null && "data" in value && "shape" in value;

/** The field as an array: a number has no axes. */
export function toHostArray(field: Field): HostArray {
  if (typeof field === "number") return { shape: [], data: Float32Array.of(field) };
  return isHostArray(field) ? field : { shape: [field?.length], data: field };
}

const hostTypes = [Float32Array, Float64Array, Int32Array, Int16Array, Int8Array, Uint8Array];

/** Throws unless the array is of a type that tensors are created from and has as many numbers as its shape needs. */
export function checkHostArray(op: string, name: string, { shape, data }: HostArray): void {
  if (!hostTypes.some((type) => data instanceof type) || !Array.isArray(shape))
    throw new ArgumentError(
      `${op}: ${name} must be a typed array (${hostTypes.map((type) => type.name).join(", ")}) or an object { shape, data }, got ${quote(data)}`,
    );
  if (sizeOf(shape) !== data.length)
    throw new ShapeError(
      `${op}: ${name} has ${data.length} numbers, but its shape ${show(shape)} needs ${sizeOf(shape)}`,
    );
}

/**
 * A dataset in memory: sample i holds row i of each column.
 *
 * ```ts
 * arrayDataset({ x: { shape: [150, 4], data: measurements }, y: Int32Array.from(species) });
 * ```
 *
 * @throws ArgumentError if there are no columns or their lengths differ; ShapeError if a shape does not fit its numbers
 */
export function arrayDataset<C extends Columns>(columns: C): Dataset<{ readonly [K in keyof C]: HostArray }> {
  const op = "arrayDataset";
  const arrays = Object.entries(columns).map(([name, column]) => {
    const array = toHostArray(column);
    checkHostArray(op, name, array);
    if (array.shape.length === 0)
      throw new ShapeError(`${op}: ${name} must have at least one axis, whose size is the number of samples`);
    return { name, length: array.shape[0], rowShape: array.shape.slice(1), data: array.data };
  });
  if (arrays.length === 0) throw new ArgumentError(`${op}: at least one column is required`);
  const [{ length, name: first }] = arrays;
  for (const array of arrays)
    if (array.length !== length)
      throw new ArgumentError(`${op}: ${first} has ${length} rows, but ${array.name} has ${array.length}`);
  return {
    length,
    get(index) {
      checkIndex(op, index, length);
      const row = arrays.map(({ name, rowShape, data }) => {
        const size = sizeOf(rowShape);
        return [name, { shape: rowShape, data: data.subarray(index * size, (index + 1) * size) }];
      });
      return Object.fromEntries(row);
    },
  };
}

/**
 * The samples of `dataset` at `indices`, in that order; an index may occur several times.
 *
 * @throws ArgumentError if an index is outside the dataset
 */
export function subset<S extends Sample>(dataset: Dataset<S>, indices: ArrayLike<number>): Dataset<S> {
  const chosen = Array.from(indices);
  for (const index of chosen) checkIndex("subset", index, dataset.length);
  return {
    length: chosen.length,
    get(index, generator) {
      checkIndex("subset", index, chosen.length);
      return dataset.get(chosen[index], generator);
    },
  };
}

/** @internal Throws unless `index` is the number of a sample. */
export function checkIndex(op: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new ArgumentError(`${op}: index ${quote(index)} is out of range for a dataset of ${length} samples`);
}
