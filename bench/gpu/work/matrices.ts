/** Ops on matrices that memory limits: sums over an axis, a bias for each column, transposes. Called by ../work.ts. */
import type { Tensor } from "../../../src/index.js";
import type { Row } from "../rows.js";
import type { Work } from "../work.js";
import { matrixOf, random, sampleOf } from "./operands.js";

const sampled = 4;

/** The sum over the rows (axis 0), over the columns (1), or over all. */
export function sums(row: Row): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  const { axis = null } = row;
  const kept = axis === 0 ? columns : axis === 1 ? rows : 1;
  const part = (x: Tensor, at: number): Tensor => (axis === null ? x : sampleOf(x, at, sampled));
  return {
    bytes: (rows * columns + kept) * bytes,
    flops: 0,
    make() {
      const x = random(dtype, rows, columns);
      return { tensors: [x], run: () => [axis === null ? x.sum() : x.sum(axis)] };
    },
    sample: ({ tensors: [x] }, [y]) => ({ inputs: [part(x, axis === 0 ? 1 : 0)], outputs: [part(y, 0)] }),
  };
}

/** x (rows, columns) + bias (columns). */
export function biasAdds(row: Row): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  return {
    bytes: (2 * rows + 1) * columns * bytes,
    flops: 0,
    make() {
      const [x, bias] = [random(dtype, rows, columns), random(dtype, columns)];
      return { tensors: [x, bias], run: () => [x.add(bias)] };
    },
    sample: ({ tensors: [x, bias] }, [y]) => ({
      inputs: [sampleOf(x, 0, sampled), bias],
      outputs: [sampleOf(y, 0, sampled)],
    }),
  };
}

/** The transpose, as a copy. */
export function transposes(row: Row): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  return {
    bytes: 2 * rows * columns * bytes,
    flops: 0,
    make() {
      const x = random(dtype, rows, columns);
      return { tensors: [x], run: () => [x.transpose()] };
    },
    sample: ({ tensors: [x] }, [y]) => ({ inputs: [sampleOf(x, 0, sampled)], outputs: [sampleOf(y, 1, sampled)] }),
  };
}
