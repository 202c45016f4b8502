import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  BytePairVocabulary,
  CharacterVocabulary,
  FormatError,
  Generator,
  tokenDataset,
} from "../../src/index.js";

describe("CharacterVocabulary", () => {
  const vocabulary = CharacterVocabulary.of("hello, wörld 😀");

  test("numbers the characters in order and gives the text back", () => {
    expect(vocabulary.characters.join("")).toBe(" ,dehlorwö😀");
    expect(Array.from(vocabulary.encode("he 😀"))).toEqual([4, 3, 0, 10]);
    expect(vocabulary.decode(vocabulary.encode("drow 😀"))).toBe("drow 😀");
    expect(CharacterVocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))).characters).toEqual(
      vocabulary.characters,
    );
  });

  test("refuses what it does not have", () => {
    expect(() => vocabulary.encode("help")).toThrow('"p" at position 3');
    expect(() => vocabulary.decode([11])).toThrow("11 is not one of the 11 tokens");
    expect(() => vocabulary.decode([-1])).toThrow(ArgumentError);
    expect(() => new CharacterVocabulary([])).toThrow(ArgumentError);
    expect(() => new CharacterVocabulary(["a", "a"])).toThrow("twice");
    expect(() => new CharacterVocabulary(["ab"])).toThrow("not a single character");
    expect(() => CharacterVocabulary.fromJSON({} as never)).toThrow(FormatError);
  });
});

/** Byte-pair encoding as the paper's listing has it: counts every pair of every word again for each merge. */
function slowMerges(text: string, wanted: number): [number, number][] {
  const words = (text.match(/ ?\p{L}+|\s+/gu) ?? []).map((word) => [...new TextEncoder().encode(word)]);
  const merges: [number, number][] = [];
  for (; merges.length < wanted; ) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const ranked = [...counts]
      .map(([pair, count]) => ({ pair: pair.split(" ").map(Number) as [number, number], count }))
      .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
    if (ranked.length === 0 || ranked[0].count < 2) break;
    const [left, right] = ranked[0].pair;
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++)
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, 256 + merges.length);
    merges.push([left, right]);
  }
  return merges;
}

describe("BytePairVocabulary", () => {
  const text = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";

  test("learns the merges of the paper's listing", () => {
    const long = `${text} banana bandana aaaa aaa the cat sat on the mat that the rat had sat at`;
    const expected = slowMerges(long, 40);
    expect(expected.length).toBeGreaterThan(20);
    expect(BytePairVocabulary.train(long, { size: 296 }).merges).toEqual(expected);
  });

  test("frequent words become one token, and every merge joins what occurs together twice", () => {
    const vocabulary = BytePairVocabulary.train(text, { size: 300 });
    expect(Array.from(vocabulary.encode(" newest"), (t) => vocabulary.decode([t]))).toEqual([" newest"]);
    expect(vocabulary.size).toBeLessThan(300); // nothing is left to join
    expect(vocabulary.encode(text).length).toBeLessThan(text.length / 3);
  });

  test("any text comes back, also what was never seen", () => {
    const vocabulary = BytePairVocabulary.train(text, { size: 280 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (given) => {
        expect(vocabulary.decode(vocabulary.encode(given))).toBe(given);
      }),
    );
    expect(vocabulary.decode(vocabulary.encode("\uFEFF newest\n\n  x"))).toBe("\uFEFF newest\n\n  x");
  });

  test("gives a stream of tokens out as whole characters", () => {
    const vocabulary = new BytePairVocabulary([]);
    const write = vocabulary.stream();
    expect(Array.from(vocabulary.encode("a😀é"), write)).toEqual(["a", "", "", "", "😀", "", "é"]);
  });

  test("is saved and loaded", () => {
    const vocabulary = BytePairVocabulary.train(text, { size: 270 });
    const loaded = BytePairVocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
    expect(loaded.encode(text)).toEqual(vocabulary.encode(text));
  });

  test("refuses data that is not a vocabulary", () => {
    expect(() => BytePairVocabulary.train("a", { size: 255 })).toThrow(ArgumentError);
    expect(() => new BytePairVocabulary([[97, 256]])).toThrow("pair 0 joins 256, which is not a token");
    expect(
      () =>
        new BytePairVocabulary([
          [97, 98],
          [97, 98],
        ]),
    ).toThrow("twice");
    expect(() => BytePairVocabulary.fromJSON({ type: "bytePair", merges: [1] } as never)).toThrow(FormatError);
    expect(() => new BytePairVocabulary([]).decode([256])).toThrow("256 is not one of the 256 tokens");
  });
});

describe("tokenDataset", () => {
  test("samples are stretches and what follows", () => {
    const tokens = Int32Array.from({ length: 10 }, (_, i) => i);
    const dense = tokenDataset(tokens, { length: 4 });
    expect(dense.length).toBe(6);
    expect(dense.get(5, new Generator())).toEqual({
      x: { shape: [4], data: Int32Array.of(5, 6, 7, 8) },
      y: { shape: [4], data: Int32Array.of(6, 7, 8, 9) },
    });
    expect(tokenDataset(tokens, { length: 4, stride: 4 }).length).toBe(2);
    expect(tokenDataset(tokens, { length: 9 }).length).toBe(1);
    expect(() => tokenDataset(tokens, { length: 10 })).toThrow(
      "samples of 10 tokens need a text of at least 11 tokens, got 10",
    );
    expect(() => tokenDataset(tokens, { length: 0 })).toThrow(ArgumentError);
  });
});
