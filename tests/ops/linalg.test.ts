import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/shape.js";
import {
  ArgumentError,
  dot,
  einsum,
  linear,
  matmul,
  memory,
  outer,
  ShapeError,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

describe("what does not fit is refused, with the sizes in the message", () => {
  const [v2, v3, m23, m45, b234] = [[2], [3], [2, 3], [4, 5], [2, 3, 4]].map((shape) => () => zeros(shape));
  test.each<[() => Tensor, new (message: string) => Error, string]>([
    [() => matmul(m23(), m45()), ShapeError, "matmul: inner dimensions differ: [2, 3] x [4, 5]"],
    [
      () => matmul(m23(), m23(), { transA: true, transB: true }),
      ShapeError,
      "matmul: inner dimensions differ: [2, 3]^T x [2, 3]^T",
    ],
    [() => matmul(b234(), m45().reshape([5, 4])), ShapeError, "matmul: inner dimensions differ: [2, 3, 4] x [5, 4]"],
    [
      () => matmul(b234(), zeros([3, 4, 2])),
      ShapeError,
      "matmul: shapes [2] and [3] do not broadcast: sizes 2 and 3 differ",
    ],
    [() => matmul(zeros([]), m23()), ShapeError, "matmul: a scalar is not a matrix: [] x [2, 3]; use mul"],
    [() => matmul(v3(), m23()), ShapeError, "matmul: inner dimensions differ: [1, 3] x [2, 3]"],
    [() => matmul(v2(), m23(), { transA: true }), ShapeError, "matmul: a vector cannot be transposed: [2] x [2, 3]"],
    [() => dot(v2(), v3()), ShapeError, "dot: vectors must have the same length, got [2] and [3]"],
    [() => dot(v2(), m23()), ShapeError, "dot: operands must be vectors, with one axis, got [2] and [2, 3]"],
    [() => outer(m23(), v2()), ShapeError, "outer: operands must be vectors, with one axis, got [2, 3] and [2]"],
    [() => linear(m23(), m45()), ShapeError, "linear: the last axis of x must have size 5: x [2, 3], weight [4, 5]"],
    [() => linear(m23(), v3()), ShapeError, "linear: weight must have shape (out, in): x [2, 3], weight [3]"],
    [
      () => linear(m23(), m23(), v3()),
      ShapeError,
      "linear: bias must have shape [2]: x [2, 3], weight [2, 3], bias [3]",
    ],
    [() => linear(zeros([]), m23()), ShapeError, "linear: x must have at least one axis: x [], weight [2, 3]"],
    [() => einsum(5 as unknown as string, m23()), ArgumentError, "einsum: the equation must be a string, got 5"],
    [() => einsum("ij,jk", m23(), m45()), ShapeError, "einsum: the sizes of 'j' differ: 'ij,jk' with [2, 3], [4, 5]"],
    [() => einsum("ii", m23()), ShapeError, "einsum: the sizes of 'i' differ: 'ii' with [2, 3]"],
    [() => einsum("ii->i", zeros([3, 1])), ShapeError, "einsum: the sizes of 'i' differ: 'ii->i' with [3, 1]"],
    [
      () => einsum("...i,...i", zeros([2, 4]), zeros([3, 4])),
      ShapeError,
      "einsum: the sizes of an axis of the ellipsis differ: '...i,...i'",
    ],
    [
      () => einsum("ijk", m23()),
      ShapeError,
      "einsum: term 'ijk' does not match an operand with 2 axes: 'ijk' with [2, 3]",
    ],
    [() => einsum("ij...k", m23()), ShapeError, "einsum: term 'ij...k' does not match an operand with 2 axes"],
    [
      () => einsum("ij,j", m23()),
      ArgumentError,
      "einsum: the number of terms must match the number of operands, got 2 and 1: 'ij,j' with [2, 3]",
    ],
    [
      () => einsum("ij", m23(), m23()),
      ArgumentError,
      "einsum: the number of terms must match the number of operands, got 1 and 2",
    ],
    [
      () => einsum("ij->k", m23()),
      ArgumentError,
      "einsum: 'k' occurs in the output but not in any term: 'ij->k' with [2, 3]",
    ],
    [() => einsum("ij->ii", m23()), ArgumentError, "einsum: 'i' occurs twice in the output: 'ij->ii' with [2, 3]"],
    [() => einsum("ij->i->j", m23()), ArgumentError, "einsum: the equation can have at most one arrow"],
    [
      () => einsum("i.j", m23()),
      ArgumentError,
      "einsum: a term can contain only letters and at most one ellipsis (...), got 'i.j'",
    ],
    [() => einsum("i1", m23()), ArgumentError, "got 'i1'"],
    [() => einsum("...i...", m23()), ArgumentError, "got '...i...'"],
    [() => einsum("ij"), ArgumentError, "einsum: at least one operand is required, got none for 'ij'"],
  ])("%#: %s", (f, error, message) => {
    tidy(() => {
      expect(f).toThrow(error);
      expect(f).toThrow(message);
    });
  });

  test("and nothing is left behind", () => {
    tidy(() => {
      const a = zeros([2, 3]);
      const before = memory();
      expect(() => einsum("ij,jk,kl", a, a, a)).toThrow(ShapeError);
      expect(() => linear(a, a, a)).toThrow(ShapeError);
      expect(memory()).toEqual(before);
    });
  });
});

/** The sum over all values of all letters, as the notation is defined. */
function bruteForce(
  terms: readonly string[],
  output: string,
  sizes: Readonly<Record<string, number>>,
  data: readonly (readonly number[])[],
): number[] {
  const letters = [...new Set(terms.join(""))];
  const at = (labels: string, index: Readonly<Record<string, number>>) =>
    [...labels].reduce((offset, l) => offset * sizes[l] + index[l], 0);
  const result = new Array<number>([...output].reduce((n, l) => n * sizes[l], 1)).fill(0);
  const visit = (k: number, index: Record<string, number>): void => {
    if (k === letters.length) {
      result[at(output, index)] += terms.reduce((product, labels, t) => product * data[t][at(labels, index)], 1);
      return;
    }
    for (let i = 0; i < sizes[letters[k]]; i++) visit(k + 1, { ...index, [letters[k]]: i });
  };
  visit(0, {});
  return result;
}

test("einsum of any equation is the sum over all letters", () => {
  const equation = fc.record({
    terms: fc.array(fc.string({ unit: fc.constantFrom("i", "j", "k", "l"), maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    }),
    kept: fc.shuffledSubarray(["i", "j", "k", "l"]),
    sizes: fc.record({ i: fc.nat(3), j: fc.nat(3), k: fc.nat(3), l: fc.nat(3) }),
  });
  fc.assert(
    fc.property(equation, ({ terms, kept, sizes }) => {
      const output = kept.filter((letter) => terms.join("").includes(letter)).join("");
      const data = terms.map((labels, t) => {
        const size = [...labels].reduce((n, l) => n * sizes[l as keyof typeof sizes], 1);
        return Array.from({ length: size }, (_, i) => ((3 * i + 5 * t + 2) % 7) - 3);
      });
      tidy(() => {
        const operands = terms.map((labels, t) =>
          tensor(Float64Array.from(data[t]), { shape: [...labels].map((l) => sizes[l as keyof typeof sizes]) }),
        );
        const y = einsum(`${terms.join(",")}->${output}`, ...operands);
        expect(y.shape).toEqual([...output].map((l) => sizes[l as keyof typeof sizes]));
        // Small integers: the sums are exact in any order, and + 0 makes -0 and 0 the same.
        expect([...y.dataSync()].map((x) => x + 0)).toEqual(bruteForce(terms, output, sizes, data).map((x) => x + 0));
      });
    }),
    { numRuns: 300 },
  );
});

test("a batch times one matrix is one product, and so is the gradient of the matrix", () => {
  using tape = new Tape();
  const w = tape.watch(zeros([2, 5]));
  const y = matmul(zeros([4, 3, 2]), w);
  expect(y.shape).toEqual([4, 3, 5]);
  const products = tape.entries.filter(({ op }) => op.name === "matmul");
  expect(products.map(({ outputs }) => outputs[0].shape)).toEqual([[12, 5]]);
});

test("einsum contracts the cheapest pair first, in any order of the operands", () => {
  using tape = new Tape();
  const [a, b, c] = [[10, 20], [20, 30], [30]].map((shape) => tape.watch(zeros(shape)));
  einsum("ij,jk,k->i", a, b, c);
  // A (B c): two products of a matrix and a vector, never A B.
  const products = tape.entries.filter(({ op }) => op.name === "matmul");
  expect(products.map(({ outputs }) => sizeOf(outputs[0].shape))).toEqual([20, 10]);
});
