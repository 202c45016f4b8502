/**
 * Saves and loads tensors in the safetensors format. Used by checkpoints and by users who exchange weights with other
 * libraries. The header is in safetensors-header.ts.
 */
import type { FileHandle } from "node:fs/promises";
import { type DType, dtypeInfo, type TypedArray } from "../core/dtype.js";
import { ArgumentError, FormatError, OutOfMemoryError } from "../core/errors.js";
import { narrow, widen } from "../core/half.js";
import { tensor } from "../create.js";
import { Tensor } from "../tensor.js";
import { asBytes, asNumbers } from "./endian.js";
import { fileError, withFile, writeAtomic } from "./files.js";
import { quoteShort } from "./header.js";
import {
  encodeHeader,
  fileTypeOf,
  fileTypes,
  type Header,
  headerLength,
  parseHeader,
  prefixBytes,
  type TensorEntry,
} from "./safetensors-header.js";

/** Tensors by name, to be saved. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** The content of a safetensors file. */
export interface Safetensors {
  /** The tensors in the order of the file. They belong to the scope in which they were loaded. */
  readonly tensors: Map<string, Tensor>;
  /** Free text by name that the writer put beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Saves tensors in the safetensors format of Hugging Face: the length of a JSON header, the header, the numbers.
 * https://github.com/huggingface/safetensors#format
 *
 * The file is written whole or not at all: if anything fails, the previous file is as it was. The values are those at
 * the time of the call, even if an optimizer goes on while the file is being written.
 *
 * @throws FileError if the file cannot be written; ArgumentError if a name cannot be written
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const op = "saveSafetensors";
  await writeAtomic(op, path, await encode(op, tensors, metadata));
}

/**
 * The bytes of a safetensors file. Wide elements come first, so that each tensor lies aligned in the file.
 *
 * @throws ArgumentError if a name cannot be written
 */
export async function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat([...(await encode("encodeSafetensors", tensors, metadata))]));
}

/**
 * Loads a safetensors file. Each of the seven dtypes is read bit for bit; a 16-bit NaN stays a NaN. Integers that have
 * no dtype here (8, 16 and 64 bits, unsigned 32) become int32, if every value fits.
 *
 * @throws FormatError if anything in the file is wrong, before any tensor is made; FileError if it cannot be read
 */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  const source = `loadSafetensors: ${path}`;
  try {
    return await withFile(path, "r", async (file) => {
      const { size } = await file.stat();
      const prefix = await readAt(source, file, 0, Math.min(prefixBytes, size));
      const length = headerLength(source, prefix, size);
      const start = prefixBytes + length;
      const header = parseHeader(source, await readAt(source, file, prefixBytes, length), size - start);
      const values: TypedArray[] = [];
      for (const entry of header.entries)
        values.push(
          decodeValues(source, entry, await readAt(source, file, start + entry.begin, entry.end - entry.begin)),
        );
      return makeTensors(header, values);
    });
  } catch (error) {
    throw fileError("loadSafetensors: cannot read", path, error);
  }
}

/**
 * The tensors in the bytes of a safetensors file. See `loadSafetensors`.
 *
 * @throws FormatError if anything is wrong, before any tensor is made
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const source = "decodeSafetensors";
  const start = prefixBytes + headerLength(source, bytes, bytes.byteLength);
  const header = parseHeader(source, bytes.subarray(prefixBytes, start), bytes.byteLength - start);
  const values = header.entries.map((entry) =>
    decodeValues(source, entry, bytes.subarray(start + entry.begin, start + entry.end)),
  );
  return makeTensors(header, values);
}

async function encode(
  op: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>>,
): Promise<Iterable<Uint8Array>> {
  const named: [string, Tensor][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  for (const [name, value] of named)
    if (!(value instanceof Tensor)) throw new ArgumentError(`${op}: ${quoteShort(name)} is not a tensor`);
  named.sort(([, a], [, b]) => dtypeInfo[b.dtype].bytes - dtypeInfo[a.dtype].bytes);
  let end = 0;
  const entries = named.map(([name, { dtype, shape, size }]): TensorEntry => {
    const begin = end;
    end += size * dtypeInfo[dtype].bytes;
    return { name, type: fileTypeOf[dtype], shape, begin, end };
  });
  const header = encodeHeader(op, entries, metadata);
  // All reads are ordered before anything that the caller does next: a snapshot.
  const values = await Promise.all(named.map(([, value]) => value.data()));
  return chunks(
    header,
    named.map(([, { dtype }]) => dtype),
    values,
  );
}

function* chunks(header: Uint8Array, dtypes: readonly DType[], values: readonly TypedArray[]): Iterable<Uint8Array> {
  yield header;
  for (let i = 0; i < values.length; i++) yield encodeValues(dtypes[i], values[i]);
}

function encodeValues(dtype: DType, values: TypedArray): Uint8Array {
  if (dtype !== "float16" && dtype !== "bfloat16") return asBytes(values, "LE");
  const bits = new Uint16Array(values.length);
  narrow(dtype, values, bits);
  return asBytes(bits, "LE");
}

function decodeValues(source: string, { name, type }: TensorEntry, bytes: Uint8Array): TypedArray {
  const { dtype, array } = fileTypes[type];
  const numbers = asNumbers<InstanceType<typeof array>>(array, bytes, "LE");
  if (dtype === "float16" || dtype === "bfloat16") {
    const values = new Float32Array(numbers.length);
    widen(dtype, numbers as Uint16Array, values);
    return values;
  }
  const fail = (value: number | bigint): never => {
    throw new FormatError(`${source}: tensor ${quoteShort(name)}: the ${type} value ${value} does not fit in ${dtype}`);
  };
  if (type === "BOOL") for (const value of numbers) if (value > 1) fail(value);
  if (dtype !== "int32" || numbers instanceof Int32Array) return numbers as TypedArray;
  for (const value of numbers) if (value > 2 ** 31 - 1 || value < -(2 ** 31)) fail(value);
  return Int32Array.from(numbers as Iterable<number | bigint>, Number);
}

function makeTensors({ entries, metadata }: Header, values: readonly TypedArray[]): Safetensors {
  const tensors = new Map<string, Tensor>();
  try {
    entries.forEach(({ name, type, shape }, i) => {
      tensors.set(name, tensor(values[i], { dtype: fileTypes[type].dtype, shape }));
    });
  } catch (error) {
    for (const made of tensors.values()) made.dispose(); // out of memory: free the tensors that exist
    throw error;
  }
  return { tensors, metadata };
}

/** Node reads at most 2^31 - 1 bytes at once. */
const maxRead = 2 ** 30;

async function readAt(source: string, file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = allocate(source, length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, maxRead), position + done);
    if (bytesRead === 0) throw new FormatError(`${source}: the file became shorter while it was being read`);
    done += bytesRead;
  }
  return bytes;
}

/** A file may be larger than memory, especially a sparse one. */
function allocate(source: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new OutOfMemoryError(`${source}: not enough memory for a tensor of ${length} bytes`, { cause: error });
  }
}
