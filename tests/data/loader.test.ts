import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  arrayDataset,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  drawDigits,
  imageDataset,
  manualSeed,
  memory,
  normalize,
  type Sample,
  ShapeError,
  subset,
  type Tensor,
  tensor,
  transformed,
} from "../../src/index.js";

/** Sample i is x = (i, i + 0.5), y = i. */
const numbered = (count: number) =>
  arrayDataset({
    x: { shape: [count, 2], data: Float64Array.from({ length: 2 * count }, (_, i) => i / 2) },
    y: Int32Array.from({ length: count }, (_, i) => i),
  });

type Loader = AsyncIterable<Readonly<Record<string, Tensor>>>;

/** The labels of each batch of an epoch. */
async function epoch(loader: Loader): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { y } of loader) batches.push(Array.from(y.dataSync()));
  return batches;
}

const options = (seed: number, more: Partial<DataLoaderOptions> = {}): DataLoaderOptions => ({
  batch: 8,
  shuffle: true,
  seed,
  ...more,
});

describe("DataLoader", () => {
  test("stacks fields along a new first axis, in their own dtypes, in order", async () => {
    const seen: unknown[] = [];
    for await (const { x, y } of new DataLoader(numbered(5), { batch: 2 }))
      seen.push([x.dtype, x.shape, x.arraySync(), y.dtype, y.arraySync()]);
    expect(seen[0]).toEqual([
      "float64",
      [2, 2],
      [
        [0, 0.5],
        [1, 1.5],
      ],
      "int32",
      [0, 1],
    ]);
    expect(seen[2]).toEqual(["float64", [1, 2], [[4, 4.5]], "int32", [4]]);
  });

  test("numbers are float32, and dtypes can be asked for", async () => {
    const dataset: Dataset<{ x: number; mask: Uint8Array }> = {
      length: 3,
      get: (i) => ({ x: i + 0.25, mask: Uint8Array.of(i % 2, 1) }),
    };
    for await (const { x, mask } of new DataLoader(dataset, { batch: 3, dtypes: { mask: "bool" } })) {
      expect([x.dtype, x.arraySync()]).toEqual(["float32", [0.25, 1.25, 2.25]]);
      expect([mask.dtype, mask.shape]).toEqual(["bool", [3, 2]]);
    }
  });

  test.each([
    [{ batch: 4 }, [4, 4, 2]],
    [{ batch: 4, dropLast: true }, [4, 4]],
    [{ batch: 10, dropLast: true }, [10]],
  ])("%o of 10 samples: batches of %o", async (given, sizes) => {
    const loader = new DataLoader(numbered(10), given);
    expect((await epoch(loader)).map((labels) => labels.length)).toEqual(sizes);
    expect(loader.length).toBe(sizes.length);
  });

  test("shuffled: each sample once an epoch, epochs differ, the same seed gives the same", async () => {
    const [first, second] = [new DataLoader(numbered(50), options(1)), new DataLoader(numbered(50), options(1))];
    const epochs = [await epoch(first), await epoch(first)];
    expect([await epoch(second), await epoch(second)]).toEqual(epochs);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(await epoch(new DataLoader(numbered(50), options(2)))).not.toEqual(epochs[0]);
    for (const labels of epochs)
      expect(labels.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("fields stay together when they are shuffled", async () => {
    for await (const { x, y } of new DataLoader(numbered(50), options(3)))
      y.dataSync().forEach((label, i) => void expect(x.dataSync()[2 * i]).toBe(label));
  });

  test("without a seed, manualSeed decides the order", async () => {
    const order = async (): Promise<number[][]> => {
      manualSeed(5);
      return await epoch(new DataLoader(numbered(30), { batch: 30, shuffle: true }));
    };
    expect(await order()).toEqual(await order());
  });

  test("goes on from a saved state, in the middle of an epoch and over its end", async () => {
    const whole = new DataLoader(numbered(30), options(7));
    const expected = [await epoch(whole), await epoch(whole)];
    for (const at of [0, 1, 3, 4]) {
      const loader = new DataLoader(numbered(30), options(7));
      let seen = 0;
      let state = loader.getState();
      for await (const _ of loader) {
        if (seen++ === at) break;
        state = loader.getState();
      }
      const other = new DataLoader(numbered(30), options(99));
      other.setState(JSON.parse(JSON.stringify(state)));
      expect(await epoch(other)).toEqual(expected[0].slice(at));
      expect(await epoch(other)).toEqual(expected[1]);
    }
  });

  test("a loop that is left begins a new epoch", async () => {
    const loader = new DataLoader(numbered(30), options(7));
    for await (const _ of loader) break;
    expect(loader.getState()).toEqual({ seed: 7, epoch: 1, batch: 0 });
  });

  test.each([0, 1, 5, 100])("prefetching %i batches changes nothing", async (prefetch) => {
    const dataset = transformed(imageDataset(drawDigits(20, 1)), { x: [normalize(0.1, 0.3)] });
    const slow: typeof dataset = {
      length: dataset.length,
      get: async (index, generator) => {
        await new Promise((resolve) => setTimeout(resolve, (index * 7) % 5));
        const { x, y } = await dataset.get(index, generator);
        return { x: { ...x, data: Float32Array.from(x.data, (v) => v + generator.uniform()) }, y };
      },
    };
    const sums = async (given: number): Promise<number[]> => {
      const found: number[] = [];
      for await (const { x } of new DataLoader(slow, options(1, { batch: 6, prefetch: given })))
        found.push(x.cast("float64").sum().item());
      return found;
    };
    expect(await sums(prefetch)).toEqual(await sums(2));
  });

  test("reads ahead as many batches as it is told, and no more", async () => {
    let asked = 0;
    const dataset: Dataset<{ y: Int32Array }> = {
      length: 20,
      get: (i) => {
        asked++;
        return { y: Int32Array.of(i) };
      },
    };
    for await (const _ of new DataLoader(dataset, { batch: 2, prefetch: 3 })) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(asked).toBe(2 * (1 + 3));
      break;
    }
  });

  test("a batch is freed when the next is asked for, and when the loop ends early", async () => {
    const before = memory().tensors;
    const seen: Tensor[] = [];
    for await (const { x } of new DataLoader(numbered(10), { batch: 2 })) {
      expect(memory().tensors).toBe(before + 2);
      seen.push(x);
      if (seen.length === 3) break;
    }
    expect(seen.every(({ disposed }) => disposed)).toBe(true);
    expect(memory().tensors).toBe(before);
  });

  test("random changes are another in each epoch, and the same for the same seed", async () => {
    const noisy: Dataset<{ y: number }> = { length: 4, get: (_, generator) => ({ y: generator.uniform() }) };
    const loader = (): Loader => new DataLoader(noisy, { batch: 4, seed: 3 });
    const [one, two] = [loader(), loader()];
    const epochs = [await epoch(one), await epoch(one)];
    expect(new Set(epochs.flat(2)).size).toBe(8);
    expect([await epoch(two), await epoch(two)]).toEqual(epochs);
  });
});

describe("DataLoader refuses", () => {
  test.each<[string, number, DataLoaderOptions, RegExp]>([
    ["an empty dataset", 0, { batch: 1 }, /the dataset is empty/],
    ["a batch larger than the dataset", 3, { batch: 4 }, /a batch of 4 is larger than the dataset of 3 samples/],
    ["a batch of 0", 3, { batch: 0 }, /batch must be a positive integer, got 0/],
    ["half a sample", 3, { batch: 1.5 }, /got 1.5/],
    ["a negative seed", 3, { batch: 1, seed: -1 }, /seed must be a non-negative integer, got -1/],
    ["prefetch of NaN", 3, { batch: 1, prefetch: Number.NaN }, /prefetch .* got NaN/],
    [
      "workers without a module",
      3,
      { batch: 1, workers: 2 },
      /with 2 workers, the dataset must come from moduleDataset/,
    ],
  ])("%s", (_, count, given, message) => {
    expect(() => new DataLoader(numbered(count), given)).toThrow(ArgumentError);
    expect(() => new DataLoader(numbered(count), given)).toThrow(message);
  });

  test("a state of another loader", () => {
    const loader = new DataLoader(numbered(10), { batch: 5, seed: 1 });
    expect(() => loader.setState({ seed: 1, epoch: 0, batch: 3 })).toThrow("at batch 3, but an epoch has only 2");
    expect(() => loader.setState({ seed: 1, epoch: -1, batch: 0 })).toThrow(ArgumentError);
    expect(loader.getState()).toEqual({ seed: 1, epoch: 0, batch: 0 });
  });

  const mixed = (first: Sample, second: Sample): Dataset => ({ length: 2, get: (i) => (i === 0 ? first : second) });
  test.each<[string, Dataset, RegExp]>([
    [
      "shapes",
      mixed({ x: new Float32Array(2) }, { x: new Float32Array(3) }),
      /x is \[3\] in sample 1, but \[2\] in sample 0/,
    ],
    ["types", mixed({ x: new Float32Array(2) }, { x: new Int32Array(2) }), /x is Int32Array in sample 1/],
    ["fields", mixed({ x: 1 }, { x: 1, y: 2 }), /sample 1 has the fields x, y, but sample 0 of the same batch has x/],
    ["sizes", mixed({ x: 1 }, { x: { shape: [2], data: new Float32Array(3) } }), /x of sample 1 has 3 numbers/],
  ])("samples of different %s in a batch, and frees what there was", async (_, dataset, message) => {
    const before = memory().tensors;
    await expect(epoch(new DataLoader(dataset, { batch: 2 }))).rejects.toThrow(message);
    expect(memory().tensors).toBe(before);
  });

  test.each<[string, unknown, RegExp]>([
    ["no sample", undefined, /sample 0 must be an object, got undefined/],
    ["a number", 3, /sample 0 must be an object, got 3/],
    ["a list in a field", { x: [1, 2] }, /x of sample 0 must be a typed array \(Float32Array, .*\).*, got 1,2/],
    ["no field", { x: undefined }, /x of sample 0 must be a typed array .*, got undefined/],
    ["a tensor in a field", { x: tensor([1]) }, /x of sample 0 must be a typed array/],
    ["64-bit integers", { x: BigInt64Array.of(1n) }, /x of sample 0 must be a typed array/],
  ])("%s for a sample", async (_, sample, message) => {
    const loader = new DataLoader({ length: 2, get: () => sample as Sample }, { batch: 2 });
    await expect(epoch(loader)).rejects.toThrow(ArgumentError);
    await expect(epoch(loader)).rejects.toThrow(message);
  });

  test("what the dataset throws, at the batch in which it does", async () => {
    const dataset: Dataset<{ y: number }> = {
      length: 6,
      get: (i) => (i === 3 ? Promise.reject(new ArgumentError("no sample 3")) : { y: i }),
    };
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { y } of new DataLoader(dataset, { batch: 2, prefetch: 5 })) seen.push(...y.dataSync());
    };
    await expect(loop()).rejects.toThrow("no sample 3");
    expect(seen).toEqual([0, 1]);
  });
});

