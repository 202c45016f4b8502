/**
 * Scopes, which own the tensors made inside them and free them at a known point: `Scope`, `tidy`, `keep`. Also how
 * core recognises a tensor, whose class it knows by type only.
 */
// The declarations name Disposable, which programs compiled without the types of Node do not know.
/// <reference lib="esnext.disposable" preserve="true" />

import type { Tensor } from "../../tensor.js";
import { context, runInContext, withContext } from "../context.js";
import { ArgumentError, DisposedError } from "../errors.js";
import { quote } from "../quote.js";

/**
 * Owns the tensors made while it is the innermost scope, and disposes them when it ends, except those kept:
 *
 * ```ts
 * using scope = new Scope();
 * const y = x.matmul(w).relu();
 * return scope.keep(y);            // x.matmul(w) is freed here, y belongs to the scope outside
 * ```
 *
 * A scope that is open across an `await` also owns the tensors that other tasks make during the wait. For tasks that run side
 * by side, use the asynchronous form of `tidy`, which keeps them apart.
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

  /** Whether the scope has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @internal Makes this scope the owner of `tensor`. */
  adopt(tensor: Tensor): void {
    if (this.#ended) {
      moveTo(this.outer, tensor);
      return;
    }
    tensor.scope = this;
    this.#tensors.push(tensor);
    if (this.#tensors.length >= this.#compactAt) {
      this.#tensors = this.#tensors.filter((t) => t.scope === this && !t.disposed);
      this.#compactAt = Math.max(1024, 2 * this.#tensors.length);
    }
  }

  /**
   * Gives a tensor that this scope, or one inside it, owns to the scope outside; if there is no scope outside, the
   * tensor lives until it is disposed. A tensor from outside keeps its owner.
   *
   * @returns the same tensor
   * @throws DisposedError if the scope has ended
   */
  keep<T extends Tensor>(tensor: T): T {
    if (this.#ended)
      throw new DisposedError(
        "Scope.keep: the scope has ended and its tensors are disposed; call keep() before the scope ends",
      );
    if (this.owns(tensor)) moveTo(this.outer, tensor);
    return tensor;
  }

  /** @internal Whether this scope, or one inside it, will dispose `tensor`. */
  owns(tensor: Tensor): boolean {
    checkTensor("Scope.keep", "the value to keep", tensor);
    for (let scope = tensor.scope; scope !== null; scope = scope.outer) if (scope === this) return true;
    return false;
  }

  /** @internal Ends the scopes that were begun inside this one and never ended. */
  endInner(): void {
    for (let { scope } = context(); scope !== null && scope !== this; scope = scope.outer) scope[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    // The last first: results release the values from which they were computed.
    const tensors = this.#tensors;
    for (let i = tensors.length - 1; i >= 0; i--) if (tensors[i].scope === this) tensors[i].dispose();
    this.#tensors = [];
    // Scopes may end out of order; the innermost one that is still open is current again.
    const current = context();
    while (current.scope?.ended) current.scope = current.scope.outer;
  }
}

/** @internal Gives `tensor` to `scope`, or to the finalization net only. */
export function moveTo(scope: Scope | null, tensor: Tensor): void {
  if (scope !== null) {
    scope.adopt(tensor);
  } else {
    tensor.scope = null;
    if (!tensor.disposed) tensor.storage.addToNet();
  }
}

/**
 * Runs `fn` outside all scopes: the tensors that it makes live until they are disposed. For state that outlives a step.
 */
export function outsideScopes<T>(fn: () => T): T {
  return withContext({ scope: null }, fn);
}

/**
 * Takes `tensor` out of every scope, so that it lives until it is disposed.
 *
 * @returns the same tensor
 * @throws ArgumentError if it is not a tensor
 */
export function keep<T extends Tensor>(tensor: T): T {
  checkTensor("keep", "the value to keep", tensor);
  moveTo(null, tensor);
  return tensor;
}

/**
 * Runs `fn` and disposes the tensors that it made, except those in its result (a tensor, or tensors inside arrays,
 * plain objects, maps and sets). `fn` may be asynchronous: the result is a promise then, and tasks that run side by
 * side do not disturb each other.
 *
 * @returns the result of `fn`
 */
export function tidy<T>(fn: () => T): T {
  return runInContext({}, () => {
    const scope = new Scope();
    const end = (): void => {
      scope.endInner();
      scope[Symbol.dispose]();
    };
    const settle = <V>(value: V): V => {
      try {
        for (const tensor of tensorsIn(value)) scope.keep(tensor);
      } finally {
        end();
      }
      return value;
    };
    const fail = (error: unknown): never => {
      end();
      throw error;
    };
    let result: T;
    try {
      result = fn();
    } catch (error) {
      return fail(error);
    }
    return isThenable(result) ? (Promise.resolve(result).then(settle, fail) as T) : settle(result);
  });
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

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

/** Throws unless `value` is a tensor. A caller in JavaScript may pass anything. */
export function checkTensor(user: string, name: string, value: unknown): asserts value is Tensor {
  if (typeof value === "object" && value !== null && isTensor(value)) return;
  throw new ArgumentError(`${user}: ${name} must be a tensor, got ${quote(value)}`);
}
