import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CsvParser } from "../../src/data/csv/csv-parser.js";
import {
  ArgumentError,
  type CsvOptions,
  decodeCsv,
  FileError,
  FormatError,
  readCsv,
  streamCsv,
} from "../../src/index.js";
import { withFolder } from "../support/disk.js";

const rows = (text: string, options?: CsvOptions): (readonly string[])[] =>
  decodeCsv(text, { header: false, ...options }).rows.map(({ fields }) => fields);

describe("CSV", () => {
  test.each<[string, string[][]]>([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\n\n\r\n1,2\n\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      '"a,b","c""d"\n"e\nf",\n',
      [
        ["a,b", 'c"d'],
        ["e\nf", ""],
      ],
    ],
    ['"e\r\nf",g\n', [["e\nf", "g"]]],
    ['"",x\n', [["", "x"]]],
    ['""\n', [[""]]],
    [" a , b \n", [[" a ", " b "]]],
    ["ä,😀\n", [["ä", "😀"]]],
    ["", []],
  ])("%j", (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  test("any table comes back, regardless of its contents and of where the text is cut", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "0", ",", '"', "\n", " ", "é", ";") });
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 5 }));
    fc.assert(
      fc.property(table, fc.array(fc.nat(40)), fc.constantFrom("\n", "\r\n", "\r"), (given, cuts, end) => {
        const text = given.map((row) => row.map((f) => `"${f.replaceAll('"', '""')}"`).join(",") + end).join("");
        const parser = new CsvParser("x", ",");
        const found: (readonly string[])[] = [];
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          for (const { fields } of parser.push(text.slice(at, at + cut))) found.push(fields);
          at += cut;
        }
        for (const { fields } of parser.end()) found.push(fields);
        expect(found).toEqual(given);
      }),
    );
  });

  test.each<[string, RegExp]>([
    ["a,b\n1,2\n3\n", /^decodeCsv:3: expected 2 fields \(a, b\), got 1$/],
    ["a,b\n1,2,3\n", /:2: expected 2 fields \(a, b\), got 3/],
    ['a,b\n"1\n\n",2\n3\n', /:5: expected 2 fields \(a, b\), got 1/],
    ["a,b\r\n\r\n1\r\n", /:3: expected 2 fields \(a, b\), got 1/],
    ['a,b\n1,"2\n3,4\n', /:2: a quoted field is never closed/],
    ['a,b\n1,2"3\n', /:2: a quote appears inside a field/],
    ['a,b\n1,"2"3\n', /:2: unexpected "3" after a closing quote; expected a delimiter/],
    ["a,a\n1,2\n", /:1: the column "a" appears twice/],
  ])("%j is refused with its line", (text, message) => {
    expect(() => decodeCsv(text)).toThrow(FormatError);
    expect(() => decodeCsv(text)).toThrow(message);
  });

  test("columns as text, numbers, integers and classes", () => {
    const table = decodeCsv("\uFEFFname;size;count\nb;1.5;3\na;-2e1;-4\nb; 7 ;0\n", { delimiter: ";" });
    expect([table.length, table.names]).toEqual([3, ["name", "size", "count"]]);
    expect(table.text("name")).toEqual(["b", "a", "b"]);
    expect(table.numbers("size")).toEqual({ shape: [3], data: Float32Array.of(1.5, -20, 7) });
    expect(table.numbers(["count", "size"])).toEqual({ shape: [3, 2], data: Float32Array.of(3, 1.5, -4, -20, 0, 7) });
    expect(table.integers("count")).toEqual(Int32Array.of(3, -4, 0));
    expect(table.categories("name")).toEqual({ classes: ["a", "b"], labels: Int32Array.of(1, 0, 1) });
  });

  test.each<[string, RegExp]>([
    ["x", /:3: x must be a finite number, got "x"/],
    ["", /:3: x must be a finite number, got ""/],
    ["NaN", /x must be a finite number, got "NaN"/],
    ["1e999", /x must be a finite number, got "1e999"/],
    ["1e39", /:3: x is too large for float32, got "1e39"/],
  ])("a field %j is not a number", (field, message) => {
    const table = decodeCsv(`x,y\n1,0\n"${field}",0\n`);
    expect(() => table.numbers("x")).toThrow(FormatError);
    expect(() => table.numbers("x")).toThrow(message);
  });

  test("other misuse", () => {
    const table = decodeCsv("x\n1.5\n2147483648\n");
    expect(() => table.integers("x")).toThrow(':2: x must be a 32-bit integer, got "1.5"');
    expect(() => table.text("y")).toThrow(ArgumentError);
    expect(() => decodeCsv("", { delimiter: "" })).toThrow(ArgumentError);
    expect(() => decodeCsv("", { header: ["a", "a"] })).toThrow(ArgumentError);
    expect(decodeCsv("1,2\n", { header: ["a", "b"] }).text("b")).toEqual(["2"]);
    expect(decodeCsv("1,2\n", { header: false }).names).toEqual(["0", "1"]);
  });
});

describe("CSV files", () => {
  test("are read whole, or row by row up to the one that is wrong", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "a.csv");
      const many = Array.from({ length: 20_000 }, (_, i) => `${i},é${i}`).join("\n");
      await writeFile(path, `i,text\n${many}\n`);
      const table = await readCsv(path);
      expect([table.length, table.integers("i")[19_999], table.text("text")[777]]).toEqual([20_000, 19_999, "é777"]);

      await writeFile(path, "i,text\n1,a\n2,b\n3\n4,d\n");
      const seen: string[] = [];
      const read = async (): Promise<void> => {
        for await (const { fields, line } of streamCsv(path)) seen.push(`${line}:${fields}`);
      };
      await expect(read()).rejects.toThrow(`streamCsv: ${path}:4: expected 2 fields`);
      expect(seen).toEqual(["2:1,a", "3:2,b"]);
      await expect(readCsv(path)).rejects.toThrow(FormatError);
    });
  });

  test("that cannot be read, or are not UTF-8", async () => {
    await withFolder(async (folder) => {
      await expect(readCsv(join(folder, "none.csv"))).rejects.toThrow(FileError);
      await expect(readCsv(folder)).rejects.toThrow(/readCsv: cannot read .*EISDIR/);
      const path = join(folder, "latin1.csv");
      await writeFile(path, Buffer.from("a\n\xe9\n", "latin1"));
      await expect(readCsv(path)).rejects.toThrow(/not valid UTF-8/);
      const reason = new Error("enough");
      await expect(readCsv(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
});
