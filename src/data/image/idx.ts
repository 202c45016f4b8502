/** Reads arrays in the IDX format of MNIST, gzipped or not. Used by `loadMnist` and by users with their own files. */
import { constants as bufferLimits } from "node:buffer";
import { constants, gunzipSync } from "node:zlib";
import { FormatError } from "../../core/errors.js";
import { type Shape, show, sizeOf } from "../../core/shape.js";
import { asNumbers } from "../../io/endian.js";
import { readBytes } from "../../io/files.js";

/** The numbers of an IDX file, in the type that it names. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array from an IDX file, row-major. */
export interface IdxArray {
  /** The size of each axis. */
  readonly shape: Shape;
  /** The elements in row-major order. */
  readonly data: IdxData;
}

/** Two zero bytes, the type's code, the number of axes; then a 32-bit size for each axis, then the elements. */
const typeOfCode = {
  8: Uint8Array,
  9: Int8Array,
  11: Int16Array,
  12: Int32Array,
  13: Float32Array,
  14: Float64Array,
} as const;

const isCode = (code: number): code is keyof typeof typeOfCode => Object.hasOwn(typeOfCode, code);

/** The longest that a header can be: 255 axes. */
const longestHeader = 4 + 4 * 255;
/** Deflate shortens at most so much; a header that claims more than that lies. */
const maxCompression = 1032;

/**
 * Reads a file in the IDX format, the format of MNIST (http://yann.lecun.com/exdb/mnist/), gzipped or not.
 *
 * @throws FileError if the file cannot be read; FormatError as `decodeIdx`
 */
export async function readIdx(path: string): Promise<IdxArray> {
  return decode(`readIdx: ${path}`, await readBytes("readIdx", path));
}

/**
 * The array in the bytes of an IDX file, gzipped or not.
 *
 * @throws FormatError if the bytes are not exactly what their header says
 */
export function decodeIdx(bytes: Uint8Array): IdxArray {
  return decode("decodeIdx", bytes);
}

function decode(source: string, bytes: Uint8Array): IdxArray {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) {
    const header = readHeader(source, bytes);
    return arrayOf(source, header, bytes);
  }
  // Read the header first: it tells how many bytes there are, and no more than that are unpacked.
  const header = readHeader(source, unpackBeginning(source, bytes));
  if (header.end > bytes.length * maxCompression)
    throw new FormatError(`${source}: ${bytes.length} gzipped bytes are too few for ${show(header.shape)}`);
  return arrayOf(source, header, gunzip(source, bytes, false, header.end));
}

interface IdxHeader {
  readonly code: keyof typeof typeOfCode;
  readonly shape: Shape;
  /** Where the elements begin and end, in bytes. */
  readonly begin: number;
  readonly end: number;
}

function readHeader(source: string, bytes: Uint8Array): IdxHeader {
  if (bytes.length < 4) throw new FormatError(`${source}: not an IDX file: it has only ${bytes.length} bytes`);
  const [zero, alsoZero, code, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0 || !isCode(code) || rank === 0) {
    const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new FormatError(
      `${source}: not an IDX file: it must begin with 00 00, a type and a number of axes, got ${magic}`,
    );
  }
  const begin = 4 + 4 * rank;
  if (bytes.length < begin) throw new FormatError(`${source}: the file is truncated in its header of ${rank} axes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Products too large for a number become infinite or, with a size of 0, not a number: neither is the file's length.
  const end = begin + sizeOf(shape) * typeOfCode[code].BYTES_PER_ELEMENT;
  if (!(end <= bufferLimits.MAX_LENGTH))
    throw new FormatError(`${source}: ${show(shape)} is larger than the largest possible array`);
  return { code, shape, begin, end };
}

function arrayOf(source: string, { code, shape, begin, end }: IdxHeader, bytes: Uint8Array): IdxArray {
  if (bytes.length !== end) {
    const problem = bytes.length < end ? "the file is truncated" : "the file has extra bytes at its end";
    throw new FormatError(`${source}: ${problem}: its header ${show(shape)} needs ${end} bytes, got ${bytes.length}`);
  }
  const type = typeOfCode[code];
  return { shape, data: asNumbers<InstanceType<typeof type>>(type, bytes.subarray(begin), "BE") };
}

/** At least as much of the stream as the longest header has, or all of it; not much more, for any stream. */
function unpackBeginning(source: string, bytes: Uint8Array): Uint8Array {
  for (let length = longestHeader; ; length *= 2) {
    const beginning = gunzip(source, bytes.subarray(0, length), true);
    if (beginning.length >= longestHeader || length >= bytes.length) return beginning;
  }
}

/** @param partial - `bytes` are the beginning of the stream: as much as they give */
function gunzip(source: string, bytes: Uint8Array, partial: boolean, maxLength?: number): Uint8Array {
  try {
    return gunzipSync(bytes, {
      maxOutputLength: maxLength,
      finishFlush: partial ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
    });
  } catch (error) {
    const tooLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    const problem = tooLong
      ? `there are more than the ${maxLength} bytes that the header specifies`
      : "the gzip stream is damaged";
    throw new FormatError(`${source}: ${problem}`, { cause: error });
  }
}
