/**
 * The walk back through the Wengert list, the only place where cotangents are summed and broadcasting is undone.
 * Called by tapes, `backward`, the functions of grad.ts, `checkpoint` and second-derivative.ts.
 */
import type { Tensor } from "../../tensor.js";
import { withContext } from "../context.js";
import { GradientError, ShapeError } from "../errors.js";
import { checkTensor, Scope } from "../memory/scope.js";
import type { Op } from "../op.js";
import { padRank, sameShape, show } from "../shape.js";
import type { Entry, Saved, Variable } from "./variable.js";

/** How the walk back is done. */
export interface PullbackOptions {
  /** Record the walk itself, so that its result can be differentiated again. */
  readonly createGraph: boolean;
  /** Keep the saved values, so that the same entries can be walked again. */
  readonly retainGraph: boolean;
  /** Walk only entries recorded after this tick; variables of earlier entries count as leaves. Default: everything. */
  readonly since?: number;
}

/**
 * Walks the Wengert list backwards (reverse-mode differentiation, Linnainmaa 1970): from the cotangents of `roots`
 * to the cotangents of the variables `wrt`, or of every leaf if `wrt` is null. The entries are those that the
 * roots depend on; the order in which they were recorded is a topological order.
 *
 * Only this function sums cotangents and undoes broadcasting; rules do not.
 *
 * @returns the cotangent of each requested variable that the roots depend on, owned by the current scope
 */
export function pullback(
  roots: readonly Tensor[],
  seeds: readonly Tensor[],
  wrt: readonly Variable[] | null,
  { createGraph, retainGraph, since = 0 }: PullbackOptions,
): Map<Variable, Tensor> {
  const entries = entriesBehind(roots, since);
  const wanted = new Set(wrt ?? leavesOf(roots, entries, since));
  const needed = entriesTowards(wanted, entries);
  const cotangents = new Map<Variable, Tensor>();
  const scope = new Scope();
  for (const entry of entries) entry.retain();
  try {
    withContext({ recording: createGraph }, () => {
      roots.forEach((root, i) => {
        if (root.variable) accumulate(cotangents, root.variable, claim(scope, seeds[i], createGraph));
      });
      for (let i = entries.length - 1; i >= 0; i--) {
        const entry = entries[i];
        if (needed.has(entry) && entry.outputs.some((v) => cotangents.has(v))) {
          const dxs = differentiate(entry, cotangents, wanted, needed, createGraph);
          for (let k = 0; k < dxs.length; k++) {
            const [dx, x] = [dxs[k], entry.inputs[k]];
            if (dx && x) accumulate(cotangents, x, dx);
          }
        }
        for (const y of entry.outputs) if (!wanted.has(y)) drop(cotangents, y);
        if (!retainGraph) entry.release();
      }
    });
    const found = new Map<Variable, Tensor>();
    for (const variable of wanted) {
      const cotangent = cotangents.get(variable);
      if (cotangent) found.set(variable, scope.keep(cotangent));
    }
    return found;
  } finally {
    for (const entry of entries) entry.unretain();
    scope[Symbol.dispose]();
  }
}

const isLeaf = ({ entry }: Variable, since: number): boolean => entry === null || entry.at <= since;

/** The entries that the roots depend on, in the order in which they were recorded. */
function entriesBehind(roots: readonly Tensor[], since: number): Entry[] {
  const seen = new Set<Entry>();
  const pending = roots.map((root) => root.variable);
  for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
    if (v === null || isLeaf(v, since) || seen.has(v.entry as Entry)) continue;
    seen.add(v.entry as Entry);
    for (const input of (v.entry as Entry).inputs) pending.push(input);
  }
  return [...seen].sort((p, q) => p.at - q.at);
}

function leavesOf(roots: readonly Tensor[], entries: readonly Entry[], since: number): Variable[] {
  const inputs = [...roots.map((root) => root.variable), ...entries.flatMap((entry) => entry.inputs)];
  return inputs.filter((v) => v !== null).filter((v) => isLeaf(v, since));
}

/** The variables that `root` depends on and that were there at the tick `since`, or have no entry; each once. */
export const leavesBehind = (root: Tensor, since: number): Variable[] => [
  ...new Set(leavesOf([root], entriesBehind([root], since), since)),
];

/** The entries on a path from a requested variable to the roots: only these are walked. */
function entriesTowards(wanted: ReadonlySet<Variable>, entries: readonly Entry[]): Set<Entry> {
  const needed = new Set<Entry>();
  for (const entry of entries)
    if (entry.inputs.some((v) => v !== null && isNeeded(v, wanted, needed))) needed.add(entry);
  return needed;
}

const isNeeded = (v: Variable, wanted: ReadonlySet<Variable>, needed: ReadonlySet<Entry>): boolean =>
  wanted.has(v) || (v.entry !== null && needed.has(v.entry));

/** From the cotangents of one entry's outputs to the cotangents of its inputs. */
function differentiate(
  entry: Entry,
  cotangents: ReadonlyMap<Variable, Tensor>,
  wanted: ReadonlySet<Variable>,
  needed: ReadonlySet<Entry>,
  createGraph: boolean,
): (Tensor | null)[] {
  const { op, attrs, inputs, outputs } = entry;
  using scope = new Scope();
  const saved = entry.restore();
  const needs = inputs.map((v) => v !== null && isNeeded(v, wanted, needed));
  const dxs =
    op.kind === "op"
      ? applyRules(op, cotangentOf(op, outputs, cotangents), saved, attrs, needs)
      : op.pullback(cotangents.get(outputs[0]) as Tensor, saved, needs);
  return dxs.map((dx, i) => {
    if (!needs[i]) return null;
    const x = inputs[i] as Variable;
    const name = op.kind === "op" ? op.inputs[Math.min(i, op.inputs.length - 1)].name : op.inputs;
    if (!dx)
      throw new GradientError(`${op.name}: the gradient with respect to ${name} ${show(x.shape)} is not defined`);
    return claim(scope, fitted(op.name, name, dx, x), createGraph, true);
  });
}

