/** Cases of matmul, dot, outer, linear and einsum. */
import { einsum } from "../../../src/index.js";
import { type Case, given, type InputSpec, integers, uniform } from "../case.js";

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

/** A matmul with one of the four combinations of transposes, on operands given as they are stored. */
function transposed(name: string, transA: boolean, transB: boolean, a: InputSpec, b: InputSpec): Case {
  return {
    name,
    inputs: { a, b },
    run: (t) => t.a.matmul(t.b, { transA, transB }),
    torch: `torch.matmul(a${transA ? ".mT" : ""}, b${transB ? ".mT" : ""})`,
  };
}

const product = (name: string, a: number[], b: number[]): Case =>
  transposed(name, false, false, uniform(a), uniform(b));

const matmul: readonly [Case, ...Case[]] = [
  product("plain", [2, 3], [3, 4]),
  transposed("transA", true, false, uniform([3, 2]), uniform([3, 4])),
  transposed("transB", false, true, uniform([2, 3]), uniform([4, 3])),
  transposed("transA transB", true, true, uniform([3, 2]), uniform([4, 3])),
  product("odd sizes", [7, 5], [5, 9]),
  product("long k", [2, 37], [37, 1]),
  transposed("odd sizes, transA transB", true, true, uniform([7, 5]), uniform([9, 7])),
  product("size 1", [1, 1], [1, 1]),
  product("row times column", [1, 6], [6, 1]),
  product("column times row", [5, 1], [1, 6]),
  product("batched", [2, 3, 4], [2, 4, 5]),
  transposed("batched, transA", true, false, uniform([2, 4, 3]), uniform([2, 4, 5])),
  transposed("batched, transB", false, true, uniform([2, 3, 4]), uniform([2, 5, 4])),
  transposed("batched, transA transB", true, true, uniform([2, 4, 3]), uniform([2, 5, 4])),
  product("broadcast batches", [2, 1, 2, 3], [4, 3, 2]),
  product("broadcast batch of 1", [1, 2, 3], [3, 3, 2]),
  product("batch times matrix", [2, 3, 4], [4, 2]),
  transposed("batch times matrix, transB", false, true, uniform([2, 2, 3, 2]), uniform([3, 2])),
  transposed("batch times matrix, transA", true, false, uniform([2, 4, 3]), uniform([4, 2])),
  product("matrix times batch", [3, 4], [2, 4, 2]),
  product("vector times vector", [5], [5]),
  product("vector times matrix", [3], [3, 4]),
  product("matrix times vector", [3, 4], [4]),
  product("vector times batch", [3], [2, 3, 4]),
  product("batch times vector", [2, 3, 4], [4]),
  product("empty k", [2, 0], [0, 3]),
  product("empty m", [0, 3], [3, 2]),
  product("empty n", [2, 3], [3, 0]),
  product("empty batch", [0, 2, 3], [3, 2]),
  {
    ...product("same operand", [3, 3], []),
    inputs: { a: uniform([3, 3]) },
    run: ({ a }) => a.matmul(a),
    torch: "a @ a",
  },
  {
    ...transposed("special", false, false, given([2, 3], [nan, 1, 2, 0, inf, 1]), given([3, 2], [1, 0, 1, 2, -inf, 1])),
    wrt: [],
  },
  transposed("int32", false, false, integers([2, 3], 9), integers([3, 2], 9)),
  { ...transposed("int32 and float", false, false, integers([2, 3], 9), uniform([3, 2])), torch: "a.double() @ b" },
];

const dot: readonly [Case, ...Case[]] = [
  {
    name: "plain",
    inputs: { a: uniform([7]), b: uniform([7]) },
    run: ({ a, b }) => a.dot(b),
    torch: "torch.dot(a, b)",
  },
  {
    name: "size 1",
    inputs: { a: uniform([1]), b: uniform([1]) },
    run: ({ a, b }) => a.dot(b),
    torch: "torch.dot(a, b)",
  },
  {
    name: "empty",
    inputs: { a: uniform([0]), b: uniform([0]) },
    run: ({ a, b }) => a.dot(b),
    torch: "torch.dot(a, b)",
  },
  { name: "same operand", inputs: { a: uniform([6]) }, run: ({ a }) => a.dot(a), torch: "torch.dot(a, a)" },
  {
    name: "NaN",
    inputs: { a: given([2], [nan, 1]), b: uniform([2]) },
    run: ({ a, b }) => a.dot(b),
    torch: "torch.dot(a, b)",
    wrt: [],
  },
  {
    name: "int32",
    inputs: { a: integers([4], 9), b: integers([4], 9) },
    run: ({ a, b }) => a.dot(b),
    torch: "torch.dot(a, b)",
  },
];

