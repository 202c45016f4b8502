import { afterEach, describe, expect, test } from "vitest";
import { type DType, device, emulator, linear, matmul, type Tensor, tensor, tidy } from "../../src/index.js";
import { fewProcessors, native, processorCounts, withProcessors } from "../support/device.js";
import { callKernel } from "../support/operands.js";
import { expectProduct, floatKinds, type Kind, type Mode, randomValues } from "../support/products.js";

/** The values as the dtype holds them. */
const valuesOf = (x: Tensor): Float64Array => Float64Array.from(x.dataSync());

interface Product {
  m: number;
  n: number;
  k: number;
  transA?: boolean;
  transB?: boolean;
  dtype?: DType;
  mode?: Mode;
}

/** One product of random matrices on the device, against float64. Returns the device's result. */
function check({ m, n, k, transA = false, transB = false, dtype = "float32", mode = "ieee" }: Product): Float64Array {
  return tidy(() => {
    const what = `${dtype} ${m} x ${n} x ${k}${transA ? " A^T" : ""}${transB ? " B^T" : ""}`;
    const a = tensor(randomValues(m + 7 * k, m * k, dtype), { dtype }).reshape(transA ? [k, m] : [m, k]);
    const b = tensor(randomValues(n + 11 * k, k * n, dtype), { dtype }).reshape(transB ? [n, k] : [k, n]);
    const y = valuesOf(matmul(a, b, { transA, transB }));
    const [aValues, bValues] = [valuesOf(a), valuesOf(b)];
    const reference = new Float64Array(m * n);
    const magnitudes = new Float64Array(m * n);
    for (let i = 0; i < m; i++)
      for (let p = 0; p < k; p++) {
        const x = aValues[transA ? p * m + i : i * k + p];
        for (let j = 0; j < n; j++) {
          const product = x * bValues[transB ? j * k + p : p * n + j];
          reference[i * n + j] += product;
          magnitudes[i * n + j] += Math.abs(product);
        }
      }
    expectProduct(what, y, reference, magnitudes, k, dtype, mode);
    return y;
  });
}

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

// Every tile and its neighbours; lines that are whole vectors of 16 bytes, and lines that are not.
const shapes = [
  [1, 1, 1],
  [3, 4, 5],
  [16, 8, 128],
  [17, 8, 129],
  [1, 131, 67],
  [31, 33, 15],
  [32, 32, 16],
  [33, 31, 17],
  [37, 53, 41],
  [63, 65, 7],
  [64, 64, 64],
  [65, 63, 9],
  [72, 80, 40],
  [96, 104, 24],
] as const;

/** Integers do not have a separate tier, and only matmul multiplies them. */
const kinds: readonly Kind[] = [
  ...floatKinds,
  { dtype: "int32", capability: 80, mode: "ieee" },
  { dtype: "uint8", capability: 80, mode: "ieee" },
];

