import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { narrow, nearest, toBfloat16Bits, toFloat16Bits, widen } from "../../src/core/half.js";

interface Goldens {
  readonly widened: Readonly<Record<"float16" | "bfloat16", number>>;
  /** The bits of a float32, of the nearest float16, and of the nearest bfloat16. */
  readonly rounded: readonly (readonly [number, number, number])[];
}

/** Made by tests/goldens/half.py. */
const goldens = JSON.parse(readFileSync(new URL("../goldens/half.json", import.meta.url), "utf8")) as Goldens;

const halves = ["float16", "bfloat16"] as const;
const every = Uint16Array.from({ length: 65536 }, (_, i) => i);

function widened(dtype: (typeof halves)[number]): Float32Array {
  const wide = new Float32Array(65536);
  widen(dtype, every, wide);
  return wide;
}

const isNaN16 = {
  float16: (bits: number): boolean => (bits & 0x7fff) > 0x7c00,
  bfloat16: (bits: number): boolean => (bits & 0x7fff) > 0x7f80,
};

describe.each(halves)("%s", (dtype) => {
  test("every bit pattern widens to the float32 that PyTorch has for it", () => {
    const wide = widened(dtype);
    const words = new Uint32Array(wide.buffer);
    let hash = 0x811c9dc5;
    for (let i = 0; i < 65536; i++) {
      expect(Number.isNaN(wide[i])).toBe(isNaN16[dtype](i));
      if (!Number.isNaN(wide[i])) hash = Math.imul(hash ^ words[i], 0x01000193) >>> 0;
    }
    expect(hash).toBe(goldens.widened[dtype]);
  });

  test("every bit pattern comes back from float32", () => {
    const back = new Uint16Array(65536);
    narrow(dtype, widened(dtype), back);
    for (let i = 0; i < 65536; i++) {
      if (isNaN16[dtype](i)) expect(isNaN16[dtype](back[i])).toBe(true);
      else if (back[i] !== i) throw new Error(`${dtype} ${i.toString(16)} came back as ${back[i].toString(16)}`);
    }
  });

  test("float32 rounds as in PyTorch: ties, subnormals, overflow, random bits", () => {
    const convert = dtype === "float16" ? toFloat16Bits : toBfloat16Bits;
    const float = new Float32Array(1);
    const bits = new Uint32Array(float.buffer);
    const show = (x: number): string => x.toString(16);
    expect(goldens.rounded.length).toBeGreaterThan(300);
    for (const [from, toFloat16, toBfloat16] of goldens.rounded) {
      bits[0] = from;
      const expected = dtype === "float16" ? toFloat16 : toBfloat16;
      const actual = convert(float[0]);
      if (actual !== expected) throw new Error(`${show(from)}: ${show(actual)}, PyTorch says ${show(expected)}`);
    }
  });

  test("signalling and quiet NaN of both signs stay NaN", () => {
    const convert = dtype === "float16" ? toFloat16Bits : toBfloat16Bits;
    const view = new DataView(new ArrayBuffer(4));
    for (const bits of [0x7f800001, 0xff800001, 0x7fc00000, 0xffffffff, 0x7fffffff]) {
      view.setUint32(0, bits);
      expect(isNaN16[dtype](convert(view.getFloat32(0)))).toBe(true);
    }
  });
});

test("nearest is the value that a tensor of the dtype would hold", () => {
  expect(nearest("float16", 0.1)).toBe(0.0999755859375);
  expect(nearest("bfloat16", 0.1)).toBe(0.10009765625);
  expect(nearest("float32", 0.1)).toBe(Math.fround(0.1));
  expect(nearest("float64", 0.1)).toBe(0.1);
  expect(nearest("float16", 65520)).toBe(Number.POSITIVE_INFINITY);
  expect(nearest("int32", 3)).toBe(3);
});
