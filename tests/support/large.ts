/**
 * All cases, and calls that are large enough for the kernels with tiles. Used by the tests of races and by the
 * fingerprint script.
 */
import {
  conv2d,
  crossEntropy,
  type DType,
  matmul,
  maxPool2d,
  randint,
  randn,
  Tape,
  type Tensor,
  tidy,
} from "../../src/index.js";
import { caseFileNames, type Sample, samplesOf } from "./goldens.js";

/** The case list. */
export const everySample: readonly Sample[] = caseFileNames.flatMap(samplesOf);

/** A case of each op: where the whole list would take too long. */
export const firstOfEachOp: readonly Sample[] = everySample.filter(
  ({ op }, i) => everySample.findIndex((other) => other.op === op) === i,
);

/** Forward and backward. */
function both(inputs: readonly Tensor[], f: (...inputs: Tensor[]) => Tensor): void {
  using tape = new Tape();
  const watched = inputs.map((x) => tape.watch(x));
  for (const g of tape.gradients(f(...watched).sum(), watched)) g.dataSync();
}

const random = (dtype: DType, ...shape: number[]): Tensor => randn(shape, { dtype });

/** Forward and backward of what is larger than a tile: the cases of the list are smaller, and take other kernels. */
export function runLarge(dtype: DType): void {
  tidy(() => {
    both([random(dtype, 72, 136), random(dtype, 136, 80)], (a, b) => a.matmul(b)); // whole vectors
    both([random(dtype, 67, 75), random(dtype, 75, 41)], (a, b) => a.matmul(b)); // ragged
    both([random(dtype, 40, 1544), random(dtype, 1544, 36)], (a, b) => a.matmul(b)); // a sum that is split
    both([random(dtype, 2, 5, 9, 9), random(dtype, 7, 5, 3, 3)], (x, w) => conv2d(x, w, null, { padding: 1 }));
    both([random(dtype, 1, 2, 9, 11)], (x) => maxPool2d(x, 3, { stride: 2, padding: 1 }));
    both([random(dtype, 3, 1500)], (x) => x.softmax().mul(x));
    both([random(dtype, 5, 700)], (x) => crossEntropy(x, randint(0, 700, [5])));
    both([random(dtype, 70, 45)], (x) => x.transpose().mul(2));
    for (const axis of [0, 1, undefined]) both([random(dtype, 300, 37)], (x) => x.mul(x).sum(axis));
  });
}

/**
 * Products and a convolution of the largest tiles, for a device with four multiprocessors: at least 96 rows and columns,
 * and as many tiles of 128 x 128 as multiprocessors.
 */
export function runLargest(dtype: DType): void {
  tidy(() => {
    for (const [transA, transB] of [
      [false, false],
      [true, true],
    ] as const) {
      const a = random(dtype, ...(transA ? [24, 136] : [136, 24]));
      const b = random(dtype, ...(transB ? [264, 24] : [24, 264]));
      matmul(a, b, { transA, transB }).dataSync();
    }
    conv2d(random(dtype, 2, 8, 16, 16), random(dtype, 104, 8, 1, 1)).dataSync();
  });
}
