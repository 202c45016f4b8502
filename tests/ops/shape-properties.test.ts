import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, type Padding, type SliceRange, stack, type Tensor } from "../../src/index.js";
import { sizeOf } from "../cases/case.js";
import {
  at,
  axisOf,
  check,
  type Index,
  make,
  range,
  replace,
  type Sample,
  sampleOf,
  sizes,
  withChoice,
} from "../support/nested.js";

/** The positions that a range takes of an axis: what Python's documentation says of slices, step by step. */
function positions(size: number, taken: SliceRange): number[] {
  if (taken === null) return range(size);
  if (typeof taken === "number") return [taken < 0 ? taken + size : taken];
  const step = taken[2] ?? 1;
  const fromFront = (i: number): number => (i < 0 ? i + size : i);
  const found: number[] = [];
  if (step > 0) {
    const start = Math.max(0, fromFront(taken[0] ?? 0));
    const stop = taken[1] == null ? size : fromFront(taken[1]);
    for (let i = start; i < Math.min(stop, size); i += step) found.push(i);
  } else {
    const start = Math.min(size - 1, fromFront(taken[0] ?? size - 1));
    const stop = taken[1] == null ? -1 : fromFront(taken[1]);
    for (let i = start; i > Math.max(stop, -1); i += step) found.push(i);
  }
  return found;
}

const bounds = fc.option(fc.integer({ min: -7, max: 7 }), { nil: null });
const steps = fc.constantFrom(null, 1, 2, 3, -1, -2, -3);
const rangeOf = (size: number): fc.Arbitrary<SliceRange> => {
  const ranges: fc.Arbitrary<SliceRange>[] = [
    fc.constant(null),
    fc.tuple(bounds, bounds, steps),
    fc.tuple(bounds, bounds),
  ];
  return fc.oneof(...ranges, ...(size > 0 ? [fc.integer({ min: -size, max: size - 1 })] : []));
};
const rangesOf = (x: Sample): fc.Arbitrary<SliceRange[]> => fc.tuple(...x.shape.map(rangeOf));

const permutationOf = (x: Sample): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(range(x.shape.length), { minLength: x.shape.length, maxLength: x.shape.length });

/** Where the padded position i of an axis of n elements reads; -1 for the constant. */
const source = {
  constant: (i: number, n: number) => (i >= 0 && i < n ? i : -1),
  replicate: (i: number, n: number) => Math.min(n - 1, Math.max(0, i)),
  reflect: (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
};

/** Padding that an axis of n elements allows. */
const paddingOf = (mode: keyof typeof source, n: number): fc.Arbitrary<Padding> => {
  const most = { constant: 3, replicate: n > 0 ? 3 : 0, reflect: Math.max(0, n - 1) }[mode];
  return fc.tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }));
};

