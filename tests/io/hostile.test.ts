import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  memory,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { file, header } from "./files.js";

const entry = (dtype: unknown, shape: unknown, begin: unknown, end: unknown): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const eight = new Uint8Array(8);
const f32 = (shape: unknown): Uint8Array => file(header({ x: entry("F32", shape, 0, 8) }), eight);
const pair = (a: readonly [number, number], b: readonly [number, number], data = eight): Uint8Array =>
  file(header({ a: entry("U8", [a[1] - a[0]], ...a), b: entry("U8", [b[1] - b[0]], ...b) }), data);

/** A length, and bytes after it. */
const withLength = (length: bigint, after = "{}"): Uint8Array => {
  const bytes = file(after);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};

const hostile: Readonly<Record<string, readonly [bytes: Uint8Array, message: RegExp]>> = {
  "no bytes": [new Uint8Array(0), /it has 0 bytes, but the length of the header alone takes 8/],
  "7 bytes": [new Uint8Array(7), /it has 7 bytes, but the length of the header alone takes 8/],
  "a header of no bytes": [new Uint8Array(8), /must begin with "{"/],
  "a header longer than the file": [withLength(3n), /truncated: the header has 3 bytes, but the file only 10/],
  "a header of more than 100 MB": [withLength(100_000_001n), /100000001 bytes, but at most 100000000/],
  "a header of 2^64 - 1 bytes": [withLength(2n ** 64n - 1n), /18446744073709551615 bytes/],
  "a header of 2^63 bytes": [withLength(2n ** 63n), /9223372036854775808 bytes/],
  "a header that begins with a space": [file(" {}"), /must begin with "{"/],
  "a byte order mark": [file("\ufeff{}"), /must begin with "{"/],
  "a list for a header": [file("[]"), /must begin with "{"/],
  "invalid UTF-8": [file(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not valid UTF-8/],
  "half a surrogate": [
    file(`{"\\ud800":${header(entry("F32", [2], 0, 8))}}`, eight),
    /string at character 1 is not valid/,
  ],
  "no end": [file('{"x":{"dtype":"F32"'), /at character 19, got the end/],
  "a string without end": [file('{"x'), /string at character 1 is not valid/],
  "a string that ends in a backslash": [file('{"x\\'), /string at character 1 is not valid/],
  "text after the end": [file("{} {}"), /expected the end at character 3/],
  "a comma too many": [file('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}', eight), /expected a string/],
  "a number for an entry": [file('{"x":1}'), /expected "{"/],
  "null for an entry": [file('{"x":null}'), /expected "{"/],
  "deep lists": [file(`{"x":${"[".repeat(100_000)}`), /expected "{"/],
  "a deep shape": [file('{"x":{"shape":[[1]]}}'), /sizes and offsets must be integers/],
  "a missing dtype": [file('{"x":{"shape":[2],"data_offsets":[0,8]}}', eight), /at least one is missing/],
  "a missing shape": [file('{"x":{"dtype":"F32","data_offsets":[0,8]}}', eight), /at least one is missing/],
  "missing offsets": [file('{"x":{"dtype":"F32","shape":[2]}}', eight), /at least one is missing/],
  "an unknown key": [file('{"x":{"type":"F32"}}', eight), /unknown key "type"/],
  "a name twice": [
    file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    /"a" appears twice in the header/,
  ],
  "a name twice, once in escapes": [
    file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}'),
    /"a" appears twice in the header/,
  ],
  "a key of an entry twice": [file('{"a":{"dtype":"U8","dtype":"U8"}}'), /"dtype" appears twice in the header/],
  "metadata twice": [file('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" appears twice in the header/],
  "metadata that are no text": [file('{"__metadata__":{"a":1}}'), /expected a string/],
  "metadata that are a list": [file('{"__metadata__":[]}'), /expected "{"/],
  "__proto__ for a name": [
    file('{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', eight),
    /"__proto__" is not allowed as a name/,
  ],
  "__proto__ in the metadata": [file('{"__metadata__":{"__proto__":"x"}}'), /"__proto__" is not allowed as a name/],
  "__proto__ in an entry": [file('{"x":{"__proto__":{"dtype":"F32"}}}'), /"__proto__" is not allowed as a name/],
  "an unknown dtype": [file(header({ x: entry("F8_E4M3", [8], 0, 8) }), eight), /unsupported dtype "F8_E4M3"/],
  "a dtype of the wrong case": [file(header({ x: entry("f32", [2], 0, 8) }), eight), /unsupported dtype "f32"/],
  "a method's name for a dtype": [file(header({ x: entry("toString", [2], 0, 8) }), eight), /unsupported dtype/],
  "a number for a dtype": [file(header({ x: entry(5, [2], 0, 8) }), eight), /expected a string/],
  "a negative size": [f32([-2]), /sizes and offsets must be integers.*-2/],
  "two negative sizes": [f32([-1, -2]), /sizes and offsets must be integers/],
  "a fraction for a size": [f32([2.5]), /sizes and offsets must be integers/],
  "an exponent in a size": [
    file('{"x":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', eight),
    /sizes and offsets must be integers/,
  ],
  "a size with a zero in front": [
    file('{"x":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}', eight),
    /sizes and offsets must be integers/,
  ],
  "text for a size": [f32(["2"]), /sizes and offsets must be integers/],
  "a number for a shape": [f32(2), /expected "\["/],
  "a size of 2^31": [f32([2 ** 31]), /0 to 2\^31 - 1, got 2147483648/],
  "a size beyond exact integers": [
    file('{"x":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}', eight),
    /sizes and offsets must be integers/,
  ],
  "a size of a thousand digits": [file(`{"x":{"shape":[${"9".repeat(1000)}]}}`), /sizes and offsets must be integers/],
  "a huge product": [f32([65536, 65536, 65536, 65536]), /needs 73786976294838210000 bytes/],
  "a product that overflows to infinity": [f32(new Array(40).fill(2 ** 31 - 1)), /needs Infinity bytes/],
  "infinity times 0": [f32([...new Array(40).fill(2 ** 31 - 1), 0]), /needs NaN bytes/],
  "bytes that do not match the shape": [f32([3]), /F32 \[3\] needs 12 bytes, but the file has 8/],
  "one offset": [file('{"x":{"dtype":"F32","shape":[2],"data_offsets":[8]}}', eight), /must be \[begin, end\]/],
  "three offsets": [file('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}', eight), /must be \[begin, end\]/],
  "an end before the begin": [
    file(header({ x: entry("F32", [2], 8, 0) }), eight),
    /must be \[begin, end\] with begin <= end/,
  ],
  "a negative offset": [file(header({ x: entry("F32", [2], -8, 0) }), eight), /sizes and offsets must be integers/],
  "a huge offset": [
    file(header({ x: entry("F32", [2], 2 ** 52, 2 ** 52 + 8) }), eight),
    /ends at byte 4503599627370504, but there are only 8/,
  ],
  "an end outside the data": [
    file(header({ x: entry("F32", [3], 0, 12) }), eight),
    /ends at byte 12, but there are only 8/,
  ],
  "a tensor of 4 GB in a small file": [
    file(header({ x: entry("U8", [2 ** 31 - 1, 2], 0, 2 ** 32 - 2) }), eight),
    /ends at byte/,
  ],
  "overlapping tensors": [pair([0, 5], [3, 8]), /"b": begins at byte 3, inside another tensor that ends at byte 5/],
  "the same bytes twice": [pair([0, 8], [0, 8]), /inside another tensor/],
  "a gap": [pair([0, 3], [5, 8]), /"b": begins at byte 5, which leaves a gap/],
  "a gap at the beginning": [
    file(header({ x: entry("U8", [7], 1, 8) }), eight),
    /begins at byte 1, which leaves a gap/,
  ],
  "bytes that belong to nobody": [file(header({ x: entry("U8", [7], 0, 7) }), eight), /1 bytes after the last tensor/],
  "data without tensors": [file("{}", eight), /8 bytes after the last tensor/],
  "a bool of 2": [
    file(header({ x: entry("BOOL", [2], 0, 2) }), Uint8Array.from([1, 2])),
    /the BOOL value 2 does not fit in bool/,
  ],
  "an I64 of -2^63": [
    file(header({ x: entry("I64", [1], 0, 8) }), Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 128])),
    /-9223372036854775808/,
  ],
  "a U32 of 2^31": [file(header({ x: entry("U32", [1], 0, 4) }), Uint8Array.from([0, 0, 0, 128])), /2147483648/],
};

