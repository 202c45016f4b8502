/**
 * The tape: a scope that also keeps the list of the entries recorded while it is open, and gives gradients from it.
 * Users and the trainer open tapes; apply.ts writes on them.
 */
import type { Tensor } from "../../tensor.js";
import { context } from "../context.js";
import { ArgumentError, GradientError } from "../errors.js";
import { checkTensor, Scope } from "../memory/scope.js";
import { quote } from "../quote.js";
import { show } from "../shape.js";
import { checkRecorded, pullback, seedFor } from "./pullback.js";
import type { Entry, Variable } from "./variable.js";

/** The options of `Tape.gradients`. */
export interface GradientsOptions {
  /** The cotangent of the output, of its shape. Needed unless the output has one element. Default: 1. */
  readonly cotangent?: Tensor;
  /** The gradient of a tensor that the output does not depend on: an error, or zeros. Default "error". */
  readonly unused?: "error" | "zeros";
}

/**
 * The Wengert list (R. E. Wengert, 1964): the operations of a program, recorded as they run. Walking it backwards gives
 * gradients.
 *
 * ```ts
 * using tape = new Tape();
 * const loss = crossEntropy(model.forward(x), y);
 * const grads = tape.gradients(loss, model.parameters());
 * optimizer.step(grads);
 * ```
 *
 * An op is recorded if one of its inputs requires a gradient (`requiresGrad`, or `tape.watch`). The tape owns a scope:
 * when it ends, all tensors made since it began are freed, except those that were kept. Tensors that the outermost tape
 * keeps become constants. Tapes nest, and the computation of an inner tape's `gradients` is recorded on the outer one,
 * so two tapes give second derivatives.
 */
export class Tape implements Disposable {
  readonly #outer: Tape | null;
  /** Whether it began in a function whose gradients are differentiated although there is no outer tape. */
  readonly #inside: boolean;
  readonly #scope: Scope;
  readonly #kept: Tensor[] = [];
  #entries: Entry[] = [];
  #ended = false;

  constructor() {
    const current = context();
    this.#outer = openTape(current.tape);
    this.#inside = current.higherOrder;
    this.#scope = new Scope();
    current.tape = this;
  }

  /** Whether the tape has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @internal The innermost tape around this one that is still open. */
  get outer(): Tape | null {
    return openTape(this.#outer);
  }

  /** The entries so far, one for each recorded op, in the order in which they ran. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** @internal Adds an entry. */
  write(entry: Entry): void {
    if (!this.#ended) this.#entries.push(entry);
  }

  /**
   * Makes a float tensor a variable, so that gradients flow to it.
   *
   * @returns the same tensor
   * @throws GradientError if the tape has ended, DTypeError if the tensor is not of floats
   */
  watch<T extends Tensor>(tensor: T): T {
    this.#check("watch");
    checkTensor("Tape.watch", "the value to watch", tensor);
    if (!tensor.variable) tensor.requiresGrad = true;
    return tensor;
  }

  /**
   * Keeps a tensor when the tape ends; the scope outside owns it then.
   *
   * @returns the same tensor
   * @throws GradientError if the tape has ended
   */
  keep<T extends Tensor>(tensor: T): T {
    this.#check("keep");
    if (this.#scope.owns(tensor)) this.#kept.push(tensor);
    return this.#scope.keep(tensor);
  }

  /**
   * The gradients of `output` with respect to each tensor of `wrt`, in that order and of their shapes and dtypes. May
   * be called several times while the tape is open.
   *
   * @throws GradientError if the output is not a scalar and no cotangent is given, if it does not depend on one of
   *   `wrt`, if an op on the way has no gradient, or if the tape has ended; ShapeError if the cotangent does not fit;
   *   DisposedError
   */
  gradients(output: Tensor, wrt: readonly Tensor[], options: GradientsOptions = {}): Tensor[] {
    const name = "Tape.gradients";
    this.#check("gradients");
    if (!Array.isArray(wrt)) throw new ArgumentError(`${name}: wrt must be an array of tensors, got ${quote(wrt)}`);
    const variables = Array.from(wrt, (x: Tensor, i) => {
      checkTensor(name, `wrt[${i}]`, x);
      x.checkLive(name);
      if (x.variable) return x.variable;
      throw new GradientError(
        `${name}: wrt[${i}] is a constant: ${x.describe()}; set requiresGrad on it, or watch it on the tape first`,
      );
    });
    return gradientsOf(name, output, variables, options, this.higherOrder);
  }

  /** @internal Whether the gradients computed on this tape are recorded, to be differentiated in turn. */
  get higherOrder(): boolean {
    return context().recording && !this.#isOutermost();
  }

  /** The list as text: one line for each entry, with the shapes that it wrote and read. */
  toString(): string {
    const number = new Map<Variable, string>();
    const nameOf = (v: Variable | null): string => {
      if (v === null) return "constant";
      if (!number.has(v)) number.set(v, `v${number.size}`);
      return `${number.get(v)} ${show(v.shape)}`;
    };
    const lines = this.#entries.map((entry) => {
      const inputs = entry.inputs.map(nameOf).join(", "); // before the outputs, so that numbers rise
      return `${entry.outputs.map(nameOf).join(", ")} = ${entry.op.name}(${inputs})`;
    });
    return lines.join("\n");
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    const current = context();
    current.tape = openTape(current.tape);
    if (this.#isOutermost()) {
      for (const entry of this.#entries) entry.release();
      for (const tensor of this.#kept) if (!tensor.disposed && tensor.variable?.entry) tensor.attach(null);
    }
    this.#scope[Symbol.dispose]();
    this.#entries = [];
  }

  #isOutermost(): boolean {
    return !this.#inside && this.outer === null;
  }

  #check(method: string): void {
    if (this.#ended)
      throw new GradientError(`Tape.${method}: the tape has ended; call ${method}() before the end of its block`);
  }
}

/** The innermost tape from `tape` outwards that has not ended: tapes may end out of order. */
function openTape(tape: Tape | null): Tape | null {
  let open = tape;
  while (open?.ended) open = open.outer;
  return open;
}

/** @internal Gradients of one output with respect to variables, for tapes and the functional forms. */
export function gradientsOf(
  name: string,
  output: Tensor,
  wrt: readonly Variable[],
  { cotangent, unused = "error" }: GradientsOptions,
  createGraph: boolean,
): Tensor[] {
  checkTensor(name, "the output", output);
  output.checkLive(name);
  if (unused === "error") checkRecorded(name, output);
  using scope = new Scope();
  const seed = seedFor(name, output, cotangent);
  const found = pullback([output], [seed], wrt, { createGraph, retainGraph: true });
  const used = new Set<Tensor>();
  return wrt.map((x, i) => {
    let gradient = found.get(x);
    if (!gradient) {
      if (unused === "error")
        throw new GradientError(
          `${name}: the output does not depend on wrt[${i}]: ${x.dtype} ${show(x.shape)}; remove it from wrt, or pass { unused: "zeros" }`,
        );
      gradient = output.zeros(x.shape, x.dtype);
    }
    // A tensor may be in `wrt` twice; each place gets a gradient that can be disposed separately.
    if (used.has(gradient)) gradient = gradient.alias();
    used.add(gradient);
    return scope.keep(gradient);
  });
}
