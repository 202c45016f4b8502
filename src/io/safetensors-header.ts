/**
 * Reads, checks and writes the header of safetensors files: names, types, shapes and offsets. Used by safetensors.ts,
 * which moves the numbers.
 */
import type { DType } from "../core/dtype.js";
import { ArgumentError, FormatError } from "../core/errors.js";
import { type Shape, sizeOf } from "../core/shape.js";
import type { NumberArray, NumberArrayClass } from "./endian.js";
import { HeaderReader, isWellFormed, maxItems, quoteShort } from "./header.js";

/** @internal One tensor of a file: what the header says of it, checked. Offsets count from the start of the data. */
export interface TensorEntry {
  readonly name: string;
  readonly type: FileType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

interface FileTypeInfo {
  /** What a tensor of this type becomes here. */
  readonly dtype: DType;
  /** How its elements lie in the file. */
  readonly array: NumberArrayClass<NumberArray>;
}

/** The types that can be read. Each dtype has its own; integers of other widths become int32 where they fit. */
export const fileTypes = {
  BOOL: { dtype: "bool", array: Uint8Array },
  U8: { dtype: "uint8", array: Uint8Array },
  I32: { dtype: "int32", array: Int32Array },
  F16: { dtype: "float16", array: Uint16Array },
  BF16: { dtype: "bfloat16", array: Uint16Array },
  F32: { dtype: "float32", array: Float32Array },
  F64: { dtype: "float64", array: Float64Array },
  I8: { dtype: "int32", array: Int8Array },
  I16: { dtype: "int32", array: Int16Array },
  U16: { dtype: "int32", array: Uint16Array },
  U32: { dtype: "int32", array: Uint32Array },
  I64: { dtype: "int32", array: BigInt64Array },
  U64: { dtype: "int32", array: BigUint64Array },
} as const satisfies Record<string, FileTypeInfo>;

export type FileType = keyof typeof fileTypes;

/** The type that a dtype is written as. */
export const fileTypeOf: Readonly<Record<DType, FileType>> = {
  bool: "BOOL",
  uint8: "U8",
  int32: "I32",
  float16: "F16",
  bfloat16: "BF16",
  float32: "F32",
  float64: "F64",
};

/** The reference implementation refuses longer headers too. */
const maxHeader = 100_000_000;
/** The header's length, a 64-bit integer in front of it. */
export const prefixBytes = 8;
const metadataKey = "__metadata__";
const maxAxis = 2 ** 31 - 1;

/**
 * The length of the header.
 *
 * @param source - which file, for messages
 * @param prefix - the first 8 bytes of the file
 * @param fileLength - bytes of the whole file
 */
export function headerLength(source: string, prefix: Uint8Array, fileLength: number): number {
  if (fileLength < prefixBytes || prefix.byteLength < prefixBytes)
    throw new FormatError(
      `${source}: not a safetensors file: it has ${fileLength} bytes, but the length of the header alone takes ${prefixBytes}`,
    );
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > maxHeader)
    throw new FormatError(
      `${source}: not a safetensors file, or a damaged one: the header has ${length} bytes, but at most ${maxHeader} are allowed`,
    );
  if (prefixBytes + Number(length) > fileLength)
    throw new FormatError(
      `${source}: the file is truncated: the header has ${length} bytes, but the file only ${fileLength}`,
    );
  return Number(length);
}

/**
 * Reads and checks a header: the entries must tile the data without gap or overlap, and each must have as many bytes
 * as its shape and type need.
 *
 * @param dataLength - bytes in the file after the header
 * @throws FormatError
 */
export function parseHeader(source: string, header: Uint8Array, dataLength: number): Header {
  if (header[0] !== 0x7b) throw new FormatError(`${source}: the header must begin with "{"`);
  const reader = new HeaderReader(source, decodeText(source, header));
  const entries: TensorEntry[] = [];
  const metadata = new Map<string, string>();
  reader.object((key) => {
    if (key === metadataKey) reader.object((name) => metadata.set(name, reader.string()));
    else entries.push(readEntry(reader, key));
  });
  reader.end();
  checkTiling(reader, entries, dataLength);
  return { entries, metadata: Object.fromEntries(metadata) };
}

function decodeText(source: string, header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (error) {
    throw new FormatError(`${source}: the header is not valid UTF-8`, { cause: error });
  }
}

