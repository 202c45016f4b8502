/**
 * Layers that add a vector for its position to each element of a sequence: sinusoidal or learned. Users put them before
 * the first transformer layer. Rotary positions, which act inside attention, are in rotary.ts.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { integerFrom } from "../../core/option-checks.js";
import { quote } from "../../core/quote.js";
import { show } from "../../core/shape.js";
import { randn } from "../../random.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, type InitOptions } from "../init/init.js";
import { Module } from "../module.js";
import { parameter } from "../parameter.js";
import { tableUpTo } from "./position-table.js";

/** Options of `SinusoidalEncoding`, and a part of those of `LearnedEncoding`. */
export interface PositionOptions {
  /** Whether sequences are (N, L, D); if false they are (L, N, D). Default false, as in the other layers. */
  readonly batchFirst?: boolean;
}

/** Throws unless a position is an integer and not negative. */
export function checkOffset(layer: string, offset: number): void {
  if (!Number.isInteger(offset) || offset < 0)
    throw new ArgumentError(`${layer}: offset must be ${integerFrom(0)}, got ${quote(offset)}`);
}

/** Adds a vector to each element of a sequence that depends on its position. */
abstract class PositionEncoding extends Module {
  readonly #name: string;
  readonly #dModel: number;
  readonly #batchFirst: boolean;

  protected constructor(name: string, dModel: number, { batchFirst = false }: PositionOptions) {
    super();
    checkSize(name, "dModel", dModel);
    this.#name = name;
    this.#dModel = dModel;
    this.#batchFirst = batchFirst;
  }

  /**
   * Adds the vectors of positions `offset` and on to the elements of x.
   *
   * @param x - (L, N, D), or (N, L, D) with `batchFirst`
   * @param offset - the position of the first element, if x continues a sequence. Default 0
   * @returns the shape of x
   */
  forward(x: Tensor, offset = 0): Tensor {
    if (x.rank !== 3 || x.shape[2] !== this.#dModel)
      throw new ShapeError(
        `${this.#name}: x must be ${this.#batchFirst ? "(N, L, D)" : "(L, N, D)"} with D = ${this.#dModel}, got ${show(x.shape)}`,
      );
    checkOffset(this.#name, offset);
    const rows = this.rows(x, offset, x.shape[this.#batchFirst ? 1 : 0]); // (L, D)
    return x.add(this.#batchFirst ? rows : rows.unsqueeze(1));
  }

  /** The vectors for `length` positions from `offset` on, (length, D). */
  protected abstract rows(x: Tensor, offset: number, length: number): Tensor;
}

/**
 * Adds sines and cosines of the position p, of wavelengths from 2 pi to 10000 2 pi, to features 2 i and 2 i + 1:
 * sin(p / 10000^(2 i / D)) and cos(p / 10000^(2 i / D)), as Vaswani et al., "Attention is all you need" (2017,
 * arXiv:1706.03762). It has no parameters, and no limit on the sequence length.
 */
export class SinusoidalEncoding extends PositionEncoding {
  /** (positions so far, D), made when needed and not saved */
  table: Tensor | null = null;

  /**
   * @param dModel - D, the features of each element
   * @throws ArgumentError unless dModel is an integer of 1 or more
   */
  constructor(dModel: number, options: PositionOptions = {}) {
    super("SinusoidalEncoding", dModel, options);
  }

  protected rows(x: Tensor, offset: number, length: number): Tensor {
    const [features] = x.shape.slice(-1);
    this.table = tableUpTo(offset + length, this.table, x, features, (position, feature) => {
      const angle = position / 10000 ** ((feature - (feature % 2)) / features);
      return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    return this.table.slice([[offset, offset + length]]);
  }
}

/** Options of `LearnedEncoding`. */
export interface LearnedEncodingOptions extends PositionOptions, InitOptions {}

/** Adds a learned vector for each position, as GPT-2 and BERT do. */
export class LearnedEncoding extends PositionEncoding {
  /** The vectors of all positions, (maxLength, D), drawn from the normal distribution of mean 0 and deviation 0.02. */
  weight: Tensor;

  /**
   * @param maxLength - the number of positions
   * @param dModel - D, the features of each element
   * @throws ArgumentError unless both sizes are integers of 1 or more
   */
  constructor(maxLength: number, dModel: number, options: LearnedEncodingOptions = {}) {
    super("LearnedEncoding", dModel, options);
    checkSize("LearnedEncoding", "maxLength", maxLength);
    const { generator, dtype, device } = options;
    this.weight = parameter(randn([maxLength, dModel], { std: 0.02, generator, dtype, device }));
  }

  protected rows(_: Tensor, offset: number, length: number): Tensor {
    const [maxLength] = this.weight.shape;
    if (offset + length > maxLength)
      throw new ShapeError(
        `LearnedEncoding: positions ${offset} to ${offset + length - 1} are out of range for maxLength ${maxLength}`,
      );
    return this.weight.slice([[offset, offset + length]]);
  }
}
