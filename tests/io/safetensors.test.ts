import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { widen } from "../../src/core/half.js";
import {
  type DType,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  loadSafetensors,
  memory,
  saveSafetensors,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { withFolder } from "../support/disk.js";
import { file, header } from "./files.js";

interface Golden {
  readonly hex: string;
  readonly tensors: Readonly<Record<string, { dtype: DType; shape: number[]; values: string[] }>>;
}

const goldens: Readonly<Record<"own" | "wider" | "tooLarge" | "unknown", Golden>> = JSON.parse(
  readFileSync(new URL("../goldens/safetensors-files.json", import.meta.url), "utf8"),
);
const bytesOf = (golden: Golden): Uint8Array => Buffer.from(golden.hex, "hex");

/** Python's spelling of a number. */
const number = (text: string): number =>
  text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : Number(text);

describe("files of Python's safetensors", () => {
  test("each of the seven dtypes", () => {
    const { tensors, metadata } = decodeSafetensors(bytesOf(goldens.own));
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors.keys()].sort()).toEqual(Object.keys(goldens.own.tensors).sort());
    for (const [name, { dtype, shape, values }] of Object.entries(goldens.own.tensors)) {
      const t = tensors.get(name);
      expect([t?.dtype, t?.shape, Array.from(t?.dataSync() ?? [])]).toEqual([dtype, shape, values.map(number)]);
    }
  });

  test("written again, the file is the same, byte for byte", async () => {
    const { tensors, metadata } = decodeSafetensors(bytesOf(goldens.own));
    const again = await encodeSafetensors(tensors, metadata);
    expect(Buffer.from(again).toString("hex")).toBe(goldens.own.hex);
  });

  test("integers of other widths become int32 where they fit", () => {
    const { tensors } = decodeSafetensors(bytesOf(goldens.wider));
    for (const [name, { values }] of Object.entries(goldens.wider.tensors)) {
      expect(tensors.get(name)?.dtype).toBe("int32");
      expect(Array.from(tensors.get(name)?.dataSync() ?? [])).toEqual(values.map(number));
    }
  });

  test("integers that do not fit, and types that have no dtype here, are refused", () => {
    expect(() => decodeSafetensors(bytesOf(goldens.tooLarge))).toThrow(
      /"steps": the I64 value 2147483648 does not fit in int32/,
    );
    expect(() => decodeSafetensors(bytesOf(goldens.unknown))).toThrow(/"z": unsupported dtype "C64"/);
  });
});

const ranges = { bool: 1, uint8: 255 } as const;

