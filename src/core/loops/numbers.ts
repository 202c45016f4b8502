/**
 * The element arrays of the CPU loops in `src/ops`. Operands of 16-bit floats never get here: a backend widens them to
 * float32 before it runs a loop.
 */

/** A typed array that a loop reads or writes. bool is 0 or 1 in a Uint8Array. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;
