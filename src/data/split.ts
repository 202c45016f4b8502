/**
 * Splits of a dataset into parts and folds, plain or stratified by class. Users call it before DataLoader;
 * `crossValidation` of `wengert/tune` takes the folds.
 */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { Generator } from "../core/random/generator.js";
import { type Dataset, type Sample, subset } from "./dataset.js";

/** Options of `splitDataset`, `stratifiedSplit`, `kFold` and `stratifiedKFold`. */
export interface SplitOptions {
  /** The seed of the random order. Default 0. */
  readonly seed?: number;
  /** Take the samples in random order. Default true. */
  readonly shuffle?: boolean;
}

/**
 * Parts of a dataset that have no sample in common.
 *
 * ```ts
 * const [train, validation] = splitDataset(dataset, [0.9, 0.1]);
 * ```
 *
 * @param parts - fractions, whose sum is at most 1; or numbers of samples, if one of them is above 1
 * @throws ArgumentError if the parts exceed the dataset, or one of them would be empty
 */
export function splitDataset<S extends Sample>(
  dataset: Dataset<S>,
  parts: readonly number[],
  { seed = 0, shuffle = true }: SplitOptions = {},
): Dataset<S>[] {
  const { length } = dataset;
  const order = shuffle ? new Generator(seed).permutation(length) : range(length);
  return cut(order, partSizes("splitDataset", parts, length)).map((indices) => subset(dataset, indices));
}

/**
 * As `splitDataset`, but each class is spread over the parts in the same proportion.
 *
 * @param labels - the class of each sample
 * @throws ArgumentError if there is not one label for each sample, a part is not a fraction, or a part would be empty
 */
export function stratifiedSplit<S extends Sample>(
  dataset: Dataset<S>,
  labels: ArrayLike<number>,
  parts: readonly number[],
  { seed = 0, shuffle = true }: SplitOptions = {},
): Dataset<S>[] {
  const op = "stratifiedSplit";
  if (labels.length !== dataset.length)
    throw new ArgumentError(
      `${op}: there must be one label for each sample, got ${labels.length} labels for ${dataset.length} samples`,
    );
  if (parts.some((part) => part > 1))
    throw new ArgumentError(`${op}: parts must be fractions that do not exceed 1, got ${parts.join(", ")}`);
  const sizes = partSizes(op, parts, dataset.length);
  // Classes one after the other, and the samples of that row dealt out evenly: each part gets its share of every class.
  const deal = interleave(sizes, dataset.length);
  const chosen: number[][] = sizes.map(() => []);
  byClass(labels, seed, shuffle).forEach((index, i) => {
    if (deal[i] >= 0) chosen[deal[i]].push(index);
  });
  return chosen.map((indices) => subset(dataset, mixed(indices, seed, shuffle)));
}

/** One way to split samples for cross-validation, as indices. */
export interface Fold {
  /** The indices of the samples to train on, in rising order. */
  readonly train: Int32Array;
  /** The indices of the samples that are held out, in rising order. */
  readonly validation: Int32Array;
}

/**
 * `folds` ways to split `count` samples: each is held out for validation once.
 *
 * @throws ArgumentError unless folds is an integer from 2 to count
 */
export function kFold(count: number, folds: number, { seed = 0, shuffle = true }: SplitOptions = {}): Fold[] {
  checkFolds("kFold", count, folds);
  const order = shuffle ? new Generator(seed).permutation(count) : range(count);
  const sizes = Array.from({ length: folds }, (_, k) => Math.floor((count + folds - 1 - k) / folds));
  return foldsOf(cut(order, sizes), count);
}

/**
 * As `kFold`, but each class is spread over the folds evenly.
 *
 * @param labels - the class of each sample
 * @throws ArgumentError unless folds is an integer from 2 to the number of samples
 */
export function stratifiedKFold(
  labels: ArrayLike<number>,
  folds: number,
  { seed = 0, shuffle = true }: SplitOptions = {},
): Fold[] {
  const count = labels.length;
  checkFolds("stratifiedKFold", count, folds);
  const held: number[][] = Array.from({ length: folds }, () => []);
  byClass(labels, seed, shuffle).forEach((index, i) => {
    held[i % folds].push(index);
  });
  return foldsOf(
    held.map((indices) => Int32Array.from(indices)),
    count,
  );
}

const range = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

function checkFolds(op: string, count: number, folds: number): void {
  if (!Number.isInteger(count) || !Number.isInteger(folds) || folds < 2 || folds > count)
    throw new ArgumentError(
      `${op}: folds must be an integer from 2 to the number of samples, got ${quote(folds)} for ${quote(count)} samples`,
    );
}

/** The validation parts with the rest of the samples, both in rising order. */
function foldsOf(parts: readonly Int32Array[], count: number): Fold[] {
  return parts.map((part) => {
    const held = new Set(part);
    return { train: range(count).filter((i) => !held.has(i)), validation: part.slice().sort() };
  });
}

function partSizes(op: string, parts: readonly number[], count: number): number[] {
  const fail = (problem: string): never => {
    throw new ArgumentError(`${op}: ${problem}, got ${parts.map(quote).join(", ")} for ${count} samples`);
  };
  if (parts.length === 0) fail("at least one part is required");
  if (count < 1) fail("the dataset is empty");
  const areCounts = parts.some((part) => part > 1);
  if (parts.some((part) => !(part > 0) || (areCounts && !Number.isInteger(part))))
    fail("parts must be fractions greater than 0, or positive integers");
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (areCounts ? total > count : total > 1 + 1e-9) fail("the sum of the parts must not exceed the dataset");
  // Ends are rounded, not sizes, so that fractions that add up to 1 leave nothing over.
  const ends = [0, ...parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part, 0))];
  const sizes = areCounts
    ? [...parts]
    : parts.map((_, i) => Math.round(ends[i + 1] * count) - Math.round(ends[i] * count));
  if (sizes.includes(0)) fail("a part would be empty");
  return sizes;
}

function cut(order: Int32Array, sizes: readonly number[]): Int32Array[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return order.subarray(at - size, at);
  });
}

/** Indices in random order, those of a class next to each other. */
function byClass(labels: ArrayLike<number>, seed: number, shuffle: boolean): number[] {
  const order = shuffle ? new Generator(seed).permutation(labels.length) : range(labels.length);
  const classes = new Map<number, number[]>();
  for (const index of order) {
    const members = classes.get(labels[index]);
    if (members) members.push(index);
    else classes.set(labels[index], [index]);
  }
  return [...classes].sort(([a], [b]) => a - b).flatMap(([, members]) => members);
}

/** Which part position i goes to; -1 for none. Any run of positions goes to the parts in about their proportion. */
function interleave(sizes: readonly number[], count: number): number[] {
  const rest = count - sizes.reduce((sum, size) => sum + size, 0);
  const all = [...sizes, rest];
  const given = all.map(() => 0);
  return Array.from({ length: count }, (_, i) => {
    // The part that is furthest behind its share of the first i + 1 positions.
    const behind = all.map((size, part) => (size * (i + 1)) / count - given[part]);
    const next = behind.indexOf(Math.max(...behind));
    given[next]++;
    return next === sizes.length ? -1 : next;
  });
}

/** The indices in random order: classes no longer follow each other. */
function mixed(indices: readonly number[], seed: number, shuffle: boolean): Int32Array {
  if (!shuffle) return Int32Array.from(indices).sort();
  const order = new Generator(seed).permutation(indices.length);
  return order.map((i) => indices[i]);
}