describe("datasets", () => {
  test("arrays and subsets of them", () => {
    const part = subset(numbered(10), [7, 2, 7]);
    const generator = { uniform: () => 0 } as never;
    expect(part.length).toBe(3);
    expect(part.get(0, generator)).toEqual({
      x: { shape: [2], data: Float64Array.of(7, 7.5) },
      y: { shape: [], data: Int32Array.of(7) },
    });
    expect(() => part.get(3, generator)).toThrow(ArgumentError);
    expect(() => subset(numbered(3), [3])).toThrow("index 3 is out of range for a dataset of 3 samples");
  });

  test.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    ["no columns", () => arrayDataset({}), ArgumentError, /at least one column is required/],
    [
      "lengths that differ",
      () => arrayDataset({ x: new Float32Array(2), y: new Int32Array(3) }),
      ArgumentError,
      /x has 2 rows, but y has 3/,
    ],
    ["lists", () => arrayDataset({ x: [1, 2] as never }), ArgumentError, /x must be a typed array .*, got 1,2/],
    [
      "a scalar",
      () => arrayDataset({ x: { shape: [], data: new Float32Array(1) } }),
      ShapeError,
      /must have at least one axis/,
    ],
    [
      "too few numbers",
      () => arrayDataset({ x: { shape: [2, 2], data: new Float32Array(3) } }),
      ShapeError,
      /x has 3 numbers, but its shape \[2, 2\] needs 4/,
    ],
  ])("arrayDataset refuses %s", (_, make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});