function readEntry(reader: HeaderReader, name: string): TensorEntry {
  const at = `tensor ${quoteShort(name)}`;
  let type: FileType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === "dtype") type = checkFileType(reader, at, reader.string());
    else if (key === "shape") shape = reader.array(() => readAxis(reader, at));
    else if (key === "data_offsets") offsets = reader.array(() => reader.count());
    else reader.fail(`${at}: unknown key ${quoteShort(key)}; the keys are dtype, shape, data_offsets`);
  });
  if (type === undefined || shape === undefined || offsets === undefined)
    return reader.fail(`${at}: dtype, shape and data_offsets are required, but at least one is missing`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin > end)
    return reader.fail(`${at}: data_offsets must be [begin, end] with begin <= end, got ${brief(offsets)}`);
  const bytes = sizeOf(shape) * fileTypes[type].array.BYTES_PER_ELEMENT;
  if (bytes !== end - begin)
    return reader.fail(`${at}: ${type} ${brief(shape)} needs ${bytes} bytes, but the file has ${end - begin}`);
  return { name, type, shape, begin, end };
}

function checkFileType(reader: HeaderReader, at: string, type: string): FileType {
  if (Object.hasOwn(fileTypes, type)) return type as FileType;
  return reader.fail(`${at}: unsupported dtype ${quoteShort(type)}; supported: ${Object.keys(fileTypes).join(", ")}`);
}

function readAxis(reader: HeaderReader, at: string): number {
  const size = reader.count();
  return size <= maxAxis ? size : reader.fail(`${at}: sizes must be integers from 0 to 2^31 - 1, got ${size}`);
}

function checkTiling(reader: HeaderReader, entries: readonly TensorEntry[], dataLength: number): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  for (const { name, begin, end } of inOrder) {
    if (end > dataLength)
      reader.fail(
        `tensor ${quoteShort(name)}: ends at byte ${end}, but there are only ${dataLength} bytes of data: the file is truncated or damaged`,
      );
    if (begin !== filled)
      reader.fail(
        `tensor ${quoteShort(name)}: begins at byte ${begin}, ${begin < filled ? "inside another tensor that ends at byte" : "which leaves a gap after byte"} ${filled}`,
      );
    filled = end;
  }
  if (filled !== dataLength)
    reader.fail(`${dataLength - filled} bytes after the last tensor do not belong to any tensor`);
}

/** A list for messages; the lists of a malicious file may be long. */
const brief = (list: readonly number[]): string => `[${list.slice(0, 8).join(", ")}${list.length > 8 ? ", ..." : ""}]`;

/**
 * The bytes in front of the data: the header's length and the header, filled up with spaces so that the data begin at
 * a multiple of 8.
 *
 * @throws ArgumentError if a name is not one that can be read again
 */
export function encodeHeader(
  op: string,
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const items: string[] = [];
  const notes = Object.entries(metadata);
  if (entries.length >= maxItems || notes.length > maxItems)
    throw new ArgumentError(
      `${op}: a file can have at most ${maxItems - 1} names, got ${Math.max(entries.length, notes.length)}`,
    );
  for (const [name, value] of notes) {
    checkSavedName(op, "metadata key", name);
    if (typeof value !== "string" || !isWellFormed(value))
      throw new ArgumentError(`${op}: metadata values must be strings, got ${typeof value} for ${quoteShort(name)}`);
  }
  if (notes.length > 0) items.push(`${JSON.stringify(metadataKey)}:${JSON.stringify(metadata)}`);
  for (const { name, type, shape, begin, end } of entries) {
    checkSavedName(op, "tensor name", name);
    items.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: type, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${items.join(",")}}`);
  const length = Math.ceil(json.byteLength / prefixBytes) * prefixBytes;
  if (length > maxHeader)
    throw new ArgumentError(`${op}: the header has ${length} bytes, but at most ${maxHeader} are allowed`);
  const bytes = new Uint8Array(prefixBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, prefixBytes);
  return bytes;
}

function checkSavedName(op: string, what: string, name: string): void {
  if (name === metadataKey || name === "__proto__" || !isWellFormed(name))
    throw new ArgumentError(`${op}: ${quoteShort(name)} cannot be a ${what}`);
}
