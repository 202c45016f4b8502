/**
 * Elements as text and as nested arrays: the work behind `toString`, `array` and `arraySync` of a tensor. Nothing
 * here reads a device.
 */
import type { DType } from "./core/dtype.js";
import { type Shape, show, sizeOf } from "./core/shape.js";

/** A number, or arrays of them nested as deep as the tensor has axes. */
export type Nested = number | Nested[];

/** Row-major elements as nested arrays. */
export function nest(data: ArrayLike<number>, shape: Shape): Nested {
  const build = (axis: number, start: number): Nested => {
    if (axis === shape.length) return data[start];
    const step = sizeOf(shape.slice(axis + 1));
    return Array.from({ length: shape[axis] }, (_, i) => build(axis + 1, start + i * step));
  };
  return build(0, 0);
}

/** Elements shown at each end of an axis that is too long to show whole. */
const edge = 3;
const showAll = 1000;

/** `Tensor(float32 [2, 2], [[1, 2], [3, 4]])`; long axes are cut in the middle. */
export function formatTensor(data: ArrayLike<number>, shape: Shape, dtype: DType): string {
  // Counting an empty axis as one: a tensor without elements can still be a long list of empty lists.
  const short = shape.reduce((n, size) => n * Math.max(1, size), 1) > showAll;
  const text = (x: number): string => (dtype === "bool" ? String(x !== 0) : String(Number(x.toPrecision(6))));
  const build = (axis: number, start: number): string => {
    if (axis === shape.length) return text(data[start]);
    const step = sizeOf(shape.slice(axis + 1));
    const items: string[] = [];
    for (let i = 0; i < shape[axis]; i++) {
      if (short && shape[axis] > 2 * edge && i === edge) {
        items.push("...");
        i = shape[axis] - edge;
      }
      items.push(build(axis + 1, start + i * step));
    }
    const isInner = axis === shape.length - 1;
    return `[${items.join(isInner ? ", " : `,\n${" ".repeat(axis + 1)}`)}]`;
  };
  const body = build(0, 0);
  return `Tensor(${dtype} ${show(shape)}, ${shape.length > 1 ? "\n" : ""}${body})`;
}