const saved = await encodeSafetensors(
  {
    w: tensor([[1, 2, 3]]),
    "layer.b": tensor([4, 5], { dtype: "float16" }),
    m: tensor([true, false]),
    n: tensor(new Int32Array([7])),
  },
  { format: "pt" },
);

/** A few bytes changed, most of them in the header; some cut off or put in. */
const mutation = fc.record({
  changes: fc.array(
    fc.tuple(fc.nat(saved.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(...'0123456789{}[]",:-.e\\'))),
    { maxLength: 4 },
  ),
  cut: fc.option(fc.tuple(fc.nat(saved.length), fc.nat(20)), { freq: 3 }),
  insert: fc.option(fc.tuple(fc.nat(saved.length), fc.uint8Array({ maxLength: 8 })), { freq: 3 }),
});

describe("hostile safetensors", () => {
  test.each(Object.entries(hostile))("%s", (_, [bytes, message]) => {
    const before = memory();
    const decode = (): unknown => decodeSafetensors(bytes);
    expect(decode).toThrow(FormatError);
    expect(decode).toThrow(message);
    expect([memory().tensors, memory().bytes]).toEqual([before.tensors, before.bytes]);
  });

  test("what is wrong in the last tensor is found before the first is made", () => {
    const bytes = file(
      header({ a: entry("F32", [1], 0, 4), b: entry("BOOL", [4], 4, 8) }),
      Uint8Array.from([0, 0, 0, 0, 1, 1, 1, 7]),
    );
    const peak = memory().tensors;
    expect(() => decodeSafetensors(bytes)).toThrow(/"b": the BOOL value 7 does not fit in bool/);
    expect(memory().tensors).toBe(peak);
  });

  test("what is unusual but allowed is read", () => {
    const entries = { b: entry("U8", [3], 5, 8), a: entry("U8", [5], 0, 5), constructor: entry("F64", [0, 9], 5, 5) };
    const { tensors, metadata } = decodeSafetensors(
      file(`${header({ __metadata__: { toString: "x" }, ...entries })}  \n\t `, eight),
    );
    expect([...tensors].map(([name, t]) => [name, t.shape])).toEqual([
      ["b", [3]],
      ["a", [5]],
      ["constructor", [0, 9]],
    ]);
    expect(metadata).toEqual({ toString: "x" });
    expect(decodeSafetensors(file("{}")).tensors.size).toBe(0);
  });

  test("a damaged file decodes or is refused with a FormatError, and nothing leaks", () => {
    const before = memory().tensors;
    let decoded = 0;
    let refused = 0;
    fc.assert(
      fc.property(mutation, ({ changes, cut, insert }) => {
        let bytes = Buffer.from(saved);
        for (const [at, value] of changes) bytes[at] = typeof value === "number" ? value : value.charCodeAt(0);
        if (insert) bytes = Buffer.concat([bytes.subarray(0, insert[0]), insert[1], bytes.subarray(insert[0])]);
        if (cut) bytes = Buffer.concat([bytes.subarray(0, cut[0]), bytes.subarray(cut[0] + cut[1])]);
        let tensors: Iterable<Tensor> = [];
        try {
          tensors = decodeSafetensors(bytes).tensors.values();
          decoded++;
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          refused++;
        }
        for (const t of tensors) t.dispose();
        expect(memory().tensors).toBe(before);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(decoded, refused)).toBeGreaterThan(100);
  });

  test("any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what cannot be saved", () => {
  const x = tensor([1]);
  test.each([
    ["a reserved name", () => encodeSafetensors({ __metadata__: x })],
    ["__proto__", () => encodeSafetensors(new Map([["__proto__", x]]))],
    ["half a surrogate", () => encodeSafetensors({ "\ud800": x })],
    ["half a surrogate in the metadata", () => encodeSafetensors({ x }, { a: "\udfff" })],
    ["metadata that are no text", () => encodeSafetensors({ x }, { a: 1 } as unknown as Record<string, string>)],
    ["what is not a tensor", () => encodeSafetensors({ x: [1] as unknown as Tensor })],
  ])("%s", async (_, encode) => {
    await expect(encode()).rejects.toThrow(ArgumentError);
  });
});
