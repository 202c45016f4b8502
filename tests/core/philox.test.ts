import { describe, expect, test } from "vitest";
import { mulHigh, philox, philoxBlock } from "../../src/core/random/philox.js";
import { Generator } from "../../src/index.js";

const hex = (words: ArrayLike<number>): string => Array.from(words, (w) => w.toString(16).padStart(8, "0")).join(" ");
const words = (text: string): number[] => text.split(" ").map((word) => Number.parseInt(word, 16));

// The known answers of Random123, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, output.
const known = [
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
] as const;

describe("Philox4x32-10", () => {
  test.each(known)("known answer: counter %s, key %s", (counter, key, answer) => {
    const [c0, c1, c2, c3] = words(counter);
    const [k0, k1] = words(key);
    const out = new Uint32Array(4);
    philoxBlock(c0, c1, c2, c3, k0, k1, out);
    expect(hex(out)).toBe(answer);
  });

  test("a counter above 32 bits fills the second word", () => {
    const [whole, parts] = [new Uint32Array(4), new Uint32Array(4)];
    philox(3 * 2 ** 32 + 7, 11, 13, whole);
    philoxBlock(7, 3, 0, 0, 11, 13, parts);
    expect(hex(whole)).toBe(hex(parts));
  });

  test("mulHigh is the upper half of the product", () => {
    const values = [0, 1, 2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xd2511f53, 0xfffffffe, 0xffffffff];
    for (const a of values)
      for (const b of values) expect(mulHigh(a, b) >>> 0).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
  });

  test("a seed above 32 bits fills both words of the key", () => {
    const key = new Generator(5 * 2 ** 32 + 9).reserve(1);
    expect(key).toEqual({ keyLow: 9, keyHigh: 5, offset: 0 });
  });
});
