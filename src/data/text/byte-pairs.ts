/**
 * Byte-pair encoding: learning a vocabulary from text, encoding and decoding. Users train it once and save its JSON.
 */
import { ArgumentError, FormatError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { Vocabulary } from "./vocabulary.js";

/** The saved form of a byte-pair vocabulary: plain JSON. */
export interface BytePairVocabularyData {
  /** Marks the form of the data. */
  readonly type: "bytePair";
  /** Pairs of tokens in the order in which they are joined; pair i becomes token 256 + i. */
  readonly merges: readonly (readonly [number, number])[];
}

/** Options of `BytePairVocabulary.train`. */
export interface BytePairOptions {
  /** The number of tokens to reach, from 256 to 2^26. The result has fewer if no pair is left that occurs twice. */
  readonly size: number;
}

/**
 * Words with the blank in front of them, numbers, runs of other signs, and blanks: pairs are joined inside these only,
 * as in GPT-2 (Radford et al. 2019).
 */
const pieces = / ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Two tokens as one number. */
const keyOf = (left: number, right: number): number => left * 2 ** 26 + right;

/**
 * Byte-pair encoding (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016)
 * over the bytes of UTF-8, so that every text can be encoded: tokens 0 to 255 are the bytes, each further one joins
 * two.
 */
export class BytePairVocabulary implements Vocabulary {
  /** Pairs of tokens in the order in which they are joined; pair i becomes token 256 + i. */
  readonly merges: readonly (readonly [number, number])[];
  readonly #rank: ReadonlyMap<number, number>;
  readonly #bytes: readonly Uint8Array[];
  readonly #cache = new Map<string, readonly number[]>();

  /** @throws ArgumentError if a pair joins a token that does not exist yet, or is listed twice */
  constructor(merges: readonly (readonly [number, number])[]) {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const rank = new Map<number, number>();
    for (const [left, right] of merges) {
      for (const token of [left, right])
        if (!Number.isInteger(token) || token < 0 || token >= bytes.length)
          throw new ArgumentError(
            `BytePairVocabulary: pair ${bytes.length - 256} joins ${quote(token)}, which is not a token`,
          );
      rank.set(keyOf(left, right), bytes.length - 256);
      bytes.push(Uint8Array.from([...bytes[left], ...bytes[right]]));
    }
    if (rank.size !== merges.length) throw new ArgumentError("BytePairVocabulary: a pair appears twice");
    this.merges = merges;
    this.#rank = rank;
    this.#bytes = bytes;
  }

  /**
   * Learns a vocabulary: again and again the pair of neighbours that occurs most often becomes a token; of several, the
   * one whose tokens are smaller.
   *
   * @throws ArgumentError unless size is an integer from 256 to 2^26
   */
  static train(text: string, { size }: BytePairOptions): BytePairVocabulary {
    if (!Number.isSafeInteger(size) || size < 256 || size > 2 ** 26)
      throw new ArgumentError(`BytePairVocabulary: size must be an integer from 256 to 2^26, got ${quote(size)}`);
    return new BytePairVocabulary(learn(text, size - 256));
  }

  /**
   * The vocabulary of data that `toJSON` gave.
   *
   * @throws FormatError if it is not the saved form of a byte-pair vocabulary
   */
  static fromJSON(data: BytePairVocabularyData): BytePairVocabulary {
    if (data?.type !== "bytePair" || !Array.isArray(data.merges) || !data.merges.every(isPair))
      throw new FormatError("BytePairVocabulary: the data is not a saved byte-pair vocabulary");
    return new BytePairVocabulary(data.merges);
  }

  get size(): number {
    return this.#bytes.length;
  }

  /**
   * The tokens of a text. Every text can be encoded.
   *
   * @returns int32 numbers from 0 to `size - 1`
   */
  encode(text: string): Int32Array {
    const tokens: number[] = [];
    for (const [piece] of text.matchAll(pieces)) for (const token of this.#encodePiece(piece)) tokens.push(token);
    return Int32Array.from(tokens);
  }

  /**
   * The text of tokens. Bytes that are not UTF-8, such as half a character, become U+FFFD.
   *
   * @throws ArgumentError for a number that is not a token
   */
  decode(tokens: Iterable<number>): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      Buffer.concat(Array.from(tokens, (t) => this.#bytesOf(t))),
    );
  }

  /** A decoder for tokens that come one by one: it keeps half a character back until the rest is there. */
  stream(): (token: number) => string {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return (token) => decoder.decode(this.#bytesOf(token), { stream: true });
  }

  /** The saved form, which `fromJSON` reads; `JSON.stringify` calls it. */
  toJSON(): BytePairVocabularyData {
    return { type: "bytePair", merges: this.merges };
  }

  #bytesOf(token: number): Uint8Array {
    const bytes = this.#bytes[token];
    if (bytes === undefined)
      throw new ArgumentError(`BytePairVocabulary: ${quote(token)} is not one of the ${this.size} tokens`);
    return bytes;
  }

  /** Joins the pair that was learned first, until none is left. */
  #encodePiece(piece: string): readonly number[] {
    const known = this.#cache.get(piece);
    if (known) return known;
    const tokens = Array.from(new TextEncoder().encode(piece));
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 1; i < tokens.length; i++)
        best = Math.min(best, this.#rank.get(keyOf(tokens[i - 1], tokens[i])) ?? best);
      if (best === Number.POSITIVE_INFINITY) break;
      join(tokens, this.merges[best], 256 + best);
    }
    if (this.#cache.size < 2 ** 16) this.#cache.set(piece, tokens);
    return tokens;
  }
}

const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2;

/** Replaces each pair in the list, from the left, by `token`. */
function join(tokens: number[], [left, right]: readonly [number, number], token: number): void {
  let length = 0;
  for (let i = 0; i < tokens.length; i++) {
    const isPair = tokens[i] === left && tokens[i + 1] === right;
    tokens[length++] = isPair ? token : tokens[i];
    if (isPair) i++;
  }
  tokens.length = length;
}

interface Word {
  readonly tokens: number[];
  readonly count: number;
}

function learn(text: string, wanted: number): [number, number][] {
  const occurrences = new Map<string, number>();
  for (const [piece] of text.matchAll(pieces)) occurrences.set(piece, (occurrences.get(piece) ?? 0) + 1);
  const encoder = new TextEncoder();
  const words: Word[] = [...occurrences].map(([piece, count]) => ({ tokens: [...encoder.encode(piece)], count }));
  // How often each pair occurs, and in which words: a new token changes only those.
  const counts = new Map<number, number>();
  const places = new Map<number, Set<Word>>();
  const tally = (word: Word, sign: 1 | -1): void => {
    for (let i = 1; i < word.tokens.length; i++) {
      const key = keyOf(word.tokens[i - 1], word.tokens[i]);
      const count = (counts.get(key) ?? 0) + sign * word.count;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
      const words = places.get(key) ?? new Set();
      places.set(key, words.add(word));
    }
  };
  for (const word of words) tally(word, 1);
  const merges: [number, number][] = [];
  while (merges.length < wanted) {
    let [best, most] = [-1, 1];
    for (const [key, count] of counts) if (count > most || (count === most && key < best)) [best, most] = [key, count];
    if (best < 0) break;
    const pair: [number, number] = [Math.floor(best / 2 ** 26), best % 2 ** 26];
    const changed = places.get(best) ?? new Set();
    places.delete(best);
    for (const word of changed) {
      tally(word, -1);
      join(word.tokens, pair, 256 + merges.length);
      tally(word, 1);
    }
    merges.push(pair);
  }
  return merges;
}