/** The cotangents of an op's inputs by the rules of its record; null for inputs that do not need one. */
function applyRules(
  op: Op,
  dy: Tensor | Record<string, Tensor>,
  values: readonly Saved[],
  attrs: unknown,
  needs: readonly boolean[],
): (Tensor | null)[] {
  const saved: Record<string, Saved> = {};
  for (let i = 0; i < op.save.length; i++) saved[op.save[i].name] = values[i];
  const rules = op.vjp;
  if (typeof rules === "function") {
    const result = rules(dy, saved, attrs, named(op, needs));
    return op.inputs.flatMap(({ name }) => result[name] as Tensor | null | (Tensor | null)[]);
  }
  return needs.map((need, i) => {
    if (!need) return null;
    const isRest = op.rest >= 0 && i >= op.rest;
    const rule = rules[op.inputs[isRest ? op.rest : i].name];
    return rule ? rule(dy, saved, attrs, isRest ? i - op.rest : 0) : null;
  });
}

/** The result of a rule, brought to the shape (broadcasting undone) and dtype of the variable. */
function fitted(op: string, name: string, dx: Tensor, { shape, dtype }: Variable): Tensor {
  checkTensor(op, `the result of the gradient rule for ${name}`, dx);
  if (sameShape(dx.shape, shape) && dx.dtype === dtype) return dx;
  const stretches =
    shape.length <= dx.rank && padRank(shape, dx.rank).every((size, axis) => size === 1 || size === dx.shape[axis]);
  if (!stretches)
    throw new ShapeError(
      `${op}: the gradient rule for ${name} must return a shape that can be summed to ${show(shape)}, got ${show(dx.shape)}`,
    );
  return (sameShape(dx.shape, shape) ? dx : dx.sumTo(shape)).cast(dtype);
}

/** The cotangent as the rules get it: a tensor for a single output, by name for several (zeros for unused ones). */
function cotangentOf(
  op: Op,
  outputs: readonly Variable[],
  cotangents: ReadonlyMap<Variable, Tensor>,
): Tensor | Record<string, Tensor> {
  const some = outputs.map((v) => cotangents.get(v)).find((t) => t !== undefined) as Tensor;
  if (outputs.length === 1) return some;
  return Object.fromEntries(outputs.map((v, i) => [op.outputs[i], cotangents.get(v) ?? some.zeros(v.shape, v.dtype)]));
}

/** `needs` by the names of the op's inputs. */
function named(op: Op, needs: readonly boolean[]): Record<string, boolean | readonly boolean[]> {
  const result: Record<string, boolean | readonly boolean[]> = {};
  for (let i = 0; i < op.inputs.length; i++)
    result[op.inputs[i].name] = i === op.rest ? needs.slice(i) : (needs[i] ?? false);
  return result;
}

/**
 * A tensor for the map of cotangents. A tensor that a rule made is used as it is; one that it passed on, as the rule
 * `dy => dy` of add does, is aliased, so that each entry of the map can be freed separately.
 */
function claim(scope: Scope, tensor: Tensor, createGraph: boolean, keep = false): Tensor {
  if (keep && tensor.scope === scope) return scope.keep(tensor);
  const alias = createGraph ? tensor.alias() : tensor.detach();
  return keep ? scope.keep(alias) : alias;
}

function accumulate(cotangents: Map<Variable, Tensor>, variable: Variable, dx: Tensor): void {
  const sum = cotangents.get(variable);
  if (!sum) {
    cotangents.set(variable, dx);
    return;
  }
  cotangents.set(variable, sum.add(dx));
  sum.dispose();
  dx.dispose();
}

function drop(cotangents: Map<Variable, Tensor>, variable: Variable): void {
  cotangents.get(variable)?.dispose();
  cotangents.delete(variable);
}

/** The cotangent to start from: the one given, in the dtype of the output, or 1 for a scalar. */
export function seedFor(op: string, output: Tensor, cotangent: Tensor | undefined): Tensor {
  if (cotangent !== undefined) {
    checkTensor(op, "the cotangent", cotangent);
    cotangent.checkLive(op);
    if (!sameShape(cotangent.shape, output.shape))
      throw new ShapeError(
        `${op}: the cotangent must have the shape of the output, ${show(output.shape)}, got ${show(cotangent.shape)}`,
      );
    return cotangent.cast(output.dtype);
  }
  if (output.size !== 1)
    throw new GradientError(
      `${op}: the output must be a scalar, got ${show(output.shape)}; sum it, or pass a cotangent`,
    );
  return output.ones(output.shape, output.dtype);
}

/** Throws unless the output was recorded. */
export function checkRecorded(op: string, output: Tensor): void {
  if (!output.variable)
    throw new GradientError(
      `${op}: the output does not depend on a tensor that requires a gradient: ${output.describe()}; set requiresGrad ` +
        "on a parameter or watch it on the tape, and compute the output outside noGrad",
    );
}
