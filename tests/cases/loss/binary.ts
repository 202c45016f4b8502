/** Cases of binary cross entropy, from probabilities and from logits. */
import { type Case, given, type InputSpec, integers, uniform } from "../case.js";

const inf = Number.POSITIVE_INFINITY;

const meanOfNothing = { skipGradcheck: "the mean of nothing is NaN" };

const probabilities = (shape: readonly number[]): InputSpec => uniform(shape, 0.125, 0.875);

/** The losses of two classes, part of the family loss. */
export const binary = {
  binaryCrossEntropy: [
    {
      name: "plain",
      inputs: { x: probabilities([3, 4]), t: probabilities([3, 4]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t),
      torch: "F.binary_cross_entropy(x, t)",
    },
    {
      name: "sum",
      inputs: { x: probabilities([5]), t: probabilities([5]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t, { reduction: "sum" }),
      torch: "F.binary_cross_entropy(x, t, reduction='sum')",
    },
    {
      name: "none",
      inputs: { x: probabilities([2, 3]), t: probabilities([2, 3]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t, { reduction: "none" }),
      torch: "F.binary_cross_entropy(x, t, reduction='none')",
    },
    {
      name: "weight",
      inputs: { x: probabilities([3, 4]), t: probabilities([3, 4]), weight: uniform([4], 0.5, 2) },
      run: ({ x, t, weight }) => x.binaryCrossEntropy(t, { weight }),
      torch: "F.binary_cross_entropy(x, t, weight.detach())",
      wrt: ["x", "t"],
    },
    {
      // ln 0 counts as -100, and where the target agrees there is neither loss nor gradient. Not for the target: there
      // PyTorch's gradient is of ln p as it is, and infinite; tests/ops/loss.test.ts checks ours.
      name: "certain",
      inputs: { x: given([5], [0, 1, 0, 1, 0.5]), t: given([5], [0, 1, 1, 0, 0]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t, { reduction: "none" }),
      torch: "F.binary_cross_entropy(x, t, reduction='none')",
      wrt: ["x"],
      // 10^12 is beyond float16.
      skipDTypes: { dtypes: ["float16"], reason: "the gradient at 0 and 1 overflows" },
      skipGradcheck: "the loss has a corner there",
    },
    {
      name: "scalar",
      inputs: { x: probabilities([]), t: probabilities([]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t),
      torch: "F.binary_cross_entropy(x, t)",
    },
    {
      name: "empty",
      inputs: { x: probabilities([0, 2]), t: probabilities([0, 2]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t),
      torch: "F.binary_cross_entropy(x, t)",
      ...meanOfNothing,
    },
    {
      name: "special",
      inputs: { x: given([4], [Number.NaN, 0.5, -1, 2]), t: given([4], [1, Number.NaN, 0.5, 0.5]) },
      run: ({ x, t }) => x.binaryCrossEntropy(t, { reduction: "none" }),
      torch: "torch.full([4], math.nan)",
      wrt: [],
    },
  ],
  binaryCrossEntropyWithLogits: [
    {
      name: "plain",
      inputs: { x: uniform([3, 4]), t: probabilities([3, 4]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t),
      torch: "F.binary_cross_entropy_with_logits(x, t)",
    },
    {
      name: "sum",
      inputs: { x: uniform([5]), t: probabilities([5]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t, { reduction: "sum" }),
      torch: "F.binary_cross_entropy_with_logits(x, t, reduction='sum')",
    },
    {
      name: "none",
      inputs: { x: uniform([2, 3]), t: probabilities([2, 3]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t, { reduction: "none" }),
      torch: "F.binary_cross_entropy_with_logits(x, t, reduction='none')",
    },
    {
      name: "weights",
      inputs: {
        x: uniform([3, 4]),
        t: probabilities([3, 4]),
        weight: uniform([3, 1], 0.5, 2),
        posWeight: uniform([4], 0.5, 4),
      },
      run: ({ x, t, weight, posWeight }) => x.binaryCrossEntropyWithLogits(t, { weight, posWeight }),
      torch: "F.binary_cross_entropy_with_logits(x, t, weight.detach(), pos_weight=posWeight.detach())",
      wrt: ["x", "t"],
    },
    {
      name: "gradients of the weights",
      inputs: { x: uniform([2, 3]), t: probabilities([2, 3]), weight: uniform([3]), posWeight: uniform([2, 1]) },
      run: ({ x, t, weight, posWeight }) => x.binaryCrossEntropyWithLogits(t, { weight, posWeight }),
      torch: "(weight * (posWeight * t * F.softplus(-x) + (1 - t) * F.softplus(x))).mean()",
    },
    {
      name: "integers as targets",
      inputs: { x: uniform([6]), t: integers([6], 2) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t),
      torch: "F.binary_cross_entropy_with_logits(x, t.double())",
    },
    {
      // The gradient at 0 is that of the sigmoid, on both sides.
      name: "at 0",
      inputs: { x: given([3], [0, -0, 0]), t: given([3], [0, 1, 0.5]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t, { reduction: "none" }),
      torch: "F.binary_cross_entropy_with_logits(x, t, reduction='none')",
    },
    {
      name: "large",
      inputs: { x: given([6], [8192, 8192, -8192, -8192, 32, -32]), t: given([6], [1, 0, 1, 0, 1, 0]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t, { reduction: "none" }),
      torch:
        "torch.stack([F.softplus(-x, threshold=99) if a == 1 else F.softplus(x, threshold=99) for x, a in zip(x, t)])",
      wrt: ["x"],
    },
    {
      name: "scalar",
      inputs: { x: uniform([]), t: probabilities([]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t),
      torch: "F.binary_cross_entropy_with_logits(x, t)",
    },
    {
      name: "empty",
      inputs: { x: uniform([0, 2]), t: probabilities([0, 2]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t),
      torch: "F.binary_cross_entropy_with_logits(x, t)",
      ...meanOfNothing,
    },
    {
      name: "special",
      inputs: { x: given([4], [Number.NaN, 0.5, inf, -inf]), t: given([4], [1, Number.NaN, 0, 1]) },
      run: ({ x, t }) => x.binaryCrossEntropyWithLogits(t, { reduction: "none" }),
      // PyTorch's own function gives NaN for the last one.
      torch: "t * F.softplus(-x) + (1 - t) * F.softplus(x)",
      wrt: [],
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
