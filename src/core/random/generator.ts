/**
 * Seeded streams of random numbers, and the default one. Ops and data loaders draw from a generator; the function
 * that turns counters into words is in philox.ts.
 */
import { ArgumentError } from "../errors.js";
import { quote } from "../quote.js";
import { philox } from "./philox.js";

/** The whole state of a generator, as plain numbers that can be saved anywhere. */
export interface GeneratorState {
  /** The seed, an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** The number of counters that have been used, an integer from 0 to 2^53 - 1. Each gives four words of 32 bits. */
  readonly offset: number;
}

/** The numbers from which a kernel draws: the halves of the key, and the first counter. */
export interface RandomKey {
  readonly keyLow: number;
  readonly keyHigh: number;
  readonly offset: number;
}

/**
 * A seeded stream of random numbers by Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011). An op reserves as many
 * counters as it needs; element i of its output depends on only the seed, the first counter and i, so results do not
 * depend on the device.
 */
export class Generator {
  #seed = 0;
  #offset = 0;
  readonly #words = new Uint32Array(4);

  /**
   * @param seed - an integer from 0 to 2^53 - 1. Default 0
   * @throws ArgumentError for any other seed
   */
  constructor(seed = 0) {
    this.manualSeed(seed);
  }

  /**
   * Restarts at the beginning of the stream of `seed`, an integer from 0 to 2^53 - 1.
   *
   * @throws ArgumentError for any other seed
   */
  manualSeed(seed: number): void {
    this.setState({ seed, offset: 0 });
  }

  /** The position in the stream; `setState` returns to it. */
  getState(): GeneratorState {
    return { seed: this.#seed, offset: this.#offset };
  }

  /**
   * Continues at a position that `getState` returned.
   *
   * @throws ArgumentError unless seed and offset are integers from 0 to 2^53 - 1; the position has not changed then
   */
  setState({ seed, offset }: GeneratorState): void {
    for (const value of [seed, offset])
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ArgumentError(`Generator: seed and offset must be integers from 0 to 2^53 - 1, got ${quote(value)}`);
    this.#seed = seed;
    this.#offset = offset;
  }

  /** Takes `words` random words of 32 bits out of the stream, for a kernel to draw. */
  reserve(words: number): RandomKey {
    const offset = this.#offset;
    this.#offset += Math.ceil(words / 4);
    return { keyLow: this.#seed >>> 0, keyHigh: Math.floor(this.#seed / 2 ** 32), offset };
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    const { keyLow, keyHigh, offset } = this.reserve(4);
    philox(offset, keyLow, keyHigh, this.#words);
    return ((this.#words[0] >>> 5) * 2 ** 26 + (this.#words[1] >>> 6)) * 2 ** -53;
  }

  /**
   * An integer in [0, below).
   *
   * @throws ArgumentError unless `below` is an integer from 1 to 2^53 - 1
   */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1)
      throw new ArgumentError(`Generator.integer: below must be an integer from 1 to 2^53 - 1, got ${quote(below)}`);
    return Math.floor(this.uniform() * below);
  }

  /**
   * The integers 0 .. n - 1 in random order, by the shuffle of Fisher and Yates.
   *
   * @throws ArgumentError unless `n` is an integer from 0 to 2^31 - 1
   */
  permutation(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31)
      throw new ArgumentError(`Generator.permutation: n must be an integer from 0 to 2^31 - 1, got ${quote(n)}`);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** The generator that ops use if none is given. Its seed is 0 until `manualSeed` is called. */
export const defaultGenerator: Generator = new Generator(0);

/**
 * Seeds the default generator: the same seed gives the same run, bit for bit.
 *
 * @throws ArgumentError unless `seed` is an integer from 0 to 2^53 - 1
 */
export function manualSeed(seed: number): void {
  defaultGenerator.manualSeed(seed);
}
