/** The Embedding layer: a learned table whose rows the op `embedding` looks up. Users import it from `wengert/nn`. */
import { ArgumentError } from "../core/errors.js";
import { tensor } from "../create.js";
import { embedding } from "../ops/index.js";
import { randn } from "../random.js";
import type { Tensor } from "../tensor.js";
import { checkSize, type InitOptions } from "./init/init.js";
import { Module } from "./module.js";
import { parameter } from "./parameter.js";

/** Options of `Embedding`. */
export interface EmbeddingLayerOptions extends InitOptions {
  /**
   * The index of padding: its row starts as zeros and gets no gradient. Counted from the end if it is
   * negative. Default: none.
   */
  readonly paddingIdx?: number;
}

/** A table of learned vectors, one for each token or category: indices (...) to vectors (..., D). */
export class Embedding extends Module {
  /** The table, (numEmbeddings, embeddingDim), drawn from the normal distribution of mean 0 and deviation 1. */
  weight: Tensor;
  readonly #paddingIdx: number | undefined;

  /**
   * @param numEmbeddings - the number of rows
   * @param embeddingDim - D, the length of each row
   * @throws ArgumentError unless both sizes are integers of 1 or more, and `paddingIdx` is a row
   */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super();
    const { paddingIdx, generator, dtype, device } = options;
    checkSize("Embedding", "numEmbeddings", numEmbeddings);
    checkSize("Embedding", "embeddingDim", embeddingDim);
    if (
      paddingIdx !== undefined &&
      (!Number.isInteger(paddingIdx) || paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)
    )
      throw new ArgumentError(
        `Embedding: paddingIdx ${paddingIdx} is out of range for a table of ${numEmbeddings} rows`,
      );
    this.#paddingIdx = paddingIdx;
    const drawn = randn([numEmbeddings, embeddingDim], { generator, dtype, device });
    this.weight = parameter(paddingIdx === undefined ? drawn : withoutRow(drawn, paddingIdx));
  }

  /**
   * Looks up the rows of the table.
   *
   * @param index - integers from 0 to numEmbeddings - 1, of any shape (...)
   * @returns (..., D)
   * @throws ArgumentError on the CPU if an index is out of range
   */
  forward(index: Tensor): Tensor {
    return embedding(index, this.weight, { paddingIdx: this.#paddingIdx });
  }
}

/** The table with zeros in one row. Frees the one it is given. */
function withoutRow(table: Tensor, row: number): Tensor {
  const [rows] = table.shape;
  const stays = new Uint8Array(rows).fill(1);
  stays[row < 0 ? row + rows : row] = 0;
  using drawn = table;
  using mask = tensor(stays, { shape: [rows, 1], dtype: "bool", device: table.device });
  return mask.where(drawn, 0);
}
