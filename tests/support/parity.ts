/** Runs one op on the CPU and on the device in use and compares the results. Used by the parity tests. */
import { type DType, device, Generator, type Shape, type Tensor, tensor, tidy } from "../../src/index.js";
import { epsilon } from "./compare.js";

/** The values of one input, as numbers that its dtype holds or rounds. */
export interface Operand {
  readonly values: ArrayLike<number>;
  readonly shape?: Shape;
  readonly dtype: DType;
}

export const floats: readonly DType[] = ["float32", "float64", "bfloat16", "float16"];
export const integers: readonly DType[] = ["int32", "uint8"];
export const dtypes: readonly DType[] = [...floats, ...integers, "bool"];

const isFloat = (dtype: DType): boolean => epsilon[dtype] !== 0;

/** What goes wrong first: signed zeros, NaN, infinities, ties, subnormals, where exponentials overflow or vanish. */
const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  3,
  -3,
  NaN,
  Infinity,
  -Infinity,
  1e-7,
  -1e-7,
  1e-42,
  -1e-42,
  6e-5,
  1e-320,
  0.999,
  -0.999,
  20,
  -20,
  20.5,
  50,
  -50,
  88,
  -88,
  89.5,
  -89.5,
  104,
  -104,
  300,
  -300,
  710,
  -746,
  65504,
  3e38,
  -3e38,
  1e300,
];

/** `length` values of a dtype: for floats the special ones among random ones, for integers their whole range. */
export function valuesFor(dtype: DType, length: number, seed = 0, spread = 8): Float64Array {
  const generator = new Generator(seed + length);
  return Float64Array.from({ length }, (_, i) => {
    const u = generator.uniform();
    if (dtype === "bool") return u < 0.5 ? 0 : 1;
    if (dtype === "uint8") return Math.floor(u * 256);
    if (dtype === "int32") return i % 3 === 0 ? Math.floor(u * 20) - 10 : Math.floor((u - 0.5) * 2 ** 32);
    return i % 2 === 1 ? special[(i + seed) % special.length] : (2 * u - 1) * spread;
  });
}

/** An input of this shape, with values that are told apart. */
export const inputOf = (dtype: DType, shape: Shape, seed = 0): Operand => ({
  values: valuesFor(
    dtype,
    shape.reduce((n, size) => n * size, 1),
    seed,
  ),
  shape,
  dtype,
});

const make = ({ values, shape, dtype }: Operand, on: DType, name: "cpu" | undefined): Tensor => {
  const x = tensor(Float64Array.from(values), { dtype, device: name, ...(shape ? { shape } : {}) });
  return on === dtype ? x : x.cast(on);
};

/** How far results may be from the CPU's in float64. */
export interface Bounds {
  /** Spacings of the dtype, relative to the element. Default 4. */
  readonly ulps?: number;
  /** An absolute error allowed besides, in spacings at 1: for what cancels. Default 0. */
  readonly absolute?: number;
}

/**
 * Runs `f` on the device in use, and on the CPU with the same values: in float64 where inputs are floats, whose results
 * must agree to the rounding of the dtype; else in the dtype itself, and bit for bit.
 */
export function expectParity(
  what: string,
  operands: readonly Operand[],
  f: (...xs: Tensor[]) => Tensor,
  { ulps = 4, absolute = 0 }: Bounds = {},
): void {
  tidy(() => {
    const y = f(...operands.map((operand) => make(operand, operand.dtype, undefined)));
    const reference = f(
      ...operands.map((operand) => make(operand, isFloat(operand.dtype) ? "float64" : operand.dtype, "cpu")),
    );
    if (!isFloat(y.dtype)) return expectSame(what, y.dataSync(), reference.dataSync());
    const [actual, expected] = [y.dataSync(), reference.dataSync()];
    if (actual.length !== expected.length)
      throw new Error(`${what}: ${actual.length} elements, not ${expected.length}`);
    const eps = epsilon[y.dtype];
    const largest = { float16: 65504, bfloat16: 3.3895e38, float32: 3.4028235e38 }[y.dtype as string] ?? Infinity;
    // Below the normal numbers an exponential loses digits that a factor brings back. 16-bit floats compute in float32.
    const tiny = { float16: 2 ** -23, float64: 2 ** -1066 }[y.dtype as string] ?? 2 ** -141;
    // In float64 the CPU is no better than the device.
    const spacings = y.dtype === "float64" ? 8 * ulps : ulps;
    for (let i = 0; i < expected.length; i++) {
      const [a, e] = [actual[i], expected[i]];
      if (Number.isNaN(e) ? Number.isNaN(a) : a === e) continue;
      const bound = eps * (spacings * Math.abs(e) + absolute) + tiny;
      if (Math.abs(a - e) <= bound && Number.isFinite(e)) continue;
      if (Math.abs(e) + bound >= largest && a === Math.sign(e) * Infinity) continue;
      const at = operands.map(({ values }) => values[i % Math.max(1, values.length)]).join(", ");
      throw new Error(
        `${what} on ${device()}: element ${i} (${at}) is ${a}, not ${e}: ${Math.abs(a - e) / (eps * Math.abs(e))} ulps`,
      );
    }
  });
}

/** Throws unless the values are the same, the sign of zeros included. */
export function expectSame(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} elements, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i]))
      throw new Error(`${what}: element ${i} is ${actual[i]}, not ${expected[i]}`);
}

/** Runs `f` on the device in use and on the CPU with the same values in the same dtypes; results are equal bit for bit. */
export function expectExact(what: string, operands: readonly Operand[], f: (...xs: Tensor[]) => Tensor): void {
  tidy(() => {
    const y = f(...operands.map((operand) => make(operand, operand.dtype, undefined)));
    const reference = f(...operands.map((operand) => make(operand, operand.dtype, "cpu")));
    expectSame(what, y.dataSync(), reference.dataSync());
  });
}