describe("index arithmetic", () => {
  test("slice", () => {
    fc.assert(
      fc.property(withChoice(rangesOf), ([x, ranges]) => {
        const taken = x.shape.map((size, axis) => positions(size, ranges[axis]));
        const kept = range(x.shape.length).filter((axis) => typeof ranges[axis] !== "number");
        const shape = kept.map((axis) => taken[axis].length);
        check(
          x,
          (t) => t.slice(ranges),
          shape,
          (index) =>
            at(
              x.values,
              taken.map((list, axis) => list[kept.includes(axis) ? index[kept.indexOf(axis)] : 0]),
            ),
        );
      }),
      { numRuns: 400 },
    );
  });

  test("permute", () => {
    fc.assert(
      fc.property(withChoice(permutationOf), ([x, axes]) => {
        check(
          x,
          (t) => t.permute(axes),
          axes.map((axis) => x.shape[axis]),
          (index) =>
            at(
              x.values,
              range(axes.length).map((axis) => index[axes.indexOf(axis)]),
            ),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("transpose of matrices larger than a tile", () => {
    const side = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(side, side, (m, n) => {
        check(
          sampleOf([m, n], "float64"),
          (t) => t.transpose(),
          [n, m],
          ([j, i]) => i * n + j + 1,
        );
      }),
      { numRuns: 50 },
    );
  });

  test("flip", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.subarray(range(x.shape.length))),
        ([x, axes]) => {
          check(
            x,
            (t) => t.flip(axes),
            x.shape,
            (index) =>
              at(
                x.values,
                index.map((i, axis) => (axes.includes(axis) ? x.shape[axis] - 1 - i : i)),
              ),
          );
        },
      ),
    );
  });

  test("concat", () => {
    const choices = (x: Sample) => fc.tuple(axisOf(x), fc.array(sizes, { minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(withChoice(choices, 1), ([x, [axis, lengths]]) => {
        const parts = lengths.map((n) => sampleOf(replace(x.shape, axis, n), x.dtype));
        const total = lengths.reduce((sum, n) => sum + n, 0);
        check(
          x,
          () => concat(parts.map(make), axis),
          replace(x.shape, axis, total),
          (index) => {
            let [part, i] = [0, index[axis]];
            while (i >= lengths[part]) i -= lengths[part++];
            return at(parts[part].values, replace(index, axis, i));
          },
        );
      }),
    );
  });

  test("stack", () => {
    const choices = (x: Sample) =>
      fc.tuple(fc.integer({ min: 0, max: x.shape.length }), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(withChoice(choices), ([x, [axis, n]]) => {
        const shape = [...x.shape.slice(0, axis), n, ...x.shape.slice(axis)];
        check(
          x,
          (t) =>
            stack(
              range(n).map((k) => t.mul(k)),
              axis,
            ),
          shape,
          (index) =>
            index[axis] *
            at(
              x.values,
              index.filter((_, k) => k !== axis),
            ),
        );
      }),
    );
  });

  test("split", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.tuple(axisOf(x), fc.integer({ min: 1, max: 5 })), 1),
        ([x, [axis, size]]) => {
          const pieces = Math.max(1, Math.ceil(x.shape[axis] / size));
          for (let k = 0; k < pieces; k++) {
            const n = Math.min(size, x.shape[axis] - k * size);
            const piece = (t: Tensor): Tensor => {
              const all = t.split(size, axis);
              expect(all).toHaveLength(pieces);
              return all[k];
            };
            check(x, piece, replace(x.shape, axis, n), (index) =>
              at(x.values, replace(index, axis, index[axis] + k * size)),
            );
          }
        },
      ),
    );
  });

  for (const mode of ["constant", "replicate", "reflect"] as const)
    test(`pad, ${mode}`, () => {
      fc.assert(
        fc.property(
          withChoice((x) => fc.tuple(...x.shape.map((n) => paddingOf(mode, n)))),
          ([x, padding]) => {
            const shape = x.shape.map((n, axis) => n + padding[axis][0] + padding[axis][1]);
            fc.pre(sizeOf(shape) < 5000);
            check(
              x,
              (t) => t.pad(padding, { mode, value: -1 }),
              shape,
              (index) => {
                const from = index.map((i, axis) => source[mode](i - padding[axis][0], x.shape[axis]));
                return from.includes(-1) ? -1 : at(x.values, from);
              },
            );
          },
        ),
        { numRuns: 60 },
      );
    });

  test("tile", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.tuple(...x.shape.map(() => fc.integer({ min: 0, max: 2 })))),
        ([x, repeats]) => {
          check(
            x,
            (t) => t.tile(repeats),
            x.shape.map((n, axis) => n * repeats[axis]),
            (index) =>
              at(
                x.values,
                index.map((i, axis) => i % x.shape[axis]),
              ),
          );
        },
      ),
    );
  });

  test("tril and triu", () => {
    fc.assert(
      fc.property(
        withChoice(() => fc.integer({ min: -5, max: 5 }), 2),
        ([x, diagonal]) => {
          const above = (index: Index): number => index[index.length - 1] - index[index.length - 2] - diagonal;
          check(
            x,
            (t) => t.tril(diagonal),
            x.shape,
            (index) => (above(index) <= 0 ? at(x.values, index) : 0),
          );
          check(
            x,
            (t) => t.triu(diagonal),
            x.shape,
            (index) => (above(index) >= 0 ? at(x.values, index) : 0),
          );
        },
      ),
    );
  });
});

describe("round trips", () => {
  const same = (x: Sample, f: (x: Tensor) => Tensor): void => check(x, f, x.shape, (index) => at(x.values, index));

  test("concat(split(x)) = x", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.tuple(axisOf(x), fc.integer({ min: 1, max: 5 })), 1),
        ([x, [axis, size]]) => {
          same(x, (t) => concat(t.split(size, axis), axis));
          same(x, (t) => concat(t.chunk(size, axis), axis));
        },
      ),
    );
  });

  test("a permutation and its inverse", () => {
    fc.assert(
      fc.property(withChoice(permutationOf), ([x, axes]) => {
        same(x, (t) => t.permute(axes).permute(range(axes.length).map((axis) => axes.indexOf(axis))));
      }),
    );
  });

  test("flip twice", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.subarray(range(x.shape.length))),
        ([x, axes]) => same(x, (t) => t.flip(axes).flip(axes)),
      ),
    );
  });

  test("the inside of what was padded", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.tuple(...x.shape.map((n) => paddingOf("constant", n)))),
        ([x, padding]) => {
          fc.pre(sizeOf(x.shape.map((n, axis) => n + padding[axis][0] + padding[axis][1])) < 5000);
          same(x, (t) => t.pad(padding).slice(x.shape.map((n, axis) => [padding[axis][0], padding[axis][0] + n])));
        },
      ),
    );
  });

  test("unsqueeze and squeeze, flatten and reshape", () => {
    fc.assert(
      fc.property(
        withChoice((x) => fc.integer({ min: 0, max: x.shape.length })),
        ([x, axis]) => {
          same(x, (t) => t.unsqueeze(axis).squeeze(axis));
          same(x, (t) => t.flatten().reshape(x.shape));
        },
      ),
    );
  });

  test("the two triangles add up", () => {
    fc.assert(
      fc.property(
        withChoice(() => fc.integer({ min: -5, max: 5 }), 2),
        ([x, diagonal]) => {
          same(x, (t) => t.tril(diagonal).add(t.triu(diagonal + 1)));
        },
      ),
    );
  });
});
