/**
 * Scans along an axis: cumulative sums and products, and the linear recurrence that their gradients need. The gradient
 * of `prod` in reduce.ts also uses `cumprod`. Reductions that keep one result are in reduce.ts.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, type Meta, type Op } from "../../core/op.js";
import { normalizeAxis, type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { widenInteger } from "./reduction.js";

/** The options of a scan along an axis. */
export interface ScanOptions {
  /** Go from the end of the axis to its beginning. Default false. */
  readonly reverse?: boolean;
}

interface ScanAttrs {
  readonly axis: number;
  readonly reverse: boolean;
}

const sameMeta = ({ x }: { x: Meta }): Meta => ({ shape: x.shape, dtype: x.dtype });

const scanArgs = (shape: Shape, { axis, reverse }: ScanAttrs): number[] => [...rowDims(shape, axis), +reverse];

/** Calls `scan` for each row of an array (outer, n, inner): the position to begin with, and the step to the next. */
function forEachScan(
  outer: number,
  n: number,
  inner: number,
  reverse: number,
  scan: (first: number, step: number) => void,
): void {
  const first = reverse ? (n - 1) * inner : 0;
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) scan(o * n * inner + i + first, step);
}

/** y[i] = sum x[k] over k <= i  =>  dx[k] = sum dy[i] over i >= k */
export const cumsumOp = defineOp({
  name: "cumsum",
  inputs: ["x"],
  types: { x: "numeric" },
  infer: (inputs, _: ScanAttrs) => sameMeta(inputs),
  args: (_, y, attrs) => scanArgs(y.shape, attrs),
  cpu(x: Numbers, y: Numbers, outer: number, n: number, inner: number, reverse: number) {
    forEachScan(outer, n, inner, reverse, (first, step) => {
      let sum = 0;
      for (let k = 0, at = first; k < n; k++, at += step) {
        sum += x[at];
        y[at] = sum;
      }
    });
  },
  vjp: { x: (dy, _, { axis, reverse }) => dy.cumsum(axis, { reverse: !reverse }) },
});

/**
 * Sums of the first 1, 2, 3, ... elements along an axis. Accumulates in float64 on the CPU. uint8 and bool count as
 * int32.
 *
 * @throws ShapeError for an axis that `x` does not have
 */
export function cumsum(x: Tensor, axis: number, options: ScanOptions = {}): Tensor {
  const { reverse = false } = options;
  const attrs = { axis: normalizeAxis("cumsum", axis, x.rank), reverse };
  return apply(cumsumOp, [widenInteger(x)], attrs);
}

interface ProductAttrs extends ScanAttrs {
  /** Leave the element itself out: y[i] is the product of those before it, and 1 for the first. */
  readonly exclusive: boolean;
}

const times = (a: number, b: number): number => a * b;

/** y[i] = prod x[k] over k <= i, or over k < i if exclusive; for the gradient see below */
export const cumprodOp: Op<ProductAttrs> = defineOp({
  name: "cumprod",
  inputs: ["x"],
  types: { x: "numeric" },
  save: ["x"],
  infer: (inputs, _: ProductAttrs) => sameMeta(inputs),
  args: (_, y, attrs) => [...scanArgs(y.shape, attrs), +attrs.exclusive],
  cpu(x: Numbers, y: Numbers, outer: number, n: number, inner: number, reverse: number, exclusive: number) {
    const multiply = x instanceof Int32Array ? Math.imul : times;
    forEachScan(outer, n, inner, reverse, (first, step) => {
      let before = 1;
      for (let k = 0, at = first; k < n; k++, at += step) {
        const product = multiply(before, x[at]);
        y[at] = exclusive ? before : product;
        before = product;
      }
    });
  },
  // The exclusive product p is the recurrence p[i + 1] = x[i] p[i]  =>  dx = g p, g = recurrence(x, dp) reversed; see
  // below. The inclusive one is y = x p  =>  dx = dy p + g p, where p receives dp = dy x.
  // Nothing is divided by x, so 0 is as good as any other number.
  vjp: {
    x(dy, { x }, attrs) {
      const back = { axis: attrs.axis, reverse: !attrs.reverse };
      const p = apply(cumprodOp, [x], { ...attrs, exclusive: true });
      if (attrs.exclusive) return apply(recurrenceOp, [x, dy], back).mul(p);
      return apply(recurrenceOp, [x, dy.mul(x)], back)
        .add(dy)
        .mul(p);
    },
  },
});

/**
 * Products of the first 1, 2, 3, ... elements along an axis. The gradient is correct for elements that are 0, too.
 * uint8 and bool count as int32; integers wrap around.
 *
 * @throws ShapeError for an axis that `x` does not have
 */
export function cumprod(x: Tensor, axis: number, options: ScanOptions = {}): Tensor {
  const { reverse = false } = options;
  const attrs = { axis: normalizeAxis("cumprod", axis, x.rank), reverse, exclusive: false };
  return apply(cumprodOp, [widenInteger(x)], attrs);
}

/**
 * The linear recurrence y[0] = 0, y[i + 1] = a[i] y[i] + b[i], along an axis; the gradients of products have this form.
 */
export const recurrenceOp: Op<ScanAttrs> = defineOp({
  name: "recurrence",
  inputs: ["a", "b"],
  save: ["a", "y"],
  infer({ a, b }) {
    if (!sameShape(a.shape, b.shape))
      throw new ShapeError(`recurrence: a and b must have the same shape, got ${show(a.shape)} and ${show(b.shape)}`);
    return { shape: a.shape, dtype: a.dtype };
  },
  args: (_, y, attrs) => scanArgs(y.shape, attrs),
  cpu(a: Numbers, b: Numbers, y: Numbers, outer: number, n: number, inner: number, reverse: number) {
    forEachScan(outer, n, inner, reverse, (first, step) => {
      let value = 0;
      for (let k = 0, at = first; k < n; k++, at += step) {
        y[at] = value;
        value = a[at] * value + b[at];
      }
    });
  },
  // With g[i], the cotangent of y[i + 1] by every way: g[i] = dy[i + 1] + a[i + 1] g[i + 1], g[n - 1] = 0,
  // which is the recurrence in the other direction  =>  da = g y,  db = g
  vjp(dy, { a, y }, { axis, reverse }) {
    const g = apply(recurrenceOp, [a, dy], { axis, reverse: !reverse });
    return { a: g.mul(y), b: g };
  },
});
