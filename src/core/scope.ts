// The declarations name Disposable, which programs compiled without the types of Node do not know.
/// <reference lib="esnext.disposable" preserve="true" />
import { context, runInContext, withContext } from "./context.js";
import { DisposedError } from "./errors.js";
import type { Tensor } from "../tensor.js";

/**
 * Owns the tensors made while it is the innermost scope, and disposes them when it ends, except those kept:
 *
 * ```ts
 * using scope = new Scope();
 * const y = x.matmul(w).relu();
 * return scope.keep(y);            // x.matmul(w) is freed here, y belongs to the scope outside
 * ```
 *
 * A scope that stays open across an `await` sees what other tasks make meanwhile; where tasks run side by side, use
 * the asynchronous form of `tidy`, which keeps them apart.
 */
export class Scope implements Disposable {
  /** @internal */
  readonly outer: Scope | null;
  #tensors: Tensor[] = [];
  #compactAt = 1024;
  #ended = false;

  constructor() {
    const current = context();
    this.outer = current.scope;
    current.scope = this;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @internal Makes this scope the owner of `tensor`. */
  own(tensor: Tensor): void {
    if (this.#ended) return moveTo(this.outer, tensor);
    tensor.scope = this;
    this.#tensors.push(tensor);
    if (this.#tensors.length >= this.#compactAt) {
      this.#tensors = this.#tensors.filter((t) => t.scope === this && !t.disposed);
      this.#compactAt = Math.max(1024, 2 * this.#tensors.length);
    }
  }

  /** Hands tensors that this scope owns to the scope outside; with none outside they live until disposed. */
  keep<T extends Tensor>(tensor: T): T {
    if (this.#ended) throw new DisposedError("Scope.keep: the scope has ended, and its tensors with it");
    if (tensor.scope === this) moveTo(this.outer, tensor);
    return tensor;
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const tensor of this.#tensors) if (tensor.scope === this) tensor.dispose();
    this.#tensors = [];
    // Scopes may end out of order; the innermost one that is still open is current again.
    const current = context();
    while (current.scope?.ended) current.scope = current.scope.outer;
  }
}

/** @internal Gives `tensor` to `scope`, or to nobody but the net. */
export function moveTo(scope: Scope | null, tensor: Tensor): void {
  if (scope !== null) {
    scope.own(tensor);
  } else {
    tensor.scope = null;
    if (!tensor.disposed) tensor.storage.guard();
  }
}

/** Runs `fn` outside all scopes: what it makes lives until it is disposed. For state that outlives a step. */
export function outsideScopes<T>(fn: () => T): T {
  return withContext({ scope: null }, fn);
}

/**
 * Takes `tensor` out of every scope, so that it lives until it is disposed.
 *
 * @returns the same tensor
 */
export function keep<T extends Tensor>(tensor: T): T {
  moveTo(null, tensor);
  return tensor;
}

/**
 * Runs `fn` and disposes the tensors it made, except those in its result (a tensor, or tensors inside arrays, plain
 * objects, maps and sets). `fn` may be asynchronous: the result is then a promise, and tasks that run side by side
 * do not disturb each other.
 */
export function tidy<T>(fn: () => T): T {
  return runInContext({}, () => {
    const scope = new Scope();
    let result: T;
    try {
      result = fn();
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
    if (!isPromise(result)) return settle(scope, result);
    return result.then(
      (value) => settle(scope, value),
      (error) => {
        scope[Symbol.dispose]();
        throw error;
      },
    ) as T;
  });
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

function settle<T>(scope: Scope, result: T): T {
  for (const tensor of tensorsIn(result)) scope.keep(tensor);
  scope[Symbol.dispose]();
  return result;
}

/** The tensors inside a value made of arrays, plain objects, maps and sets. */
export function tensorsIn(value: unknown, seen = new Set<unknown>()): Tensor[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (isTensor(value)) return [value];
  if (Array.isArray(value) || value instanceof Set) return [...value].flatMap((item) => tensorsIn(item, seen));
  if (value instanceof Map) return [...value.values()].flatMap((item) => tensorsIn(item, seen));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return [];
  return Object.values(value).flatMap((item) => tensorsIn(item, seen));
}

/** A tensor is recognised by its mark, since core knows the class by type only. */
export const tensorMark: unique symbol = Symbol.for("wengert.tensor");
const isTensor = (value: object): value is Tensor => tensorMark in value;
