/** What a row of the table of kernels says (rows.ts), and the widths that depend on a kernel's template arguments. */
import type { Path } from "./accesses.js";

/** A number, or a function of the template arguments. */
export type Size = number | ((args: readonly string[]) => number);

/** Requirements that a kernel does not meet today. It must not get worse; when it gets better, the row must be changed. */
export interface Shortfall {
  readonly load?: Size;
  readonly store?: Size;
  /** Groups of loads, or of stores, that could each be one access. */
  readonly splitLoads?: number;
  readonly splitStores?: number;
  /** Innermost loops that store, but less at once than the widest stores of the kernel. */
  readonly narrowStoreLoops?: number;
  /** Bytes of local memory for each thread. */
  readonly stack?: number;
  readonly why: string;
}

export interface Row {
  /** On the short name, such as "unaryKernel<expRow, float, float>". */
  readonly kernel: RegExp;
  /** What the table prints. */
  readonly title: string;
  /** Bytes that a load, or a store, should have at least. 0: the width does not matter, and is not checked. */
  readonly load: Size;
  readonly store: Size;
  /** Which accesses count; "innermost" if missing. accesses.ts explains them. */
  readonly path?: Path;
  /** At least so many stores of the row's width, if one wide store could hide that others in its loop are narrow. */
  readonly stores?: Size;
  readonly known?: Shortfall;
  /** At most so many registers for each thread. */
  readonly registers: number;
  /** Threads of a block; 256 if missing. */
  readonly threads?: Size;
  /** Bytes of dynamic shared memory of a block; 0 if missing. */
  readonly shared?: Size;
  /** A multiprocessor of every checked target holds at least so many blocks. */
  readonly blocks: Size;
}

/** The kernel does not load. */
export const nothing = 0;
/** One number for each row or result, off the main path: the width does not matter. */
export const oneNumber = 0;

const sizes: Readonly<Record<string, number>> = {
  double: 8,
  long: 8,
  "unsigned long": 8,
  float: 4,
  int: 4,
  "unsigned int": 4,
  __half: 2,
  __nv_bfloat16: 2,
  "unsigned short": 2,
  "unsigned char": 1,
  bool8: 1,
};

/** Bytes of an element type. Throws for a type that the table does not know. */
export function sizeOf(type: string): number {
  const size = sizes[type];
  if (size === undefined) throw new Error(`rows: the size of "${type}" is not known; add it to sizes in row.ts`);
  return size;
}

export const resolve = (size: Size, args: readonly string[]): number => (typeof size === "number" ? size : size(args));

/** Bytes of the element type that is the template argument of this number. */
export const element =
  (index: number): Size =>
  (args) =>
    sizeOf(args[index]);

/** Elements of a type that a thread takes at once: elementsAtOnce in elementwise.cuh. */
const atOnce = (type: string): number => Math.min(8, 16 / sizeOf(type));

/** Bytes of those elements. */
export const vector =
  (index: number): Size =>
  (args) =>
    atOnce(args[index]) * sizeOf(args[index]);

/** Bytes of as many results as a thread takes elements at once, at most 16. */
export const vectorOf =
  (result: number, source: number): Size =>
  (args) =>
    Math.min(16, atOnce(args[source]) * sizeOf(args[result]));

/** Four elements, at most 16 bytes. */
export const four =
  (index: number): Size =>
  (args) =>
    Math.min(16, 4 * sizeOf(args[index]));

/** The template argument is the number of bytes itself. */
export const unit: Size = (args) => Number(args[0]);

/** Bytes of the element of a fold or rule, such as "SumFold<float>". */
export const inner = (args: readonly string[]): number => sizeOf(/<([\w ]+)/.exec(args[0])?.[1].trim() ?? args[0]);
