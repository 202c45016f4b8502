/**
 * A CSV file as columns that users read as text, numbers, integers or classes. Made by csv.ts, which does the reading.
 */
import { ArgumentError, FormatError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { HostArray } from "../dataset.js";
import type { CsvRecord } from "./csv-parser.js";

/** The classes of a column of text, and the class of each row. */
export interface Categories {
  /** The different values of the column, sorted. */
  readonly classes: readonly string[];
  /** The position of each row's value in `classes`, (rows). */
  readonly labels: Int32Array;
}

/** The content of a CSV file: columns by name, which can be read as text or numbers. */
export class CsvTable {
  /** The names of the columns; "0", "1", ... if the file has no header. */
  readonly names: readonly string[];
  /** The records in the order of the file. */
  readonly rows: readonly CsvRecord[];
  readonly #source: string;

  /**
   * @param source - the file, for messages
   * @param names - one name for each column
   * @param rows - records with one field for each column
   */
  constructor(source: string, names: readonly string[], rows: readonly CsvRecord[]) {
    this.#source = source;
    this.names = names;
    this.rows = rows;
  }

  /** The number of rows. */
  get length(): number {
    return this.rows.length;
  }

  /** A column as text. @throws ArgumentError if there is no such column */
  text(name: string): string[] {
    const column = this.#column(name);
    return this.rows.map(({ fields }) => fields[column]);
  }

  /**
   * Columns of numbers as float32: of shape (rows) for one name, (rows, names) for a list.
   *
   * @throws ArgumentError if there is no such column; FormatError with the line, if a field is not a finite number, or
   *   too large for float32
   */
  numbers(names: string | readonly string[]): HostArray {
    const list = typeof names === "string" ? [names] : names;
    const columns = list.map((name) => this.#column(name));
    const data = new Float32Array(this.length * list.length);
    this.rows.forEach(({ fields, line }, row) => {
      columns.forEach((column, i) => {
        const value = Math.fround(this.#number(fields[column], list[i], line));
        if (!Number.isFinite(value))
          this.#fail(line, `${list[i]} is too large for float32, got ${quote(fields[column])}`);
        data[row * list.length + i] = value;
      });
    });
    return { shape: typeof names === "string" ? [this.length] : [this.length, list.length], data };
  }

  /**
   * A column of integers, such as labels.
   *
   * @throws ArgumentError if there is no such column; FormatError with the line, if a field is not a 32-bit integer
   */
  integers(name: string): Int32Array {
    const column = this.#column(name);
    return Int32Array.from(this.rows, ({ fields, line }) => {
      const value = this.#number(fields[column], name, line);
      if (value !== (value | 0)) this.#fail(line, `${name} must be a 32-bit integer, got ${quote(fields[column])}`);
      return value;
    });
  }

  /** A column of names as classes. @throws ArgumentError if there is no such column */
  categories(name: string): Categories {
    const values = this.text(name);
    const classes = [...new Set(values)].sort();
    const labelOf = new Map(classes.map((value, label) => [value, label]));
    return { classes, labels: Int32Array.from(values, (value) => labelOf.get(value) as number) };
  }

  #column(name: string): number {
    const column = this.names.indexOf(name);
    if (column < 0)
      throw new ArgumentError(
        `${this.#source}: there is no column ${quote(name)}; the columns are ${this.names.join(", ")}`,
      );
    return column;
  }

  #number(field: string, name: string, line: number): number {
    const value = Number(field);
    // Number("") and Number(" ") are 0.
    if (field.trim() === "" || !Number.isFinite(value))
      this.#fail(line, `${name} must be a finite number, got ${quote(field)}`);
    return value;
  }

  #fail(line: number, problem: string): never {
    throw new FormatError(`${this.#source}:${line}: ${problem}`);
  }
}
