/** Builds safetensors files, also damaged ones, in memory for the tests of src/io. */

/** The bytes of a safetensors file: a header's text as it is, and the data after it. */
export function file(headerText: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = typeof headerText === "string" ? new TextEncoder().encode(headerText) : headerText;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

export const header = (value: unknown): string => JSON.stringify(value);