const outer: readonly [Case, ...Case[]] = [
  {
    name: "plain",
    inputs: { a: uniform([3]), b: uniform([5]) },
    run: ({ a, b }) => a.outer(b),
    torch: "torch.outer(a, b)",
  },
  {
    name: "size 1",
    inputs: { a: uniform([1]), b: uniform([4]) },
    run: ({ a, b }) => a.outer(b),
    torch: "torch.outer(a, b)",
  },
  {
    name: "empty",
    inputs: { a: uniform([0]), b: uniform([3]) },
    run: ({ a, b }) => a.outer(b),
    torch: "torch.outer(a, b)",
  },
  { name: "same operand", inputs: { a: uniform([3]) }, run: ({ a }) => a.outer(a), torch: "torch.outer(a, a)" },
  {
    name: "infinity",
    inputs: { a: given([2], [inf, 1]), b: given([2], [0, 2]) },
    run: ({ a, b }) => a.outer(b),
    torch: "torch.outer(a, b)",
    wrt: [],
  },
  {
    name: "int32",
    inputs: { a: integers([3], 9), b: integers([2], 9) },
    run: ({ a, b }) => a.outer(b),
    torch: "torch.outer(a, b)",
  },
];

/** linear on inputs of these shapes, with a bias where it has a shape. */
const dense = (name: string, x: number[], weight: number[], bias?: number[]): Case => ({
  name,
  inputs: { x: uniform(x), weight: uniform(weight), ...(bias ? { bias: uniform(bias) } : {}) },
  run: (t) => t.x.linear(t.weight, t.bias),
  torch: bias ? "F.linear(x, weight, bias)" : "F.linear(x, weight)",
});

const linear: readonly [Case, ...Case[]] = [
  dense("plain", [4, 3], [5, 3], [5]),
  dense("without bias", [4, 3], [5, 3]),
  dense("batch axes", [2, 3, 4], [2, 4], [2]),
  dense("batch axes without bias", [2, 2, 1, 3], [2, 3]),
  dense("vector", [3], [4, 3], [4]),
  dense("odd sizes", [5, 7], [3, 7], [3]),
  dense("size 1", [1, 1], [1, 1], [1]),
  dense("empty batch", [0, 3], [2, 3], [2]),
  dense("no features", [2, 0], [3, 0], [3]),
  dense("no outputs", [2, 3], [0, 3], [0]),
  {
    ...dense("special", [], []),
    inputs: { x: given([2, 2], [nan, 1, 1, inf]), weight: given([2, 2], [1, 2, 0, -1]) },
    wrt: [],
  },
  {
    ...dense("int32", [], [], []),
    inputs: { x: integers([2, 3], 9), weight: integers([2, 3], 9), bias: integers([2], 9) },
  },
];

/** einsum on operands of these shapes, in the order of the alphabet. */
const sums = (name: string, equation: string, ...shapes: readonly (readonly number[])[]): Case =>
  sumsOf(
    name,
    equation,
    shapes.map((shape) => uniform(shape)),
  );

function sumsOf(name: string, equation: string, operands: readonly InputSpec[]): Case {
  const inputs = Object.fromEntries(operands.map((spec, i) => ["abcdefgh"[i], spec]));
  return {
    name,
    inputs,
    run: (t) => einsum(equation, ...Object.keys(inputs).map((key) => t[key])),
    torch: `torch.einsum("${equation}", ${Object.keys(inputs).join(", ")})`,
  };
}

