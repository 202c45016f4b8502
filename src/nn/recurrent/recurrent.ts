/**
 * The base class of recurrent layers: weights, directions, layers, masks and the loop over steps. RNN, GRU and LSTM in
 * rnn.ts add only their step.
 */
import { DTypeError, ShapeError } from "../../core/errors.js";
import { checkProbability } from "../../core/option-checks.js";
import { sameShape, show } from "../../core/shape.js";
import { concat, dropout, linear, stack } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, type InitOptions, uniformParameter } from "../init/init.js";
import { Module } from "../module.js";
import { unstack } from "./unstack.js";

/** Options of `GRU` and `LSTM`, and a part of those of `RNN`. */
export interface RecurrentOptions extends InitOptions {
  /** The number of layers; each reads the outputs of the one before it. Default 1. */
  readonly numLayers?: number;
  /** Whether biases are added. Default true. */
  readonly bias?: boolean;
  /** Whether sequences are (N, L, ...); if false they are (L, N, ...). Default false, as in PyTorch. */
  readonly batchFirst?: boolean;
  /** In training, the probability of dropping an output between two layers. Default 0. */
  readonly dropout?: number;
  /**
   * Whether a second cell reads the sequence backwards; the outputs of both are joined along the last axis. Default
   * false.
   */
  readonly bidirectional?: boolean;
}

/** Options of `forward` of `RNN`, `GRU` and `LSTM`. */
export interface RecurrentForwardOptions {
  /**
   * bool, of the shape of the first two axes of the input: true for elements, false for padding. Padding
   * leaves the state as it is and gives zeros, as PyTorch's packed sequences do: the last state is that of the last
   * element. Default: there is no padding.
   */
  readonly mask?: Tensor | null;
}

/** The weights of one layer in one direction, for G gates. */
export interface CellWeights {
  /** The weights of the input, (G H, I). */
  weightIh: Tensor;
  /** The weights of the state, (G H, H). */
  weightHh: Tensor;
  /** The bias of the input, (G H); null for none. */
  biasIh: Tensor | null;
  /** The bias of the state, (G H); null for none. */
  biasHh: Tensor | null;
}

/**
 * The tensors that a cell passes from step to step, each (N, H): the output first, then, for an LSTM, the cell state.
 */
export type State = readonly Tensor[];

const ownNames = [
  ["weight_ih", "weightIh"],
  ["weight_hh", "weightHh"],
  ["bias_ih", "biasIh"],
  ["bias_hh", "biasHh"],
] as const;

/** Layers that read a sequence step by step. Subclasses define one step; this class does everything else. */
export abstract class Recurrent extends Module {
  /** I, the features of each element of the input. */
  readonly inputSize: number;
  /** H, the features of the state. */
  readonly hiddenSize: number;
  /** The number of layers. */
  readonly numLayers: number;
  /** Whether sequences are (N, L, I); if false they are (L, N, I). */
  readonly batchFirst: boolean;
  /** Whether each layer also reads the sequence backwards. */
  readonly bidirectional: boolean;
  readonly #name: string;
  readonly #states: number;
  readonly #dropout: number;
  readonly #generator: InitOptions["generator"];
  readonly #cells: readonly CellWeights[];

