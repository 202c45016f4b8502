import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  scaledDotProductAttention as attention,
  DTypeError,
  Generator,
  grad,
  memory,
  ones,
  randn,
  resetPeak,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

const random = (seed: number, shape: number[]): Tensor =>
  randn(shape, { generator: new Generator(seed), dtype: "float64" });

describe("scaledDotProductAttention", () => {
  test("a query that may attend to nothing gets zeros, and its gradients are 0, not NaN", () => {
    tidy(() => {
      const mask = tensor([
        [true, false],
        [false, false],
      ]);
      const floats = mask.where(zeros([2, 2], { dtype: "float64" }), Number.NEGATIVE_INFINITY);
      const [q, k, v] = [random(1, [2, 3]), random(2, [2, 3]), random(3, [2, 3])];
      for (const given of [mask, floats]) {
        const [y, row] = attention(q, k, v, { mask: given }).arraySync() as number[][];
        expect(y).toEqual((v.arraySync() as number[][])[0]);
        expect(row).toEqual([0, 0, 0]);
        const dq = grad((t: Tensor) => attention(t, k, v, { mask: given }).square().sum())(q);
        expect((dq.arraySync() as number[][])[1]).toEqual([0, 0, 0]);
        const dv = grad((t: Tensor) => attention(q, k, t, { mask: given }).sum())(v);
        expect(dv.arraySync()).toEqual([
          [1, 1, 1],
          [0, 0, 0],
        ]);
      }
    });
  });

  test("the scores are not held: memory grows with the length, not with its square", () => {
    const peakOf = (length: number): number =>
      tidy(() => {
        const [q, k, v] = [1, 2, 3].map((seed) => randn([length, 4], { generator: new Generator(seed) }));
        q.requiresGrad = true;
        const before = memory().bytes;
        resetPeak();
        attention(q, k, v, { causal: true }).sum().backward();
        return memory().peakBytes - before;
      });
    expect(peakOf(256) / peakOf(64)).toBeLessThan(5);
    // The scores alone would be 256 * 256 * 4 bytes.
    expect(peakOf(256)).toBeLessThan(256 * 256);
  });

  test("a NaN score makes its row NaN, also where it is the only one", () => {
    tidy(() => {
      const y = attention(tensor([[Number.NaN], [1]]), tensor([[1]]), tensor([[2]]));
      expect(y.arraySync()).toEqual([[Number.NaN], [2]]);
    });
  });

  test("the batches of q, k and v broadcast, and so do their gradients", () => {
    tidy(() => {
      const [q, k, v] = [random(1, [2, 3, 4, 2]), random(2, [1, 5, 2]), random(3, [5, 2])];
      const dk = grad((t: Tensor) => attention(q, t, v).square().sum())(k);
      const wide = (t: Tensor): Tensor => t.expand([2, 3, 5, 2]);
      const expected = grad((t: Tensor) => attention(q, t, wide(v)).square().sum())(wide(k)).sum([0, 1]);
      expect(dk.shape).toEqual([1, 5, 2]);
      expect(dk.sub(expected).abs().max().item()).toBeLessThan(1e-12);
    });
  });

  test("more queries than a block of the kernel: as softmax(scale q k^T + mask) v, and so are the gradients", () => {
    tidy(() => {
      const [q, k, v] = [random(1, [2, 150, 3]), random(2, [2, 130, 3]), random(3, [2, 130, 2])];
      const allowed = random(4, [150, 130])
        .gt(-1)
        .logicalAnd(ones([150, 130], { dtype: "bool" }).tril());
      const composed = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
        allowed
          .where(q.matmul(k, { transB: true }).mul(0.5), -1e300)
          .softmax()
          .matmul(v);
      const fused = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
        attention(q, k, v, { mask: allowed, scale: 0.5, causal: true });
      const dy = random(5, [2, 150, 2]);
      expect(
        fused(q, k, v)
          .sub(composed(q, k, v))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-14);
      const [actual, expected] = [fused, composed].map((f) =>
        grad((q: Tensor, k: Tensor, v: Tensor) => f(q, k, v).mul(dy).sum(), [0, 1, 2])(q, k, v),
      );
      for (const i of [0, 1, 2]) expect(actual[i].sub(expected[i]).abs().max().item()).toBeLessThan(1e-13);
    });
  });

  const q = [2, 3, 4];
  // biome-ignore format: a table
  test.each([
    ["different features", () => attention(zeros(q), zeros([2, 5, 3]), zeros([2, 5, 4])), ShapeError, "scaledDotProductAttention: q and k must have the same number of features, got q [2, 3, 4], k [2, 5, 3], v [2, 5, 4]"],
    ["different lengths", () => attention(zeros(q), zeros([2, 5, 4]), zeros([2, 6, 4])), ShapeError, "scaledDotProductAttention: k and v must have the same length, got q [2, 3, 4], k [2, 5, 4], v [2, 6, 4]"],
    ["different batches", () => attention(zeros(q), zeros([3, 5, 4]), zeros([3, 5, 4])), ShapeError, "scaledDotProductAttention: shapes [2] and [3] do not broadcast: sizes 2 and 3 differ"],
    ["a vector", () => attention(zeros([4]), zeros([5, 4]), zeros([5, 4])), ShapeError, "scaledDotProductAttention: q, k and v must have shape (..., L, D), got q [4], k [5, 4], v [5, 4]"],
    ["a mask that does not fit", () => attention(zeros(q), zeros(q), zeros(q), { mask: zeros([3, 4], { dtype: "bool" }) }), ShapeError, "scaledDotProductAttention: shapes [3, 4] and [2, 3, 3] do not broadcast: sizes 4 and 3 differ"],
    ["a mask with too many axes", () => attention(zeros(q), zeros(q), zeros(q), { mask: zeros([5, 1, 3, 3]) }), ShapeError, "scaledDotProductAttention: the mask [5, 1, 3, 3] does not broadcast to the scores [2, 3, 3]"],
    ["the same with dropout", () => attention(zeros(q), zeros(q), zeros(q), { mask: zeros([5, 1, 3, 3]), dropoutP: 0.5 }), ShapeError, "scaledDotProductAttention: the mask [5, 1, 3, 3] does not broadcast to the scores [2, 3, 3]"],
    ["a mask of integers", () => attention(zeros(q), zeros(q), zeros(q), { mask: zeros([3, 3], { dtype: "int32" }) }), DTypeError, "scaledDotProductAttention: mask must be bool, or floats that are added to the scores, got int32"],
    ["no probability", () => attention(zeros(q), zeros(q), zeros(q), { dropoutP: 2 }), ArgumentError, "scaledDotProductAttention: dropoutP must be a probability between 0 and 1, got 2"],
  ] as const)("%s is refused", (_, run, error, message) => {
    tidy(() => {
      expect(run).toThrow(error);
      expect(run).toThrow(message);
    });
  });
});
