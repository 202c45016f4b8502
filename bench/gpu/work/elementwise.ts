/** Ops that compute each element from the elements at the same position. Called by ../work.ts. */
import { dropout, type Tensor } from "../../../src/index.js";
import { copyValues } from "../../../src/ops/optimizer/copy.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { elementOf, gradients, random, sampleOf } from "./operands.js";

const sampled = 4096;

const samplesOf = (tensors: readonly Tensor[]): Tensor[] => tensors.map((x) => sampleOf(x, 0, sampled));

/** Work on flat arrays: `reads` arrays are read and one is written. */
function flat(row: Row, reads: number, run: (...xs: Tensor[]) => Tensor): Work {
  const n = size(row, "elements");
  const { dtype, bytes } = elementOf(row);
  return {
    bytes: (reads + 1) * n * bytes,
    flops: 0,
    make() {
      const tensors = Array.from({ length: reads }, () => random(dtype, n));
      return { tensors, run: () => [run(...tensors)] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: samplesOf(tensors), outputs: samplesOf(outputs) }),
  };
}

/** From one buffer into another on the device: the floor of all that memory limits. */
export function copies(row: Row): Work {
  const n = size(row, "elements");
  const { dtype, bytes } = elementOf(row);
  return {
    bytes: 2 * n * bytes,
    flops: 0,
    make() {
      const [source, target] = [random(dtype, n), random(dtype, n)];
      return {
        tensors: [source],
        run() {
          copyValues("bench", [source], [target]);
          return [target.alias()];
        },
      };
    },
    sample: ({ tensors }, outputs) => ({ inputs: samplesOf(tensors), outputs: samplesOf(outputs) }),
  };
}

export const adds = (row: Row): Work => flat(row, 2, (a, b) => a.add(b));

/** gelu, or its gradient. */
export function gelus(row: Row): Work {
  const { dtype } = elementOf(row);
  const forward = flat(row, 1, (x) => x.gelu());
  if (!row.backward) return forward;
  return {
    ...forward,
    bytes: (forward.bytes / 2) * 3,
    make: () => gradients((x) => x.gelu(), [random(dtype, size(row, "elements"))]),
  };
}

/** Compared with the mask that Wengert drew; PyTorch draws a different one. */
export const dropouts = (row: Row): Work => ({ ...flat(row, 1, (x) => dropout(x, row.p)), repeatable: false });