  /**
   * @param name - the class, for messages
   * @param cell - the number of rows of H in its weights, and of tensors that it passes from step to step
   * @throws ArgumentError if a size or an option is out of range
   */
  protected constructor(
    name: string,
    cell: { readonly gates: number; readonly states: number },
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false } = options;
    for (const [key, size] of Object.entries({ inputSize, hiddenSize, numLayers })) checkSize(name, key, size);
    checkProbability(name, dropout, "dropout");
    this.#name = name;
    this.#states = cell.states;
    this.#dropout = dropout;
    this.#generator = options.generator;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    const rows = cell.gates * hiddenSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    const draw = (...shape: number[]): Tensor => uniformParameter(shape, bound, options);
    this.#cells = Array.from({ length: numLayers * this.#directions }, (_, k): CellWeights => {
      const features = k < this.#directions ? inputSize : hiddenSize * this.#directions;
      return {
        weightIh: draw(rows, features),
        weightHh: draw(rows, hiddenSize),
        biasIh: bias ? draw(rows) : null,
        biasHh: bias ? draw(rows) : null,
      };
    });
  }

  /** The weights of each layer in order: forwards and then, if bidirectional, backwards. */
  get cells(): readonly CellWeights[] {
    return this.#cells;
  }

  get #directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  /**
   * One step of a cell.
   *
   * @param x - (N, G H): the step's input times weightIh, plus biasIh
   */
  protected abstract step(x: Tensor, state: State, cell: CellWeights): State;

  /**
   * Reads a sequence through all layers.
   *
   * @param initial - the initial states, each (layers directions, N, H); null: zeros
   * @returns the output of the last layer, and the last states, each (layers directions, N, H)
   */
  protected run(
    x: Tensor,
    initial: State | null,
    { mask }: RecurrentForwardOptions,
  ): { readonly output: Tensor; readonly last: State } {
    this.#check(x, initial, mask ?? null);
    const present = mask ? unstack((this.batchFirst ? mask.transpose(0, 1) : mask).unsqueeze(-1)) : null; // L x (N, 1)
    let sequence = this.batchFirst ? x.transpose(0, 1) : x; // (L, N, I)
    const last: State[] = [];
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0 && this.training && this.#dropout > 0)
        sequence = dropout(sequence, this.#dropout, { generator: this.#generator });
      const outputs: Tensor[] = [];
      for (let direction = 0; direction < this.#directions; direction++) {
        const k = layer * this.#directions + direction;
        const start = initial?.map((state) => state.slice([k]));
        const read = this.#read(sequence, this.#cells[k], start ?? null, present, direction === 1);
        outputs.push(read.output);
        last.push(read.last);
      }
      sequence = outputs.length === 1 ? outputs[0] : concat(outputs, -1); // (L, N, directions H)
    }
    return {
      output: this.batchFirst ? sequence.transpose(0, 1) : sequence,
      last: Array.from({ length: this.#states }, (_, i) => stack(last.map((state) => state[i]))),
    };
  }

  /** Reads a sequence (L, N, I) through one cell. */
  #read(
    sequence: Tensor,
    cell: CellWeights,
    initial: State | null,
    present: readonly Tensor[] | null,
    backwards: boolean,
  ): { readonly output: Tensor; readonly last: State } {
    const inputs = unstack(linear(sequence, cell.weightIh, cell.biasIh)); // L x (N, G H)
    const shape = [sequence.shape[1], this.hiddenSize];
    let state = initial ?? Array.from({ length: this.#states }, () => inputs[0].zeros(shape));
    const outputs = new Array<Tensor>(inputs.length);
    for (let i = 0; i < inputs.length; i++) {
      const t = backwards ? inputs.length - 1 - i : i;
      const before = state;
      const next = this.step(inputs[t], state, cell);
      const here = present?.[t];
      state = here ? next.map((value, k) => here.where(value, before[k])) : next;
      outputs[t] = here ? here.where(next[0], 0) : next[0];
    }
    return { output: stack(outputs), last: state };
  }

  #check(x: Tensor, initial: State | null, mask: Tensor | null): void {
    const layout = this.batchFirst ? "(N, L, I)" : "(L, N, I)";
    if (x.rank !== 3 || x.shape[2] !== this.inputSize)
      throw new ShapeError(`${this.#name}: x must be ${layout} with I = ${this.inputSize}, got ${show(x.shape)}`);
    const [length, samples] = this.batchFirst ? [x.shape[1], x.shape[0]] : x.shape;
    if (length === 0) throw new ShapeError(`${this.#name}: x must have at least one time step, got ${show(x.shape)}`);
    const expected = [this.#cells.length, samples, this.hiddenSize];
    for (const state of initial ?? [])
      if (!sameShape(state.shape, expected))
        throw new ShapeError(`${this.#name}: an initial state must be ${show(expected)}, got ${show(state.shape)}`);
    if (!mask) return;
    if (mask.dtype !== "bool") throw new DTypeError(`${this.#name}: mask must be bool, got ${mask.dtype}`);
    if (!sameShape(mask.shape, x.shape.slice(0, 2)))
      throw new ShapeError(
        `${this.#name}: mask must be ${show(x.shape.slice(0, 2))} to match x, got ${show(mask.shape)}`,
      );
  }

  /** PyTorch's names: `weight_ih_l0`, `bias_hh_l1_reverse`. */
  protected override members(): (readonly [string, unknown])[] {
    const weights = this.#cells.flatMap((cell, k) => {
      const layer = Math.floor(k / this.#directions);
      const suffix = `_l${layer}${k % this.#directions === 1 ? "_reverse" : ""}`;
      return ownNames.map(([name, key]) => [name + suffix, cell[key]] as const);
    });
    return [...weights, ...super.members()];
  }
}
