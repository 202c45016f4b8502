/**
 * Gradient checkpointing: one entry on the tape for a whole function. The walk back runs the function again. Users call
 * `checkpoint`.
 */
import type { Tensor } from "../../tensor.js";
import { noteInputs } from "../apply.js";
import { type Context, context, withContext } from "../context.js";
import { checkTensor, Scope } from "../memory/scope.js";
import { tick } from "../memory/storage.js";
import { defaultGenerator, type GeneratorState } from "../random/generator.js";
import { leavesBehind, pullback } from "./pullback.js";
import { type Composite, Entry, type Variable } from "./variable.js";

/**
 * Gradient checkpointing (Chen et al., 2016, arXiv:1604.06174), which trades time for memory: the new function computes
 * the same as `fn` but saves only the tensors from outside, and the walk back runs `fn` again to get the other values.
 *
 * The tensors from outside are the arguments and all others that `fn` uses, such as parameters. `fn` must do the same
 * both times: random numbers are drawn from the same state of the default generator, but other side effects happen
 * twice.
 *
 * @param fn - synchronous; returns a tensor
 * @returns a function that throws ArgumentError if `fn` does not return a tensor
 */
export function checkpoint<X extends readonly Tensor[]>(fn: (...xs: X) => Tensor): (...xs: X) => Tensor {
  return (...xs) => {
    const { recording, tape, higherOrder } = context();
    if (!recording) return fn(...xs);
    const inside = { higherOrder: higherOrder || tape !== null };
    const random = defaultGenerator.getState();
    const { value, externals, read } = runOnce(() => fn(...xs), inside);
    if (externals.length === 0) return value;
    const again = recomputation(fn, inside, random, externals, read);
    const entry = new Entry(again, externals, [value], [xs, read], undefined);
    value.attach(entry.outputs[0]);
    for (let open = tape; open; open = open.outer) open.write(entry);
    return value;
  };
}

interface FirstRun {
  readonly value: Tensor;
  /** The variables from outside that the value depends on. */
  readonly externals: readonly Variable[];
  /** The tensors from outside that ops read. */
  readonly read: readonly Tensor[];
}

/** Runs `fn` and drops the entries that it recorded. */
function runOnce(fn: () => Tensor, inside: Partial<Context>): FirstRun {
  const begin = tick();
  const inputs = new Set<Tensor>();
  let leaves: Variable[];
  let value: Tensor;
  {
    using scope = new Scope();
    const result = noteInputs(inputs, () => withContext({ ...inside, tape: null }, fn));
    checkTensor("checkpoint", "the function's result", result);
    leaves = leavesBehind(result, begin);
    value = scope.keep(result.detach());
  }
  // Tensors that are disposed here were made by `fn` itself.
  return {
    value,
    externals: leaves.filter(({ leaf }) => !leaf?.disposed),
    read: [...inputs].filter((x) => !x.disposed),
  };
}

/**
 * The way back runs `fn` again. The inputs are the variables `externals`; the tensors of `read` are usable while it runs.
 */
function recomputation<X extends readonly Tensor[]>(
  fn: (...xs: X) => Tensor,
  inside: Partial<Context>,
  random: GeneratorState,
  externals: readonly Variable[],
  read: readonly Tensor[],
): Composite {
  return {
    kind: "composite",
    name: "checkpoint",
    inputs: "externals",
    pullback(dy, [xs], needs) {
      const { recording: createGraph, tape } = context();
      const since = tick();
      const again = withContext({ ...inside, recording: true, tape: createGraph ? tape : null }, () =>
        drawingAgain(random, () => withRevived(read, () => fn(...(xs as X)))),
      );
      const wrt = externals.filter((_, i) => needs[i]);
      const found = pullback([again], [dy], wrt, { createGraph, retainGraph: createGraph, since });
      return externals.map((v) => found.get(v) ?? null);
    },
  };
}

/** Runs `fn` while the disposed ones of `tensors`, whose buffers an entry holds, are usable again. */
function withRevived<T>(tensors: readonly Tensor[], fn: () => T): T {
  const disposed = tensors.filter((x) => x.disposed);
  for (const x of disposed) x.revive();
  try {
    return fn();
  } finally {
    for (const x of disposed) x.dispose();
  }
}

/** Runs `fn` with the default generator as it was at `random`. */
function drawingAgain<T>(random: GeneratorState, fn: () => T): T {
  const now = defaultGenerator.getState();
  defaultGenerator.setState(random);
  try {
    return fn();
  } finally {
    defaultGenerator.setState(now);
  }
}