/** A tensor of any dtype, shape and values that the dtype holds. */
const anyTensor = fc
  .record({
    dtype: fc.constantFrom<DType>("bool", "uint8", "int32", "float16", "bfloat16", "float32", "float64"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((n, size) => n * size, 1);
    const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
      fc.array(item, { minLength: length, maxLength: length });
    const values =
      dtype === "float64"
        ? list(fc.double())
        : dtype === "float32"
          ? list(fc.float())
          : dtype === "int32"
            ? list(fc.integer())
            : dtype === "bool" || dtype === "uint8"
              ? list(fc.nat(ranges[dtype]))
              : list(fc.nat(65535)).map((bits) => {
                  const wide = new Float32Array(length);
                  widen(dtype, Uint16Array.from(bits), wide);
                  return Array.from(wide);
                });
    return values.map((data) => ({ dtype, shape, data }));
  });

const anyName = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((name) => name !== "__metadata__" && name !== "__proto__");

/** Values bit by bit, except for NaN, of which there is one. */
const bits = (t: Tensor): string => {
  const data = t.dataSync();
  return Array.from(data, (x) => (Object.is(x, -0) ? "-0" : String(x))).join();
};

describe("round trip", () => {
  test("any tensors under any names, with any metadata", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(anyName, anyTensor), { selector: ([name]) => name, maxLength: 6 }),
        fc.dictionary(anyName, fc.string({ unit: "grapheme" }), { noNullPrototype: true }),
        async (named, metadata) => {
          const saved = new Map(named.map(([name, { data, ...options }]) => [name, tensor(data, options)]));
          const bytes = await encodeSafetensors(saved, metadata);
          const loaded = decodeSafetensors(bytes);
          const table = (tensors: Iterable<[string, Tensor]>): unknown[] =>
            [...tensors].map(([name, t]) => [name, t.dtype, t.shape, bits(t)]).sort();
          expect(table(loaded.tensors)).toEqual(table(saved));
          expect(loaded.metadata).toEqual(metadata);
          for (const t of [...saved.values(), ...loaded.tensors.values()]) t.dispose();
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(["F16", "BF16"])("every %s but NaN keeps its bits, NaN stays NaN", async (type) => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const isNaN16 = (x: number): boolean => (x & 0x7fff) > (type === "F16" ? 0x7c00 : 0x7f80);
    const original = file(
      header({ x: { dtype: type, shape: [65536], data_offsets: [0, 131072] } }),
      new Uint8Array(all.buffer),
    );
    const again = await encodeSafetensors(decodeSafetensors(original).tensors);
    const back = new Uint16Array(again.buffer.slice(again.length - 131072));
    expect(Array.from(all).filter((x) => (isNaN16(x) ? !isNaN16(back[x]) : back[x] !== x))).toEqual([]);
  });

  test("data begin at a multiple of 8 and tensors lie aligned", async () => {
    const bytes = await encodeSafetensors({
      a: tensor([true]),
      b: tensor([1], { dtype: "float64" }),
      c: tensor([2], { dtype: "float16" }),
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const parsed = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(parsed.b.data_offsets).toEqual([0, 8]);
    expect(parsed.c.data_offsets).toEqual([8, 10]);
    expect(parsed.a.data_offsets).toEqual([10, 11]);
  });

  test("bytes that begin at an odd address", async () => {
    const bytes = await encodeSafetensors({ x: tensor([1, -2, 3]) });
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(Array.from(decodeSafetensors(shifted.subarray(1)).tensors.get("x")?.dataSync() ?? [])).toEqual([1, -2, 3]);
  });

  test("the tensors do not share memory with the bytes", async () => {
    const bytes = await encodeSafetensors({ x: tensor([1, 2]) });
    const x = decodeSafetensors(bytes).tensors.get("x");
    bytes.fill(255);
    expect(Array.from(x?.dataSync() ?? [])).toEqual([1, 2]);
  });
});

describe("files", () => {
  test("saved and loaded; the folder holds the file only", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await saveSafetensors(path, { w: tensor([[1, 2]]), steps: tensor(new Int32Array([3])) }, { epoch: "2" });
      await saveSafetensors(path, new Map([["w", tensor([[4, 5]])]]), { epoch: "3" });
      const { tensors, metadata } = await loadSafetensors(path);
      expect([[...tensors.keys()], tensors.get("w")?.arraySync(), metadata]).toEqual([["w"], [[4, 5]], { epoch: "3" }]);
      expect(await readdir(folder)).toEqual(["model.safetensors"]);
      expect(await readFile(path)).toEqual(Buffer.from(await encodeSafetensors(tensors, metadata)));
    });
  });

  test("loaded tensors belong to the scope in which they are loaded", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await saveSafetensors(path, { w: tensor([1, 2]) });
      const { w } = await tidy(async () => ({ w: (await loadSafetensors(path)).tensors.get("w") }));
      const lost = await tidy(async () => [(await loadSafetensors(path)).tensors.get("w")].map((t) => () => t)[0]);
      expect([w?.disposed, lost()?.disposed]).toEqual([false, true]);
    });
  });

  test("what is saved are the values at the time of the call", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      const w = tensor([1, 2]);
      const saving = saveSafetensors(path, { w });
      w.storage.backend.write(w.storage.handle, [8, 9]);
      await saving;
      expect((await loadSafetensors(path)).tensors.get("w")?.arraySync()).toEqual([1, 2]);
    });
  });

  test("a broken file on the disk is refused before a tensor is made", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      const whole = Buffer.from(await encodeSafetensors({ a: tensor([1, 2]), b: tensor([3, 4]) }));
      const before = memory().tensors;
      for (let length = 0; length < whole.length; length++) {
        await writeFile(path, whole.subarray(0, length));
        await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
      }
      expect(memory().tensors).toBe(before);
    });
  });
});
