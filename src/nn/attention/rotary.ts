/**
 * Rotary position embedding as a layer. MultiHeadAttention applies it to queries and keys; users make one and pass it
 * in the options.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkPositive } from "../../core/option-checks.js";
import { show } from "../../core/shape.js";
import { concat, stack } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkSize } from "../init/init.js";
import { Module } from "../module.js";
import { tableUpTo } from "./position-table.js";
import { checkOffset } from "./positions.js";

/** Options of `RotaryEncoding`. */
export interface RotaryOptions {
  /** Feature pair i turns by position base^(-2 i / dim). Default 10000. */
  readonly base?: number;
  /** Which features make a pair: i and i + dim / 2 (false, as GPT-NeoX and Llama do), or 2 i and 2 i + 1. Default false. */
  readonly interleaved?: boolean;
}

/**
 * Rotary position embedding: Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021,
 * arXiv:2104.09864). Pairs of features are turned by an angle that grows with the position, so that the product of a
 * query and a key depends on how far apart they are. It has no parameters.
 */
export class RotaryEncoding extends Module {
  /** The cosines of the angles, (positions so far, dim / 2). Made when needed and not saved. */
  cos: Tensor | null = null;
  /** The sines of the angles, (positions so far, dim / 2). Made when needed and not saved. */
  sin: Tensor | null = null;
  /** The features of a head. */
  readonly dim: number;
  readonly #base: number;
  readonly #interleaved: boolean;

  /**
   * @param dim - the features of a head, an even number
   * @throws ArgumentError if a number is out of range
   */
  constructor(dim: number, { base = 10000, interleaved = false }: RotaryOptions = {}) {
    super();
    checkSize("RotaryEncoding", "dim", dim);
    if (dim % 2 !== 0) throw new ArgumentError(`RotaryEncoding: dim must be even, got ${dim}`);
    checkPositive("RotaryEncoding", "base", base);
    this.dim = dim;
    this.#base = base;
    this.#interleaved = interleaved;
  }

  /**
   * Turns each pair of features by the angle of its position.
   *
   * @param x - queries or keys, (..., L, dim)
   * @param offset - the position of the first
   * @returns the shape of x
   */
  forward(x: Tensor, offset = 0): Tensor {
    if (x.rank < 2 || x.shape[x.rank - 1] !== this.dim)
      throw new ShapeError(`RotaryEncoding: x must be (..., L, ${this.dim}), got ${show(x.shape)}`);
    checkOffset("RotaryEncoding", offset);
    const [cos, sin] = this.#tables(x, offset); // (L, dim / 2)
    // (a, b) -> (a cos - b sin, a sin + b cos)
    const [a, b] = this.#pairs(x);
    const turned = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))];
    return this.#interleaved ? stack(turned, -1).reshape(x.shape) : concat(turned, -1);
  }

  /** The firsts and the seconds of all pairs, each (..., L, dim / 2). */
  #pairs(x: Tensor): Tensor[] {
    if (!this.#interleaved) return x.chunk(2, -1);
    const pairs = x.reshape([...x.shape.slice(0, -1), this.dim / 2, 2]);
    const leading = new Array<null>(x.rank).fill(null);
    return [pairs.slice([...leading, 0]), pairs.slice([...leading, 1])];
  }

  /** Of the angles at the positions of x, each (L, dim / 2). */
  #tables(x: Tensor, offset: number): Tensor[] {
    const half = this.dim / 2;
    const end = offset + x.shape[x.rank - 2];
    const angle = (position: number, pair: number): number => position * this.#base ** (-pair / half);
    this.cos = tableUpTo(end, this.cos, x, half, (position, pair) => Math.cos(angle(position, pair)));
    this.sin = tableUpTo(end, this.sin, x, half, (position, pair) => Math.sin(angle(position, pair)));
    return [this.cos, this.sin].map((table) => table.slice([[offset, end]]));
  }
}
