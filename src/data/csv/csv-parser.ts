/**
 * An RFC 4180 parser that takes text in pieces and yields records of strings. Used by csv.ts. It knows no header,
 * columns or files.
 */
import { FormatError } from "../../core/errors.js";

/** One record of a CSV file. */
export interface CsvRecord {
  /** The fields as text, without quotes. */
  readonly fields: readonly string[];
  /** The line it begins on, counted from 1. */
  readonly line: number;
}

/** The position of the parser within a field. */
type Place = "start" | "plain" | "quoted" | "afterQuote";

/**
 * Reads CSV as RFC 4180 describes it, a piece of text at a time: fields in quotes may hold delimiters, line ends and
 * doubled quotes. Lines end with LF, CRLF or CR; blank lines are left out.
 */
export class CsvParser {
  readonly #source: string;
  readonly #delimiter: string;
  #place: Place = "start";
  #field = "";
  #fields: string[] = [];
  /** The line being read, the line the record began on, and the line of the last quote that was opened. */
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #afterReturn = false;

  /** @param source - which file, for messages */
  constructor(source: string, delimiter: string) {
    this.#source = source;
    this.#delimiter = delimiter;
  }

  /** The records that end in `text`. @throws FormatError for a misplaced quote */
  *push(text: string): Iterable<CsvRecord> {
    for (let i = 0; i < text.length; i++) {
      const character = text[i];
      if (this.#afterReturn) {
        this.#afterReturn = false;
        if (character === "\n") continue; // the second half of CRLF
      }
      if (this.#place === "quoted") {
        this.#inQuotes(character);
      } else if (character === "\n" || character === "\r") {
        this.#afterReturn = character === "\r";
        const record = this.#endRecord();
        this.#line++;
        this.#recordLine = this.#line;
        if (record) yield record;
      } else if (character === this.#delimiter) {
        this.#endField();
      } else if (character === '"') {
        this.#quote();
      } else if (this.#place === "afterQuote") {
        this.#fail(
          this.#line,
          `unexpected ${JSON.stringify(character)} after a closing quote; expected a delimiter or the end of the line`,
        );
      } else {
        // Up to the next character that means something, in one piece.
        let end = i + 1;
        while (end < text.length && !this.#isSpecial(text[end])) end++;
        this.#field += text.slice(i, end);
        this.#place = "plain";
        i = end - 1;
      }
    }
  }

  /** The last record, if no line end follows it. @throws FormatError if a quote is still open */
  *end(): Iterable<CsvRecord> {
    if (this.#place === "quoted") this.#fail(this.#quoteLine, "a quoted field is never closed");
    const record = this.#endRecord();
    if (record) yield record;
  }

  #isSpecial(character: string): boolean {
    return character === this.#delimiter || character === "\n" || character === "\r" || character === '"';
  }

  #inQuotes(character: string): void {
    if (character === '"') {
      this.#place = "afterQuote";
      return;
    }
    if (character === "\n" || character === "\r") {
      this.#line++;
      this.#afterReturn = character === "\r";
      // Line ends inside a field are kept as LF.
      this.#field += "\n";
      return;
    }
    this.#field += character;
  }

  #quote(): void {
    if (this.#place === "plain")
      this.#fail(this.#line, "a quote appears inside a field that does not begin with a quote");
    if (this.#place === "afterQuote")
      this.#field += '"'; // a doubled quote
    else this.#quoteLine = this.#line;
    this.#place = "quoted";
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = "";
    this.#place = "start";
  }

  #endRecord(): CsvRecord | null {
    const isBlank = this.#fields.length === 0 && this.#place === "start";
    if (isBlank) return null;
    this.#endField();
    const record = { fields: this.#fields, line: this.#recordLine };
    this.#fields = [];
    return record;
  }

  #fail(line: number, problem: string): never {
    throw new FormatError(`${this.#source}:${line}: ${problem}`);
  }
}
