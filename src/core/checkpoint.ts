import type { Tensor } from "../tensor.js";
import { context, withContext } from "./context.js";
import { defaultGenerator } from "./generator.js";
import type { Op } from "./op.js";
import { pullback } from "./pullback.js";
import { Tape } from "./tape.js";
import { Entry, type Variable } from "./variable.js";

/**
 * Gradient checkpointing (Chen et al., 2016, arXiv:1604.06174): `checkpoint(fn)` computes what `fn` does but saves
 * only its arguments; the walk back runs `fn` again to get the values it needs. Memory for time.
 *
 * `fn` may use parameters from outside. It must do the same both times: random numbers are drawn from the same state
 * of the default generator, but other side effects happen twice.
 */
export function checkpoint<X extends readonly Tensor[]>(fn: (...xs: X) => Tensor): (...xs: X) => Tensor {
  return (...xs) => {
    if (!context().recording) return fn(...xs);
    const random = defaultGenerator.getState();
    const { value, externals } = runOnce(fn, xs);
    if (externals.length === 0) return value;
    const op = recomputeOp(fn, xs.length, random, externals);
    const values = { xs };
    const entry = new Entry(op, externals, [value], xs, values, undefined);
    value.attach(entry.outputs[0]);
    for (let tape = context().tape; tape; tape = tape.outer) tape.write(entry);
    return value;
  };
}

/** Runs `fn`, and finds the variables from outside that its result depends on. Its own entries are dropped. */
function runOnce<X extends readonly Tensor[]>(fn: (...xs: X) => Tensor, xs: X): { value: Tensor; externals: Variable[] } {
  return withContext({ tape: null }, () => {
    using tape = new Tape();
    const result = fn(...xs);
    const inside = new Set(tape.entries);
    const inputs = tape.entries.flatMap((entry) => entry.inputs).filter((v) => v !== null);
    if (result.variable) inputs.push(result.variable);
    const externals = [...new Set(inputs)].filter((v) => v.entry === null || !inside.has(v.entry));
    return { value: tape.keep(result.detach()), externals };
  });
}

function recomputeOp<X extends readonly Tensor[]>(
  fn: (...xs: X) => Tensor,
  arity: number,
  random: ReturnType<typeof defaultGenerator.getState>,
  externals: readonly Variable[],
): Op {
  const never = (): never => {
    throw new Error("checkpoint has no kernel of its own");
  };
  return {
    kind: "op",
    name: "checkpoint",
    inputs: [{ name: "externals", optional: false, type: "own" }],
    rest: 0,
    outputs: ["y"],
    differentiable: [true],
    save: [],
    view: true,
    firstOutput: arity,
    infer: never,
    args: never,
    cpu: never,
    vjp: (dy, saved) => {
      const { xs } = saved as { xs: X };
      const createGraph = context().recording;
      const now = defaultGenerator.getState();
      defaultGenerator.setState(random);
      const again = withContext({ recording: true }, () => fn(...xs));
      defaultGenerator.setState(now);
      const found = pullback([again], [dy as Tensor], externals, { createGraph, retainGraph: createGraph });
      return { externals: externals.map((v) => found.get(v) ?? again.zeros(v.shape, v.dtype)) };
    },
  };
}
