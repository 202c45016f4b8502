/**
 * Conversions between float32 and the two 16-bit floats, in the rounding of the hardware: to nearest, ties to even.
 * JavaScript of Node 20 has no 16-bit floats, so backends and files store their bits in a Uint16Array.
 */
import type { DType } from "./dtype.js";

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** float32 -> the bits of the nearest bfloat16: the upper half of the float32, rounded. */
export function toBfloat16Bits(x: number): number {
  float[0] = x;
  const u = bits[0];
  if ((u & 0x7fffffff) > 0x7f800000) return (u >>> 16) | 0x40; // NaN stays NaN and quiet
  return (u + 0x7fff + ((u >>> 16) & 1)) >>> 16;
}

/** float32 -> the bits of the nearest float16 (1 sign, 5 exponent, 10 fraction), subnormals included. */
export function toFloat16Bits(x: number): number {
  float[0] = x;
  const u = bits[0];
  const sign = (u >>> 16) & 0x8000;
  const magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and up round to infinity
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent from 127 to 15, round 13 bits away.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Subnormal: multiples of 2^-24. Adding 0.5 aligns the fraction so that the float32 adder does the rounding.
  float[0] = Math.abs(x) + 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** Every bfloat16, by its bits. */
const bfloat16Values = /* @__PURE__ */ (() => {
  const u = new Uint32Array(65536);
  for (let i = 0; i < 65536; i++) u[i] = i << 16;
  return new Float32Array(u.buffer);
})();

/** Every float16, by its bits. */
const float16Values = /* @__PURE__ */ (() => {
  const values = new Float32Array(65536);
  for (let i = 0; i < 65536; i++) {
    const exponent = (i >>> 10) & 31;
    const fraction = i & 1023;
    const sign = i & 0x8000 ? -1 : 1;
    if (exponent === 31) values[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
})();

/** The two floats of 16 bits. */
export type Half = "float16" | "bfloat16";

/** Whether a dtype is a float of 16 bits. */
export const isHalf = (dtype: DType): dtype is Half => dtype === "float16" || dtype === "bfloat16";

/** The number nearest to `value` that a tensor of `dtype` can hold; integers stay as they are. */
export function nearest(dtype: DType, value: number): number {
  if (dtype === "float16") return float16Values[toFloat16Bits(value)];
  if (dtype === "bfloat16") return bfloat16Values[toBfloat16Bits(value)];
  return dtype === "float32" ? Math.fround(value) : value;
}

/** Widens 16-bit floats, given by their bits, to float32. */
export function widen(dtype: Half, source: Uint16Array, target: Float32Array): void {
  const values = dtype === "float16" ? float16Values : bfloat16Values;
  for (let i = 0; i < source.length; i++) target[i] = values[source[i]];
}

/** Rounds float32 values to 16-bit floats and stores their bits. */
export function narrow(dtype: Half, source: ArrayLike<number>, target: Uint16Array): void {
  const convert = dtype === "float16" ? toFloat16Bits : toBfloat16Bits;
  for (let i = 0; i < target.length; i++) target[i] = convert(source[i]);
}
