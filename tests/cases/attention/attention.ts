/** Cases of scaledDotProductAttention: masks, causal attention, broadcast batches and dropout. */
import { type AttentionOptions, Generator, type Shape } from "../../../src/index.js";
import { bools, type Case, given, type InputSpec, uniform } from "../case.js";

const inf = Number.POSITIVE_INFINITY;

/** q, k and v of (batch, Lq, D), (batch, Lk, D) and (batch, Lk, E). */
const qkv = (batch: Shape, queries: number, keys: number, features: number, values = features) => ({
  q: uniform([...batch, queries, features]),
  k: uniform([...batch, keys, features]),
  v: uniform([...batch, keys, values]),
});

const sdpa = "F.scaled_dot_product_attention";

const plain = (name: string, inputs: Case["inputs"], options: AttentionOptions = {}, python = ""): Case => ({
  name,
  inputs,
  run: ({ q, k, v }) => q.scaledDotProductAttention(k, v, options),
  torch: `${sdpa}(q, k, v${python})`,
});

const masked = (name: string, inputs: ReturnType<typeof qkv>, mask: InputSpec): Case => ({
  name,
  inputs: { ...inputs, mask },
  run: ({ q, k, v, mask }) => q.scaledDotProductAttention(k, v, { mask }),
  torch: `${sdpa}(q, k, v, mask)`,
});

export const attention = {
  scaledDotProductAttention: [
    plain("plain", qkv([2], 3, 4, 3)),
    plain("no batch", qkv([], 3, 2, 4)),
    plain("heads", qkv([1, 2], 3, 3, 2)),
    plain("values of another size", qkv([2], 3, 4, 2, 3)),
    plain("one query", qkv([2], 1, 5, 3)),
    plain("one key", qkv([2], 3, 1, 3)),
    plain("size 1", qkv([1], 1, 1, 1)),
    plain("odd sizes", qkv([], 5, 7, 3)),
    plain("scale", qkv([2], 3, 4, 3), { scale: 0.25 }, ", scale=0.25"),
    plain("causal", qkv([2], 4, 4, 2), { causal: true }, ", is_causal=True"),
    plain("causal, more queries than keys", qkv([], 5, 3, 2), { causal: true }, ", is_causal=True"),
    plain("causal, more keys than queries", qkv([], 2, 5, 2), { causal: true }, ", is_causal=True"),
    plain("no batches", qkv([0], 3, 4, 2)),
    plain("no queries", qkv([2], 0, 4, 2)),
    {
      name: "no keys",
      inputs: qkv([2], 3, 0, 2),
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v),
      torch: "q * 0 + k.sum() + v.sum()",
    },
    {
      name: "broadcast batches",
      inputs: { q: uniform([2, 2, 3, 2]), k: uniform([2, 1, 4, 2]), v: uniform([4, 2]) },
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v),
      torch: `${sdpa}(q, k.expand(2, 2, 4, 2), v.expand(2, 2, 4, 2))`,
    },
    masked("mask", qkv([2], 3, 4, 2), bools([3, 4])),
    masked("mask of each batch", qkv([2], 2, 4, 2), bools([2, 1, 4])),
    masked("mask of keys", qkv([1, 2], 2, 4, 2), given([1, 1, 1, 4], [1, 0, 1, 1], "bool")),
    masked("mask of queries", qkv([2], 3, 2, 2), given([3, 1], [1, 0, 1], "bool")),
    masked("everything masked", qkv([2], 2, 3, 2), given([1, 1], [0], "bool")),
    masked("float mask", qkv([2], 3, 4, 2), uniform([3, 4])),
    masked("float mask of each batch", qkv([2], 2, 3, 2), uniform([2, 1, 3])),
    masked("float mask of all scores", qkv([2], 2, 3, 2), uniform([2, 2, 3])),
    {
      ...masked(
        "float mask of -Infinity",
        qkv([], 3, 3, 2),
        given([3, 3], [0, -inf, 0.5, -inf, -inf, -inf, 1, 0, -inf]),
      ),
      skipGradcheck: "an input is infinite",
    },
    {
      name: "mask and causal",
      inputs: { ...qkv([2], 3, 3, 2), mask: given([3, 3], [1, 1, 1, 0, 1, 1, 1, 0, 1], "bool") },
      run: ({ q, k, v, mask }) => q.scaledDotProductAttention(k, v, { mask, causal: true }),
      torch: `${sdpa}(q, k, v, mask & torch.ones(3, 3, dtype=torch.bool).tril())`,
    },
    {
      name: "float mask and causal",
      inputs: { ...qkv([2], 3, 3, 2), mask: uniform([3, 3]) },
      run: ({ q, k, v, mask }) => q.scaledDotProductAttention(k, v, { mask, causal: true }),
      torch: `${sdpa}(q, k, v, mask.masked_fill(torch.ones(3, 3, dtype=torch.bool).triu(1), -math.inf))`,
    },
    {
      // Scores near 5800, which would overflow e^x without the largest taken off.
      name: "large",
      inputs: { q: given([2, 2], [64, 1, 64, -2]), k: given([3, 2], [128, 1, 128, -0.5, 0, 1]), v: uniform([3, 2]) },
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v),
      torch: `${sdpa}(q, k, v)`,
      // Half an epsilon of the logsumexp is 4096 / 2 epsilons of each weight in the gradient.
      slack: 4096 / 16,
    },
    {
      name: "NaN in one query",
      inputs: { q: given([2, 2], [Number.NaN, 1, 1, 2]), k: uniform([3, 2]), v: uniform([3, 2]) },
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v),
      torch: `${sdpa}(q, k, v)`,
      wrt: [],
    },
    {
      name: "infinity in one query",
      inputs: { q: given([2, 2], [inf, 1, 1, 2]), k: given([2, 2], [1, 2, 1, 1]), v: uniform([2, 2]) },
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v),
      torch: `${sdpa}(q, k, v)`,
      wrt: [],
    },
    {
      // The stream of seed 7 keeps 1 1 0 0 0 1 of the weights.
      name: "dropout",
      inputs: qkv([], 2, 3, 2),
      run: ({ q, k, v }) => q.scaledDotProductAttention(k, v, { dropoutP: 0.5, generator: new Generator(7) }),
      torch: "(F.softmax(q @ k.T / math.sqrt(2), -1) * 2 * torch.tensor([[1, 1, 0], [0, 0, 1]])) @ v",
    },
    {
      name: "dropout with masks",
      inputs: { ...qkv([], 3, 2, 2), mask: given([3, 2], [0, 0, 1, 0, 1, 1], "bool") },
      run: ({ q, k, v, mask }) =>
        q.scaledDotProductAttention(k, v, { mask, causal: true, dropoutP: 0.5, generator: new Generator(7) }),
      torch:
        "(torch.cat([q[:1] @ k.T * 0, F.softmax((q @ k.T / math.sqrt(2))[1:].masked_fill(torch.tensor([[0, 1], [0, 0]]).bool(), -math.inf), -1)]) * 2 * torch.tensor([[1, 1], [0, 0], [0, 1]])) @ v",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
