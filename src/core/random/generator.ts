import { ArgumentError } from "../errors.js";
import { quote } from "../quote.js";
import { philox } from "./philox.js";

/** All there is to a generator: a seed, and how many counters have been used. Plain numbers, to be saved anywhere. */
export interface GeneratorState {
  readonly seed: number;
  readonly offset: number;
}

/** What a kernel needs to draw random numbers: the key's halves and the first counter. */
export interface RandomKey {
  readonly keyLow: number;
  readonly keyHigh: number;
  readonly offset: number;
}

/**
 * A seeded stream of random numbers. An op reserves as many counters as it needs; element i of its output depends on
 * the seed, the first counter and i alone, so results do not depend on the device.
 */
export class Generator {
  #seed = 0;
  #offset = 0;
  readonly #words = new Uint32Array(4);

  constructor(seed = 0) {
    this.manualSeed(seed);
  }

  /** Starts the stream of `seed`, an integer from 0 to 2^53 - 1, from its beginning. */
  manualSeed(seed: number): void {
    this.setState({ seed, offset: 0 });
  }

  /** Where the stream is now; `setState` brings it back here. */
  getState(): GeneratorState {
    return { seed: this.#seed, offset: this.#offset };
  }

  /** @throws ArgumentError unless both are integers from 0 to 2^53 - 1; the stream stays where it is then */
  setState({ seed, offset }: GeneratorState): void {
    for (const value of [seed, offset])
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ArgumentError(`Generator: seed and offset are integers from 0 to 2^53 - 1, got ${quote(value)}`);
    this.#seed = seed;
    this.#offset = offset;
  }

  /** Takes `words` random 32-bit words out of the stream for a kernel to draw. */
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

  /** An integer in [0, below), for `below` from 1 to 2^53 - 1. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1)
      throw new ArgumentError(`Generator.integer: below is an integer from 1 to 2^53 - 1, got ${quote(below)}`);
    return Math.floor(this.uniform() * below);
  }

  /** The integers 0 .. n - 1 in random order (Fisher and Yates), for `n` from 0 to 2^31 - 1. */
  permutation(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31)
      throw new ArgumentError(`Generator.permutation: n is an integer from 0 to 2^31 - 1, got ${quote(n)}`);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** The generator of every op that is not given one. */
export const defaultGenerator: Generator = new Generator(0);

/** Seeds the default generator: the same seed gives the same run, bit for bit. */
export function manualSeed(seed: number): void {
  defaultGenerator.manualSeed(seed);
}
