import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  arrayDataset,
  type Dataset,
  Generator,
  type HostArray,
  kFold,
  splitDataset,
  stratifiedKFold,
  stratifiedSplit,
} from "../../src/index.js";

type Labelled = Dataset<{ readonly y: HostArray }>;

const numbered = (count: number): Labelled => arrayDataset({ y: Int32Array.from({ length: count }, (_, i) => i) });
const indicesOf = (dataset: Labelled): number[] =>
  Array.from({ length: dataset.length }, (_, i) => (dataset.get(i, new Generator()) as { y: HostArray }).y.data[0]);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);

describe("splitDataset", () => {
  test.each([
    [100, [0.8, 0.2], [80, 20]],
    [10, [1 / 3, 1 / 3, 1 / 3], [3, 4, 3]],
    [7, [0.5, 0.5], [4, 3]],
    [10, [6, 3], [6, 3]],
    [10, [0.5], [5]],
  ])("%i samples into %j: %j, without overlap", (count, parts, sizes) => {
    const found = splitDataset(numbered(count), parts, { seed: 3 }).map(indicesOf);
    expect(found.map(({ length }) => length)).toEqual(sizes);
    expect(new Set(found.flat()).size).toBe(sizes.reduce((a, b) => a + b));
  });

  test("is decided by the seed, and keeps the order without shuffling", () => {
    const order = (seed: number): number[] => splitDataset(numbered(50), [0.5, 0.5], { seed }).flatMap(indicesOf);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(splitDataset(numbered(6), [4, 2], { shuffle: false }).map(indicesOf)).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  test.each<[number, number[], RegExp]>([
    [10, [], /at least one part/],
    [0, [0.5], /the dataset is empty/],
    [10, [0.7, 0.4], /must not exceed the dataset, got 0.7, 0.4 for 10 samples/],
    [10, [8, 3], /must not exceed the dataset/],
    [10, [0.5, -0.1], /fractions greater than 0/],
    [10, [2.5, 3], /or positive integers/],
    [3, [0.9, 0.1], /a part would be empty/],
    [10, [Number.NaN], /fractions greater than 0/],
  ])("refuses %i samples into %j", (count, parts, message) => {
    expect(() => splitDataset(numbered(count), parts)).toThrow(ArgumentError);
    expect(() => splitDataset(numbered(count), parts)).toThrow(message);
  });
});

/** 60 of class 0, 30 of class 1, 10 of class 2, mixed. */
const labels = Int32Array.from({ length: 100 }, (_, i) => (i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2));
const classCounts = (indices: readonly number[]): number[] =>
  [0, 1, 2].map((c) => indices.filter((i) => labels[i] === c).length);

describe("stratified", () => {
  test("splits have their share of each class", () => {
    const [train, validation, test] = stratifiedSplit(numbered(100), labels, [0.7, 0.2, 0.1]).map(indicesOf);
    expect(classCounts(train)).toEqual([42, 21, 7]);
    expect(classCounts(validation)).toEqual([12, 6, 2]);
    expect(classCounts(test)).toEqual([6, 3, 1]);
    expect(sorted([...train, ...validation, ...test])).toEqual(range(100));
    expect(train).not.toEqual(sorted(train));
  });

  test("folds have their share of each class", () => {
    for (const { train, validation } of stratifiedKFold(labels, 5, { seed: 1 })) {
      expect(classCounts([...validation])).toEqual([12, 6, 2]);
      expect(sorted([...train, ...validation])).toEqual(range(100));
    }
  });

  test("refuses labels that do not fit", () => {
    expect(() => stratifiedSplit(numbered(3), [0, 1], [0.5])).toThrow("2 labels for 3 samples");
    expect(() => stratifiedSplit(numbered(3), [0, 1, 1], [2])).toThrow("parts must be fractions that do not exceed 1");
  });
});

describe("kFold", () => {
  test.each([
    [10, 5],
    [10, 3],
    [7, 7],
    [101, 4],
  ])("%i samples in %i folds: each held out once", (count, folds) => {
    const found = kFold(count, folds, { seed: 2 });
    expect(found).toHaveLength(folds);
    expect(sorted(found.flatMap(({ validation }) => [...validation]))).toEqual(range(count));
    for (const { train, validation } of found) {
      expect(sorted([...train, ...validation])).toEqual(range(count));
      expect(Math.abs(validation.length - count / folds)).toBeLessThan(1);
    }
  });

  test("without shuffling the folds follow each other", () => {
    expect(kFold(5, 2, { shuffle: false }).map(({ validation }) => [...validation])).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  test.each([
    [10, 1],
    [10, 11],
    [0, 2],
    [10, 2.5],
  ])("refuses %i samples in %d folds", (count, folds) => {
    expect(() => kFold(count, folds)).toThrow(ArgumentError);
  });
});
