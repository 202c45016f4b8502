/**
 * The recurrent layers RNN, GRU and LSTM: each defines one step of its cell. Users import them from `wengert/nn`. The
 * loop over steps and layers is in recurrent.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { linear } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import {
  type CellWeights,
  Recurrent,
  type RecurrentForwardOptions,
  type RecurrentOptions,
  type State,
} from "./recurrent.js";

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** The function of the step. Default "tanh". */
  readonly nonlinearity?: "tanh" | "relu";
}

/** Layers whose only state is their output. */
abstract class OneStateRecurrent extends Recurrent {
  /**
   * Reads a sequence from its first step to its last.
   *
   * @param x - (L, N, I), or (N, L, I) with `batchFirst`
   * @param initial - (layers directions, N, H); null: zeros
   * @returns the output (L, N, directions H), or with N first, and the last state (layers directions, N, H)
   * @throws ShapeError, DTypeError
   */
  forward(
    x: Tensor,
    initial: Tensor | null = null,
    options: RecurrentForwardOptions = {},
  ): [output: Tensor, state: Tensor] {
    const { output, last } = this.run(x, initial && [initial], options);
    return [output, last[0]];
  }
}

/** The plain recurrent net of Elman, "Finding structure in time" (1990): h' = tanh(W_ih x + b_ih + W_hh h + b_hh). */
export class RNN extends OneStateRecurrent {
  /** The function of the step. */
  readonly nonlinearity: "tanh" | "relu";

  /**
   * @param inputSize - I, the features of each element of the input
   * @param hiddenSize - H, the features of the state
   * @throws ArgumentError if a size or an option is out of range
   */
  constructor(inputSize: number, hiddenSize: number, { nonlinearity = "tanh", ...options }: RNNOptions = {}) {
    if (nonlinearity !== "tanh" && nonlinearity !== "relu")
      throw new ArgumentError(`RNN: nonlinearity must be "tanh" or "relu", got ${quote(nonlinearity)}`);
    super("RNN", { gates: 1, states: 1 }, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  protected step(x: Tensor, [h]: State, { weightHh, biasHh }: CellWeights): State {
    const sum = x.add(linear(h, weightHh, biasHh));
    return [this.nonlinearity === "tanh" ? sum.tanh() : sum.relu()];
  }
}

/**
 * The gated recurrent unit of Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014,
 * arXiv:1406.1078), in PyTorch's form, with the gates r, z and n one below the other in the weights:
 *
 *     r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
 *     z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
 *     n = tanh(W_in x + b_in + r (W_hn h + b_hn))
 *     h' = (1 - z) n + z h
 */
export class GRU extends OneStateRecurrent {
  /**
   * @param inputSize - I, the features of each element of the input
   * @param hiddenSize - H, the features of the state
   * @throws ArgumentError if a size or an option is out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("GRU", { gates: 3, states: 1 }, inputSize, hiddenSize, options);
  }

  protected step(x: Tensor, [h]: State, { weightHh, biasHh }: CellWeights): State {
    const [xr, xz, xn] = x.chunk(3, -1);
    const [hr, hz, hn] = linear(h, weightHh, biasHh).chunk(3, -1);
    const r = xr.add(hr).sigmoid();
    const z = xz.add(hz).sigmoid();
    const n = xn.add(r.mul(hn)).tanh();
    return [n.add(z.mul(h.sub(n)))];
  }
}

/**
 * Long short-term memory: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000), and the
 * gates i, f, g and o one below the other in the weights:
 *
 *     i, f, o = sigmoid(W_i x + b_i + W_h h + b_h), g = tanh(the same), each with its own rows
 *     c' = f c + i g
 *     h' = o tanh(c')
 */
export class LSTM extends Recurrent {
  /**
   * @param inputSize - I, the features of each element of the input
   * @param hiddenSize - H, the features of the state
   * @throws ArgumentError if a size or an option is out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("LSTM", { gates: 4, states: 2 }, inputSize, hiddenSize, options);
  }

  /**
   * Reads a sequence from its first step to its last.
   *
   * @param x - (L, N, I), or (N, L, I) with `batchFirst`
   * @param initial - hidden and cell state, each (layers directions, N, H); null: zeros
   * @returns the output (L, N, directions H), or with N first, and the last hidden and cell state, each (layers
   *   directions, N, H)
   * @throws ShapeError, DTypeError
   */
  forward(
    x: Tensor,
    initial: readonly [hidden: Tensor, cell: Tensor] | null = null,
    options: RecurrentForwardOptions = {},
  ): [output: Tensor, state: [hidden: Tensor, cell: Tensor]] {
    const { output, last } = this.run(x, initial, options);
    return [output, [last[0], last[1]]];
  }

  protected step(x: Tensor, [h, c]: State, { weightHh, biasHh }: CellWeights): State {
    const [i, f, g, o] = x.add(linear(h, weightHh, biasHh)).chunk(4, -1);
    const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(cell.tanh()), cell];
  }
}
