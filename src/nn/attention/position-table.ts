/** The growing table of sines and cosines that SinusoidalEncoding and RotaryEncoding keep as a buffer. */
import { tensor } from "../../create.js";
import type { Tensor } from "../../tensor.js";
import { buffer } from "../parameter.js";

/**
 * A table of a function of position and column, (positions, columns), in the dtype and on the device of `like`, as a
 * buffer that is not saved. If the current table does not reach `end`, a new one of twice the length replaces it.
 */
export function tableUpTo(
  end: number,
  current: Tensor | null,
  like: Tensor,
  columns: number,
  f: (position: number, column: number) => number,
): Tensor {
  const { dtype, device } = like;
  const fits = current !== null && !current.disposed && current.dtype === dtype && current.device === device;
  if (fits && current.shape[0] >= end) return current;
  const rows = fits ? Math.max(end, 2 * current.shape[0]) : end;
  const values = Float64Array.from({ length: rows * columns }, (_, i) => f(Math.floor(i / columns), i % columns));
  const table = buffer(tensor(values, { shape: [rows, columns], dtype, device }), { persistent: false });
  current?.dispose();
  return table;
}
