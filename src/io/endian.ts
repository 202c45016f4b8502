/**
 * Converts between bytes of a file and typed arrays, in the byte order of the file. Used for safetensors and IDX files.
 */
import { endianness } from "node:os";

/**
 * @internal Bytes of a file as numbers of this machine: a view where order and alignment allow it, else a copy.
 *
 * @param bytes - a whole number of elements of `type`
 * @param order - the byte order of the file
 */
export function asNumbers<T extends NumberArray>(type: NumberArrayClass<T>, bytes: Uint8Array, order: "BE" | "LE"): T {
  const width = type.BYTES_PER_ELEMENT;
  const foreign = width > 1 && order !== endianness();
  const aligned = bytes.byteOffset % width === 0;
  const usable = foreign || !aligned ? new Uint8Array(bytes) : bytes;
  if (foreign) swap(usable, width);
  return new type(usable.buffer as ArrayBuffer, usable.byteOffset, usable.byteLength / width);
}

/** @internal The bytes of `numbers` in the order of a file. */
export function asBytes(numbers: NumberArray, order: "BE" | "LE"): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (numbers.BYTES_PER_ELEMENT === 1 || order === endianness()) return bytes;
  const copy = new Uint8Array(bytes);
  swap(copy, numbers.BYTES_PER_ELEMENT);
  return copy;
}

/** @internal */
export interface NumberArrayClass<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** @internal */
export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}
