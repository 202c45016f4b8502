/**
 * Reads CSV files and text: `readCsv`, `decodeCsv` and `streamCsv`. Users turn the tables into datasets with
 * `arrayDataset`.
 */
import { createReadStream } from "node:fs";
import { ArgumentError, FormatError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { fileError } from "../../io/files.js";
import { CsvParser, type CsvRecord } from "./csv-parser.js";
import { CsvTable } from "./csv-table.js";

/** Options of `readCsv`, `decodeCsv` and `streamCsv`. */
export interface CsvOptions {
  /** The character between fields. Default ",". */
  readonly delimiter?: string;
  /** Whether the first record names the columns. Default true. A list names the columns of a file without a header. */
  readonly header?: boolean | readonly string[];
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A record with the names of its columns. */
export interface CsvRow extends CsvRecord {
  /** The name of each column; "0", "1", ... if the file has no header. */
  readonly names: readonly string[];
}

/**
 * Reads a CSV file (RFC 4180, UTF-8) whole. Blank lines are left out.
 *
 * ```ts
 * const ratings = await readCsv("ratings.csv");
 * arrayDataset({ user: ratings.integers("user"), item: ratings.integers("item"), y: ratings.numbers("rating") });
 * ```
 *
 * @throws FormatError with the line, if a record has more or fewer fields than the others, a quote is in the wrong
 *   place, or the file is not UTF-8; FileError if it cannot be read; the signal's reason if it is aborted
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const rows: CsvRow[] = [];
  let names: readonly string[] = Array.isArray(options.header) ? options.header : [];
  for await (const row of read("readCsv", path, options, (found) => {
    names = found;
  }))
    rows.push(row);
  return new CsvTable(`readCsv: ${path}`, names, rows);
}

/** As `readCsv`, for text. */
export function decodeCsv(text: string, options: CsvOptions = {}): CsvTable {
  const source = "decodeCsv";
  const reader = new RowReader(source, options);
  const rows = [...reader.push(withoutMark(text)), ...reader.end()];
  return new CsvTable(source, reader.names ?? [], rows);
}

/**
 * The rows of a CSV file as they are read, for files larger than memory. See `readCsv`.
 *
 * @throws as `readCsv`, at the row that is wrong: those before it have been given out by then
 */
export function streamCsv(path: string, options: CsvOptions = {}): AsyncIterable<CsvRow> {
  return read("streamCsv", path, options);
}

async function* read(
  op: string,
  path: string,
  options: CsvOptions,
  onNames?: (names: readonly string[]) => void,
): AsyncGenerator<CsvRow, void, undefined> {
  const source = `${op}: ${path}`;
  const reader = new RowReader(source, options);
  // Fatal: bytes that are not UTF-8 are an error, not a question mark. A byte order mark at the beginning is dropped.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw new FormatError(`${source}: the file is not valid UTF-8`, { cause: error });
    }
  };
  try {
    for await (const bytes of createReadStream(path, { signal: options.signal })) yield* reader.push(decode(bytes));
    yield* reader.push(decode());
    yield* reader.end();
    onNames?.(reader.names ?? []);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw fileError(`${op}: cannot read`, path, error);
  }
}

const withoutMark = (text: string): string => (text.startsWith("\uFEFF") ? text.slice(1) : text);

/** Records with names, each as long as the first. */
class RowReader {
  readonly #source: string;
  readonly #parser: CsvParser;
  readonly #hasHeader: boolean;
  names: readonly string[] | null = null;

  constructor(source: string, { delimiter = ",", header = true }: CsvOptions) {
    if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
      throw new ArgumentError(
        `${source}: the delimiter must be a single character and cannot be a quote or a line break, got ${quote(delimiter)}`,
      );
    this.#source = source;
    this.#parser = new CsvParser(source, delimiter);
    this.#hasHeader = header === true;
    if (Array.isArray(header)) this.names = this.#checkNames(header, null);
  }

  *push(text: string): Iterable<CsvRow> {
    for (const record of this.#parser.push(text)) yield* this.#row(record);
  }

  *end(): Iterable<CsvRow> {
    for (const record of this.#parser.end()) yield* this.#row(record);
  }

  *#row(record: CsvRecord): Iterable<CsvRow> {
    const { fields, line } = record;
    if (this.names === null) {
      this.names = this.#hasHeader ? this.#checkNames(fields, line) : fields.map((_, i) => String(i));
      if (this.#hasHeader) return;
    }
    if (fields.length !== this.names.length)
      throw new FormatError(
        `${this.#source}:${line}: expected ${this.names.length} fields (${brief(this.names)}), got ${fields.length}`,
      );
    yield { ...record, names: this.names };
  }

  #checkNames(names: readonly string[], line: number | null): readonly string[] {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) return names;
    const problem = `the column ${quote(twice)} appears twice`;
    if (line === null) throw new ArgumentError(`${this.#source}: ${problem}`);
    throw new FormatError(`${this.#source}:${line}: ${problem}`);
  }
}

/** Names as messages show them. */
const brief = (names: readonly string[]): string =>
  names.slice(0, 8).join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
