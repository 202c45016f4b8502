/** The benchmark work of matrix products: operands, bytes, operations and the rows to compare. Called by ../work.ts. */
import { concat, matmul, ones, type Tensor } from "../../../src/index.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { elementOf, random, sampleOf } from "./operands.js";

/** Rows and columns that are compared, at each end and within. */
const sampled = 4;

/** y (m, n) = a b, with a (m, k) or its transpose, and b (k, n) or its transpose. */
export function matmulWork(row: Row): Work {
  const [m, n, k] = [size(row, "m"), size(row, "n"), size(row, "k")];
  const { dtype, bytes } = elementOf(row);
  const [transA, transB] = [row.layout?.[0] === "T", row.layout?.[1] === "T"];
  return {
    bytes: (m * k + k * n + m * n) * bytes,
    flops: 2 * m * n * k,
    make() {
      const a = random(dtype, ...(transA ? [k, m] : [m, k]));
      const b = random(dtype, ...(transB ? [n, k] : [k, n]));
      const product = (): Tensor => matmul(a, b, { transA, transB });
      return { tensors: [a, b], run: () => [row.planted ? spoil(product()) : product()] };
    },
    sample: ({ tensors: [a, b] }, [y]) => ({
      inputs: [sampleOf(a, transA ? 1 : 0, sampled), sampleOf(b, transB ? 0 : 1, sampled)],
      outputs: [sampleOf(sampleOf(y, 0, sampled), 1, sampled)],
    }),
  };
}

/** Multiplies the last element of each row by 1.5: an error that a check of the first elements would not see. */
function spoil(y: Tensor): Tensor {
  const [m, n] = y.shape;
  return y.mul(concat([ones([m, n - 1], { dtype: y.dtype }), ones([m, 1], { dtype: y.dtype }).mul(1.5)], 1));
}
