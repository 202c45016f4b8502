/** Measures the cost of a launch, for the device and for the host. Called by ../work.ts. */
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { random } from "./operands.js";

/** One element is negated, again and again: the time from one launch to the next, whichever of host and device is slower. */
export function emptyWork(_row: Row): Work {
  return {
    bytes: 8,
    flops: 0,
    clock: "stream",
    calls: 500, // fewer than the launches that a stream holds
    make() {
      const x = random("float32", 1);
      return { tensors: [x], run: () => [x.neg()] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors, outputs }),
  };
}

/** The host's time to submit one op on a few elements, without waiting for the device. */
export function hostWork(row: Row): Work {
  const n = size(row, "elements");
  return {
    bytes: 12 * n,
    flops: 0,
    clock: "host",
    calls: 500, // fewer than the launches that a stream holds
    make() {
      const [a, b] = [random("float32", n), random("float32", n)];
      return { tensors: [a, b], run: () => [a.mul(b)] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors, outputs }),
  };
}
