import fc from "fast-check";
import { describe, test } from "vitest";
import { at, axisOf, build, check, make, replace, type Sample, sampleOf, withChoice } from "../support/nested.js";

describe("index arithmetic", () => {
  /** An axis, and an index for gather: no larger than x, except along the axis. */
  const picks = (x: Sample): fc.Arbitrary<{ axis: number; index: Sample }> =>
    axisOf(x).chain((axis) => {
      const most = x.shape.map((n, k) => (k === axis ? (x.shape[axis] > 0 ? 4 : 0) : n));
      return fc.tuple(...most.map((n) => fc.integer({ min: 0, max: n }))).chain((shape) =>
        fc.infiniteStream(fc.integer({ min: 0, max: Math.max(0, x.shape[axis] - 1) })).map((stream) => ({
          axis,
          index: { shape, dtype: "int32" as const, values: build(shape, () => stream.next().value as number) },
        })),
      );
    });

  test("gather", () => {
    fc.assert(
      fc.property(withChoice(picks, 1), ([x, { axis, index }]) => {
        check(
          x,
          (t) => t.gather(axis, make(index)),
          index.shape,
          (i) => at(x.values, replace(i, axis, at(index.values, i))),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("scatterAdd", () => {
    fc.assert(
      fc.property(withChoice(picks, 1), ([x, { axis, index }]) => {
        const added = sampleOf(index.shape, x.dtype);
        const sums = new Map<string, number>();
        build(index.shape, (i) => {
          const key = replace(i, axis, at(index.values, i)).join();
          sums.set(key, (sums.get(key) ?? 0) + at(added.values, i));
          return 0;
        });
        // Up to 2,048 float16 counts exactly.
        fc.pre(x.dtype !== "float16" || [...sums.values()].every((sum) => sum < 1024));
        check(
          x,
          (t) => t.scatterAdd(axis, make(index), make(added)),
          x.shape,
          (i) => at(x.values, i) + (sums.get(i.join()) ?? 0),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("indexSelect", () => {
    const choices = (x: Sample) =>
      axisOf(x).chain((axis) => {
        const n = x.shape[axis];
        return fc.tuple(
          fc.constant(axis),
          fc.array(fc.integer({ min: 0, max: Math.max(0, n - 1) }), { maxLength: n > 0 ? 5 : 0 }),
        );
      });
    fc.assert(
      fc.property(withChoice(choices, 1), ([x, [axis, index]]) => {
        const picked: Sample = { shape: [index.length], dtype: "int32", values: index };
        check(
          x,
          (t) => t.indexSelect(axis, make(picked)),
          replace(x.shape, axis, index.length),
          (i) => at(x.values, replace(i, axis, index[i[axis]])),
        );
      }),
    );
  });
});
