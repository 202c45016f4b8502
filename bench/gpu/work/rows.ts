/**
 * Ops on the rows of a matrix: softmax, normalization and the classification loss; forward, and gradients alone. Called
 * by ../work.ts.
 */
import { crossEntropy, layerNorm, randint, rmsNorm, type Tensor } from "../../../src/index.js";
import type { Row } from "../rows.js";
import type { Work } from "../work.js";
import { gradients, matrixOf, random, sampleOf } from "./operands.js";

const sampled = 4;
const samplesOf = (x: Tensor): Tensor => sampleOf(x, 0, sampled);

export function softmaxWork(row: Row): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  return {
    bytes: (row.backward ? 3 : 2) * rows * columns * bytes,
    flops: 0,
    make() {
      const x = random(dtype, rows, columns);
      return row.backward ? gradients((v) => v.softmax(), [x]) : { tensors: [x], run: () => [x.softmax()] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors.map(samplesOf), outputs: outputs.map(samplesOf) }),
  };
}

/**
 * A norm over the columns, with weights. The gradients of the weights are sums over all rows, so they are compared on
 * whole operands.
 */
function normWork(row: Row, weights: number, norm: (x: Tensor, ...weights: Tensor[]) => Tensor): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  return {
    bytes: (row.backward ? 3 : 2) * rows * columns * bytes,
    flops: 0,
    make() {
      const inputs = [random(dtype, rows, columns), ...Array.from({ length: weights }, () => random(dtype, columns))];
      return row.backward
        ? gradients(norm, inputs)
        : { tensors: inputs, run: () => [norm(...(inputs as [Tensor, ...Tensor[]]))] };
    },
    sample: ({ tensors }, outputs) =>
      row.backward
        ? { inputs: tensors, outputs }
        : { inputs: [samplesOf(tensors[0]), ...tensors.slice(1)], outputs: outputs.map(samplesOf) },
  };
}

export const layerNormWork = (row: Row): Work =>
  normWork(row, 2, (x, weight, bias) => layerNorm(x, x.shape[1], { weight, bias }));

export const rmsNormWork = (row: Row): Work =>
  normWork(row, 1, (x, weight) => rmsNorm(x, x.shape[1], { weight, eps: 1e-6 }));

/** A loss for each row of logits; the gradient is for the logits. */
export function crossEntropyWork(row: Row): Work {
  const { rows, columns, dtype, bytes } = matrixOf(row);
  return {
    bytes: (row.backward ? 2 : 1) * rows * columns * bytes,
    flops: 0,
    make() {
      const logits = random(dtype, rows, columns);
      const labels = randint(0, columns, [rows]);
      const loss = (x: Tensor): Tensor => crossEntropy(x, labels, { reduction: "none" });
      return row.backward
        ? gradients(loss, [logits], [labels])
        : { tensors: [logits, labels], run: () => [loss(logits)] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors.map(samplesOf), outputs: outputs.map(samplesOf) }),
  };
}