const einsumCases: readonly [Case, ...Case[]] = [
  sums("plain", "ij,jk->ik", [2, 3], [3, 4]),
  sums("spaces", " i j , k j -> i k ", [2, 3], [4, 3]),
  sums("implicit output", "ij,jk", [2, 3], [3, 2]),
  sums("implicit output is sorted", "bAc", [2, 3, 2]),
  sums("implicit sum of a repeated letter", "ij,j", [3, 2], [2]),
  sums("transposed operands", "ji,kj->ki", [3, 2], [4, 3]),
  sums("permuted output", "ij,jk->ki", [2, 3], [3, 4]),
  sums("batched", "bij,bjk->bik", [2, 3, 2], [2, 2, 3]),
  sums("batch axis inside", "ibj,jbk->bik", [3, 2, 2], [2, 2, 3]),
  sums("attention scores", "bqhd,bkhd->bhqk", [2, 2, 1, 3], [2, 3, 1, 3]),
  sums("several summed axes", "ijk,jkl->il", [2, 3, 2], [3, 2, 2]),
  sums("everything summed", "ij,ij->", [2, 3], [2, 3]),
  sums("inner product", "i,i", [5], [5]),
  sums("outer product", "i,j->ij", [3], [4]),
  sums("outer product of matrices", "ij,kl->kjil", [2, 2], [2, 3]),
  sums("elementwise", "ij,ij->ij", [2, 3], [2, 3]),
  sums("row scale", "ij,i->ij", [3, 2], [3]),
  sums("letters in one operand only", "ijk,jl->k", [2, 3, 2], [3, 2]),
  sums("identity", "ij->ij", [2, 3]),
  sums("transpose", "ij->ji", [2, 3]),
  sums("sum", "ij->", [3, 4]),
  sums("sum over rows", "ij->j", [3, 4]),
  sums("trace", "ii", [4, 4]),
  sums("diagonal", "ii->i", [3, 3]),
  sums("diagonal in front", "iji->ji", [2, 3, 2]),
  sums("diagonal of three", "iii->i", [3, 3, 3]),
  sums("two diagonals", "iijj->ij", [2, 2, 3, 3]),
  sums("diagonal times vector", "ii,i->i", [3, 3], [3]),
  sums("ellipsis", "...ij,...jk->...ik", [2, 1, 3, 2], [4, 2, 2]),
  sums("ellipsis in one operand", "...i,i->...", [2, 3, 2], [2]),
  sums("ellipsis summed", "...i->i", [2, 3, 2]),
  sums("ellipsis implicit", "...ij,...jk", [2, 2, 3], [2, 3, 2]),
  sums("ellipsis of no axes", "...ij->...ji", [2, 3]),
  sums("ellipsis in the middle", "i...j->j...i", [2, 3, 2, 2]),
  sums("ellipsis alone", "...,...->...", [2, 3], [3]),
  sums("size 1 stretches", "ij,jk->ik", [2, 1], [3, 2]),
  sums("size 1 kept", "ij,ij->ij", [1, 3], [2, 1]),
  sums("size 1 summed", "i,i->", [1], [3]),
  sums("size 1 diagonal stretches", "ii,i->i", [1, 1], [3]),
  sums("chain of three", "ij,jk,kl->il", [2, 3], [3, 2], [2, 4]),
  sums("four operands", "ij,jk,kl,lm->im", [2, 2], [2, 3], [3, 1], [1, 2]),
  sums("bilinear", "bi,oij,bj->bo", [2, 3], [2, 3, 2], [2, 2]),
  sums("one letter in all", "i,i,i->i", [3], [3], [3]),
  {
    ...sumsOf("same operand", "ij,kj->ik", [uniform([3, 2])]),
    run: ({ a }) => einsum("ij,kj->ik", a, a),
    torch: 'torch.einsum("ij,kj->ik", a, a)',
  },
  sums("scalars", ",->", [], []),
  sums("scalar times matrix", ",ij->ij", [], [2, 2]),
  sums("empty summed axis", "ij,jk->ik", [2, 0], [0, 3]),
  sums("empty diagonal", "ii->i", [0, 0]),
  sums("empty output", "ij,jk->ik", [0, 2], [2, 3]),
  { ...sumsOf("special", "ij,jk->ik", [given([2, 2], [nan, 1, 1, 2]), given([2, 2], [1, inf, 1, 2])]), wrt: [] },
  { ...sumsOf("diagonal beside NaN", "ii->i", [given([2, 2], [1, nan, nan, 2])]) },
  sumsOf("int32", "ij,jk->ik", [integers([2, 3], 9), integers([3, 2], 9)]),
  sumsOf("int32 sum", "ij->i", [integers([2, 3], 9)]),
];

export const linalg = { matmul, dot, outer, linear, einsum: einsumCases } satisfies Record<
  string,
  readonly [Case, ...Case[]]
>;
