/** Scaled dot product attention, forward and backward, as rows of the benchmark. Called by ../work.ts. */
import { scaledDotProductAttention, type Tensor } from "../../../src/index.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";
import { elementOf, gradients, last, random } from "./operands.js";

/** The last head of the last sequence. */
const lastHead = (x: Tensor): Tensor => last(last(x, 0), 1);

/** Queries, keys and values are (batch, heads, tokens, width). */
export function attentionWork(row: Row): Work {
  const { dtype, bytes } = elementOf(row);
  const shape = [size(row, "batch"), size(row, "heads"), size(row, "tokens"), size(row, "width")];
  const [batch, heads, tokens, width] = shape;
  const { causal = false } = row;
  const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, { causal });
  // Two products forward, five backward; half of them under a causal mask.
  const products = (row.backward ? 5 : 2) * (causal ? 0.5 : 1);
  return {
    bytes: (row.backward ? 8 : 4) * batch * heads * tokens * width * bytes,
    flops: products * 2 * batch * heads * tokens ** 2 * width,
    make() {
      const [q, k, v] = [random(dtype, ...shape), random(dtype, ...shape), random(dtype, ...shape)];
      return row.backward ? gradients(attend, [q, k, v]) : { tensors: [q, k, v], run: () => [attend(q, k, v)] };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors.map(lastHead), outputs: outputs.map(lastHead) }),
  };
}
