/**
 * Sums of products in Einstein's notation, as a chain of batched matrix products. It has no kernel. The equation is
 * read in einsum-equation.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { type Label, parseEquation, sizesOf } from "./einsum-equation.js";

/** An operand on the way: a tensor and the labels of its axes, all different. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly Label[];
}

/**
 * Sums of products in Einstein's notation: each letter names an axis, and letters that are not in the output are summed
 * over.
 *
 * ```ts
 * einsum("ij,jk->ik", a, b);        // a matrix product
 * einsum("bhqd,bhkd->bhqk", q, k);  // attention scores
 * einsum("ii", a);                  // the trace: without an arrow, letters that occur once are kept, sorted
 * einsum("...ij->...ji", x);        // the ellipsis represents any axes, which broadcast
 * ```
 *
 * Operands are contracted two at a time, the cheapest pair first, each time by one batched matrix product. A size of
 * 1 stretches, as everywhere.
 *
 * @param equation - one term for each operand, separated by commas, then optionally `->` and the output
 * @throws ArgumentError if the text is not an equation, ShapeError if it does not fit the operands
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  if (typeof equation !== "string")
    throw new ArgumentError(`einsum: the equation must be a string, got ${quote(equation)}`);
  if (operands.length === 0)
    throw new ArgumentError(`einsum: at least one operand is required, got none for '${equation}'`);
  const shapes = operands.map((x) => x.shape);
  const { inputs, output } = parseEquation(equation, shapes);
  const sizes = sizesOf(equation, inputs, shapes);
  const terms = operands.map((x, k) => dropStretched(takeDiagonals({ x, labels: inputs[k] }), sizes));
  while (terms.length > 1) {
    const [i, j] = cheapestPair(terms, sizes);
    const [a, b] = [terms[i], terms[j]];
    const others = terms.filter((_, k) => k !== i && k !== j);
    const wanted = new Set([...output, ...others.flatMap(({ labels }) => labels)]);
    terms.splice(j, 1);
    terms[i] = contract(a, b, wanted);
  }
  return arrange(sumOut(terms[0], new Set(output)), output).x;
}

/** A repeated label represents the diagonal of its two axes. */
function takeDiagonals({ x, labels }: Term): Term {
  const repeated = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
  if (repeated < 0) return { x, labels };
  const first = labels.indexOf(labels[repeated]);
  const axes = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== repeated);
  const y = x.permute([...axes, first, repeated]); // (..., n, n)
  const n = y.shape[y.rank - 1];
  // In a row of n^2 elements, the diagonal is every (n + 1)-th.
  const flat = y.reshape([...y.shape.slice(0, -2), n * n]);
  const diagonal = flat.slice([...axes.map(() => null), [null, null, n + 1]]);
  return takeDiagonals({ x: diagonal, labels: [...axes, first].map((axis) => labels[axis]) });
}

/** Axes of size 1 that stretch to another operand's size are left out: the products broadcast without them. */
function dropStretched({ x, labels }: Term, sizes: ReadonlyMap<Label, number>): Term {
  const keeps = (axis: number): boolean => x.shape[axis] === sizes.get(labels[axis]);
  if (labels.every((_, axis) => keeps(axis))) return { x, labels };
  return { x: x.reshape(x.shape.filter((_, axis) => keeps(axis))), labels: labels.filter((_, axis) => keeps(axis)) };
}

/** The two terms whose product has the fewest elements before it is summed; the first ones of several. */
function cheapestPair(terms: readonly Term[], sizes: ReadonlyMap<Label, number>): [number, number] {
  let best: [number, number] = [0, 1];
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < terms.length; i++)
    for (let j = i + 1; j < terms.length; j++) {
      const labels = [...new Set([...terms[i].labels, ...terms[j].labels])];
      const cost = sizeOf(labels.map((label) => sizes.get(label) as number));
      if (cost < least) [best, least] = [[i, j], cost];
    }
  return best;
}

/** The product of two terms, summed over all labels that are not kept. */
function contract(left: Term, right: Term, wanted: ReadonlySet<Label>): Term {
  const a = sumOut(left, new Set([...wanted, ...right.labels]));
  const b = sumOut(right, new Set([...wanted, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => wanted.has(label));
  const summed = shared.filter((label) => !wanted.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  if (summed.length === 0) {
    const x = arrange(a, [...batch, ...rows]).x; // (batch, rows)
    const y = arrange(b, [...batch, ...columns]).x; // (batch, columns)
    return {
      x: withOnes(x, batch.length + rows.length, columns.length).mul(withOnes(y, batch.length, rows.length)),
      labels,
    };
  }
  const [x, transA] = asMatrices(a, batch, rows, summed); // (B, M, K), or (B, K, M) transposed
  const [y, transB] = asMatrices(b, batch, summed, columns); // (B, K, N), or (B, N, K) transposed
  const sizes = new Map([...sizesIn(a), ...sizesIn(b)]);
  return { x: x.matmul(y, { transA, transB }).reshape(labels.map((label) => sizes.get(label) as number)), labels };
}

const sizesIn = ({ x, labels }: Term): [Label, number][] => labels.map((label, axis) => [label, x.shape[axis]]);

/** Sums over the axes that are not kept. */
function sumOut({ x, labels }: Term, wanted: ReadonlySet<Label>): Term {
  const axes = labels.map((_, axis) => axis).filter((axis) => !wanted.has(labels[axis]));
  return axes.length === 0 ? { x, labels } : { x: x.sum(axes), labels: labels.filter((label) => wanted.has(label)) };
}

/** The term with its axes in the order of `labels`. */
function arrange(term: Term, labels: readonly Label[]): Term {
  if (labels.every((label, axis) => term.labels[axis] === label)) return term;
  return { x: term.x.permute(labels.map((label) => term.labels.indexOf(label))), labels };
}

/** Inserts `count` axes of size 1 before axis `at`. */
function withOnes(x: Tensor, at: number, count: number): Tensor {
  if (count === 0) return x;
  return x.reshape([...x.shape.slice(0, at), ...new Array<number>(count).fill(1), ...x.shape.slice(at)]);
}

/**
 * The term as a batch of matrices, (B, R, C). If its axes are in the order (B, C, R) already, they stay so, and
 * the second value says that the matrices are transposed: a flag of matmul costs nothing, a permutation is a copy.
 */
function asMatrices(
  term: Term,
  batch: readonly Label[],
  rows: readonly Label[],
  columns: readonly Label[],
): [Tensor, boolean] {
  const transposed = [...batch, ...columns, ...rows];
  const trans = rows.length > 0 && transposed.every((label, axis) => term.labels[axis] === label);
  const [first, second] = trans ? [columns, rows] : [rows, columns];
  const { x } = arrange(term, [...batch, ...first, ...second]);
  const [b, r] = [batch.length, first.length];
  const sizes = [x.shape.slice(0, b), x.shape.slice(b, b + r), x.shape.slice(b + r)].map(sizeOf);
  return [x.reshape(batch.length > 0 ? sizes : sizes.slice(1)), trans];
}
