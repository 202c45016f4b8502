/**
 * Variables and entries, the two sorts of nodes of the Wengert list, and how entries hold on to saved values and let
 * go of them. apply.ts and `checkpoint` make entries; pullback.ts walks them.
 */
import type { Tensor } from "../../tensor.js";
import type { DType } from "../dtype.js";
import { GradientError } from "../errors.js";
import { tick } from "../memory/storage.js";
import type { Op } from "../op.js";
import { type Shape, show } from "../shape.js";

/**
 * A variable of the Wengert list: gradients flow to it. Tensors that represent the same value (a tensor and its
 * `alias`) share one; a tensor without a variable is a constant.
 */
export interface Variable {
  /** The entry whose output this is; null for a leaf, such as a parameter. */
  readonly entry: Entry | null;
  /** The shape of the value and of its gradient. */
  readonly shape: Shape;
  /** The dtype of the value and of its gradient. */
  readonly dtype: DType;
  /** For a leaf: the tensor whose `grad` receives the gradient from `backward`. */
  readonly leaf: Tensor | null;
}

/** The value that an entry saved of one input or output. */
export type Saved = Tensor | undefined | readonly Tensor[];

/**
 * A step of a program that is recorded as a whole and is not an op: it has its own way back. `checkpoint` makes them.
 */
export interface Composite {
  /** Tells it from an op. */
  readonly kind: "composite";
  /** The name that the tape prints and that errors begin with. */
  readonly name: string;
  /** The name of its inputs in error messages. */
  readonly inputs: string;
  /**
   * From the cotangent `dy` of the only output to the cotangents of the inputs.
   *
   * @param saved - the values that the entry saved, in order
   * @param needs - for each input, whether its cotangent is needed; the others may be null
   */
  pullback(dy: Tensor, saved: readonly Saved[], needs: readonly boolean[]): (Tensor | null)[];
}

/**
 * One line of the Wengert list: an op that ran, the variables it read and wrote, and the values its gradient needs.
 *
 * An entry lives as long as a live tensor or a later entry can reach it. Then it releases its saved values, so memory
 * is freed at a known point and not when the garbage collector runs.
 */
export class Entry {
  /** When it was recorded, by the clock that also orders in-place changes. */
  readonly at: number = tick();
  /** The variables that it wrote, in the order of the op's outputs. */
  readonly outputs: readonly Variable[];
  #owners = 0;
  #released = false;
  #values: readonly Saved[];

  /** @internal Entries are made by `apply` and `checkpoint`. */
  constructor(
    /** The op, or the composite, that ran. */
    readonly op: Op | Composite,
    /** The variables that it read; null for a constant. */
    readonly inputs: readonly (Variable | null)[],
    outputs: readonly { readonly shape: Shape; readonly dtype: DType }[],
    /** The saved values; those of an op are in the order of its `save`. */
    values: readonly Saved[],
    /** The attributes of an op. */
    readonly attrs: unknown,
  ) {
    this.outputs = outputs.map(({ shape, dtype }) => ({ entry: this, shape, dtype, leaf: null }));
    this.#values = values;
    eachTensor(values, save);
    for (const input of inputs) input?.entry?.retain();
  }

  /** @internal One more owner: a tensor that represents an output, a later entry, or a walk back that is under way. */
  retain(): void {
    this.#owners++;
  }

  /** @internal One owner less. When the last one is gone, the entry is released. */
  unretain(): void {
    if (--this.#owners === 0) this.release();
  }

  /** @internal Releases the saved values and the entries before this one. */
  release(): void {
    if (this.#released) return;
    // A worklist, since a long chain of entries would overflow the stack.
    const pending: Entry[] = [this];
    for (let entry = pending.pop(); entry; entry = pending.pop()) {
      if (entry.#released) continue;
      entry.#released = true;
      eachTensor(entry.#values, unsave);
      entry.#values = [];
      for (const input of entry.inputs) if (input?.entry && --input.entry.#owners === 0) pending.push(input.entry);
    }
  }

  /**
   * @internal The saved values for the walk back. Tensors that the program has disposed since are usable again.
   *
   * @throws GradientError if the values were released, or changed in place after they were saved
   */
  restore(): Saved[] {
    if (this.#released)
      throw new GradientError(
        `${this.op.name}: the values saved for its gradient have been freed, because backward() has already used the ` +
          "graph (pass { retainGraph: true } to use it again) or its tape has ended",
      );
    eachTensor(this.#values, (tensor) => {
      if (tensor.storage.writtenAt > this.at)
        throw new GradientError(
          `${this.op.name}: a saved tensor was changed in place (for example by an optimizer step) or moved to another ` +
            `device after it was recorded: ${tensor.dtype} ${show(tensor.shape)}; compute all gradients first`,
        );
    });
    return this.#values.map((value) => (Array.isArray(value) ? value.map(revive) : value && revive(value as Tensor)));
  }
}

/** Calls `fn` for every tensor among saved values. */
function eachTensor(values: readonly Saved[], fn: (tensor: Tensor) => void): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Array.isArray(value)) value.forEach(fn);
    else if (value) fn(value as Tensor);
  }
}

const save = (tensor: Tensor): void => tensor.storage.save();
const unsave = (tensor: Tensor): void => tensor.storage.unsave();

/** A disposed tensor whose buffer an entry still holds comes back as an alias of the same variable. */
const revive = (tensor: Tensor): Tensor => (tensor.disposed ? tensor.alias() : tensor);

/**
 * The same values as a new variable: a walk back to it stops there and does not continue through the entries that made
 * `x`. The tensor `x` stays as it is.
 *
 * @param connected - whether derivatives of the walk flow on from the new variable to the variable of `x`
 */
export function newVariable(x: Tensor, connected: boolean): Tensor {
  if (connected && x.variable) return x.reshape(x.shape);
  const leaf = x.detach();
  leaf.requiresGrad = true;
  return leaf;
}