describe.runIf(device() !== "cpu")(`matmul on ${device()}`, () => {
  afterEach(() => {
    native.setOptions({ matmul: "ieee" });
    if (native === emulator) native.setOptions({ capability: 90, shuffle: false });
  });

  describe.each(kinds)("$dtype, capability $capability, $mode", ({ dtype, capability, mode }) => {
    const prepare = (): void => {
      native.setOptions({ matmul: mode });
      if (native === emulator) native.setOptions({ capability });
    };

    test.each(transposes)("ragged and whole tiles; transposed: %s, %s", (transA, transB) => {
      prepare();
      for (const [m, n, k] of shapes) check({ m, n, k, transA, transB, dtype, mode });
    });

    test("the largest tiles", () => {
      prepare();
      withProcessors(fewProcessors, () => {
        for (const [transA, transB] of transposes) check({ m: 264, n: 248, k: 72, transA, transB, dtype, mode });
        check({ m: 257, n: 129, k: 35, dtype, mode });
      });
    });

    test.each(processorCounts)("a long sum is split, and comes out the same in every run; processors %i", (count) => {
      prepare();
      withProcessors(count, () => {
        for (const [m, n] of [
          [9, 24],
          [40, 36],
          [80, 48],
        ] as const) {
          const first = check({ m, n, k: 1544, dtype, mode });
          const second = check({ m, n, k: 1544, dtype, mode });
          expect(second.every((value, i) => Object.is(value, first[i]))).toBe(true);
          check({ m, n, k: 1033, transA: true, dtype, mode });
        }
      });
    });

    test("nothing to sum over gives zeros, and nothing to compute gives nothing", () => {
      prepare();
      tidy(() => {
        const zero = (m: number, k: number): Tensor => tensor(new Float64Array(m * k), { dtype }).reshape([m, k]);
        for (const [m, n] of [
          [2, 3],
          [70, 90],
        ] as const)
          expect(valuesOf(matmul(zero(m, 0), zero(0, n)))).toEqual(new Float64Array(m * n));
        expect(matmul(zero(0, 3), zero(3, 4)).shape).toEqual([0, 4]);
        expect(matmul(zero(4, 3), zero(3, 0)).shape).toEqual([4, 0]);
      });
    });
  });

  test("tf32 is asked for, and is not what ieee computes", () => {
    const product = (mode: Mode): Float64Array => {
      native.setOptions({ matmul: mode });
      return check({ m: 40, n: 40, k: 40, mode });
    };
    expect(product("tf32")).not.toEqual(product("ieee"));
  });

  test.runIf(device() === "emulator").each(kinds)(
    "$dtype, capability $capability, $mode: the same bits for any order of threads and copies",
    ({ dtype, capability, mode }) => {
      emulator.setOptions({ matmul: mode, capability });
      for (const [m, n, k] of [
        [72, 72, 136],
        [33, 37, 531],
      ]) {
        const inOrder = check({ m, n, k, dtype, mode });
        for (const seed of [1, 2, 3]) {
          emulator.setOptions({ shuffle: true, seed });
          expect(check({ m, n, k, dtype, mode }).every((value, i) => Object.is(value, inOrder[i]))).toBe(true);
        }
        emulator.setOptions({ shuffle: false });
      }
    },
  );

  test("batches broadcast along any axes", () => {
    tidy(() => {
      for (const [aBatch, bBatch] of [
        [[3], [3]],
        [
          [2, 1, 3],
          [4, 1],
        ],
        [
          [1, 5],
          [2, 5],
        ],
        [
          [2, 3, 1, 2],
          [3, 4, 1],
        ],
        [[], [2, 2]],
      ])
        for (const [m, n, k] of [
          [3, 5, 4],
          [40, 36, 20],
        ]) {
          const make = (batch: number[], rows: number, columns: number, seed: number): Tensor => {
            const shape = [...batch, rows, columns];
            return tensor(
              randomValues(
                seed,
                shape.reduce((x, y) => x * y, 1),
                "float64",
              ),
              { dtype: "float64" },
            ).reshape(shape);
          };
          const [a, b] = [make(aBatch, m, k, 1), make(bBatch, k, n, 2)];
          const y = matmul(a, b);
          const rank = Math.max(aBatch.length, bBatch.length);
          const pad = (batch: number[]): number[] => [...Array(rank - batch.length).fill(1), ...batch];
          const [aPadded, bPadded] = [pad(aBatch), pad(bBatch)];
          const batch = aPadded.map((size, axis) => Math.max(size, bPadded[axis]));
          expect(y.shape).toEqual([...batch, m, n]);
          const [av, bv, yv] = [valuesOf(a), valuesOf(b), valuesOf(y)];
          for (let i = 0; i < yv.length / (m * n); i++) {
            let [rest, aAt, bAt, aStep, bStep] = [i, 0, 0, 1, 1];
            for (let axis = rank - 1; axis >= 0; axis--) {
              const at = rest % batch[axis];
              rest = (rest - at) / batch[axis];
              if (aPadded[axis] > 1) aAt += at * aStep;
              if (bPadded[axis] > 1) bAt += at * bStep;
              aStep *= aPadded[axis];
              bStep *= bPadded[axis];
            }
            let worst = 0;
            for (let r = 0; r < m; r++)
              for (let c = 0; c < n; c++) {
                let sum = 0;
                for (let p = 0; p < k; p++) sum += av[(aAt * m + r) * k + p] * bv[(bAt * k + p) * n + c];
                worst = Math.max(worst, Math.abs(yv[(i * m + r) * n + c] - sum));
              }
            expect(worst).toBeLessThan(1e-13); // NaN is not
          }
        }
    });
  });

  test("integers wrap around", () => {
    tidy(() => {
      const a = tensor(new Int32Array([2 ** 30, 2 ** 30, -7, 3])).reshape([2, 2]);
      const b = tensor(new Int32Array([3, 1, 2, 1])).reshape([2, 2]);
      expect(Array.from(matmul(a, b).dataSync())).toEqual([2 ** 30, -(2 ** 31), -15, -4]);
    });
  });

  test("infinities and NaN stay in their rows and columns", () => {
    tidy(() => {
      const [m, n, k] = [70, 66, 35];
      const a = randomValues(1, m * k, "float32");
      a[3 * k + 34] = Number.NaN;
      a[69 * k] = Number.POSITIVE_INFINITY;
      const b = tensor(new Float32Array(k * n).fill(1)).reshape([k, n]);
      const y = valuesOf(matmul(tensor(a, { dtype: "float32" }).reshape([m, k]), b));
      const asExpected = (value: number, row: number): boolean => {
        if (row === 3) return Number.isNaN(value);
        return row === 69 ? value === Number.POSITIVE_INFINITY : Number.isFinite(value);
      };
      expect(y.findIndex((value, i) => !asExpected(value, Math.floor(i / n)))).toBe(-1);
    });
  });

  test.each(kinds)("linear, $dtype, capability $capability, $mode: the bias is added once, split or not", (kind) => {
    native.setOptions({ matmul: kind.mode });
    if (native === emulator) native.setOptions({ capability: kind.capability });
    const { dtype } = kind;
    for (const [m, n, k] of [
      [3, 5, 0],
      [3, 5, 4],
      [34, 40, 16],
      [65, 67, 13],
      [20, 24, 1536],
    ])
      tidy(() => {
        const x = tensor(randomValues(m, m * k, dtype), { dtype }).reshape([m, k]);
        const weight = tensor(randomValues(n, n * k, dtype), { dtype }).reshape([n, k]);
        const bias = tensor(randomValues(5, n, dtype), { dtype });
        const [xv, wv, bv] = [x, weight, bias].map(valuesOf);
        const [reference, magnitudes] = [new Float64Array(m * n), new Float64Array(m * n)];
        for (let i = 0; i < m * n; i++) {
          const [row, column] = [Math.floor(i / n), i % n];
          reference[i] = bv[column];
          magnitudes[i] = Math.abs(bv[column]);
          for (let p = 0; p < k; p++) {
            const product = xv[row * k + p] * wv[column * k + p];
            reference[i] += product;
            magnitudes[i] += Math.abs(product);
          }
        }
        const y = valuesOf(linear(x, weight, bias));
        expectProduct(`linear ${m} x ${n} x ${k}`, y, reference, magnitudes, k + 1, dtype, kind.mode);
      });
  });

  test("what does not fit is refused before anything is touched", () => {
    tidy(() => {
      const { addon } = native;
      const [a, b, y] = [addon.alloc(12, 0), addon.alloc(12, 0), addon.alloc(9, 0)];
      const double = addon.alloc(9, 1);
      const call = (out: number, ...numbers: number[]): void => {
        callKernel(addon, "matmul", a, b, out, ...numbers, 0, 0, 0);
      };
      expect(() => call(y, 3, 3, 4, 0, 0)).not.toThrow();
      expect(() => call(y, 3, 3, 5, 0, 0)).toThrow(/matmul: a must have 15 elements, got 12/);
      expect(() => call(y, 3, 4, 3, 0, 0)).toThrow(/matmul: y must have 12 elements, got 9/);
      expect(() => call(y, -3, -3, 4, 0, 0)).toThrow(/matmul: /);
      expect(() => call(y, 2 ** 40, 2 ** 40, 4, 0, 0)).toThrow(/matmul: /);
      expect(() => call(double, 3, 3, 4, 0, 0)).toThrow(/matmul: a must be float64, got float32/);
      for (const handle of [a, b, y, double]) addon.free(handle);
    });
  });
});
