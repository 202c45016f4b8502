/** Looks up rows of a table by index, and computes the gradient of the table. Called by ../work.ts. */
import { embedding, randint } from "../../../src/index.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { elementOf, gradients, random, sampleOf } from "./operands.js";

/** Columns that are compared, at each end and within. */
const sampled = 2;

export function embeddingWork(row: Row): Work {
  const { dtype, bytes } = elementOf(row);
  const [classes, tokens, columns] = [size(row, "classes"), size(row, "tokens"), size(row, "columns")];
  return {
    // Forward: tokens are read and written. The gradient writes the whole table.
    bytes: (row.backward ? tokens + classes : 2 * tokens) * columns * bytes + 4 * tokens,
    flops: 0,
    make() {
      const table = random(dtype, classes, columns);
      const index = randint(0, classes, [tokens]);
      return row.backward
        ? gradients((weight) => embedding(index, weight), [table], [index])
        : { tensors: [table, index], run: () => [embedding(index, table)] };
    },
    sample: ({ tensors }, outputs) => ({
      inputs: tensors.map((x) => (x.rank === 2 ? sampleOf(x, 1, sampled) : x)),
      outputs: outputs.map((y) => sampleOf(y, 1, sampled)),
    }),
  };
}
