/**
 * A strict reader of the JSON subset in safetensors headers. Used by safetensors-header.ts, which knows what the keys
 * mean.
 */
import { FormatError } from "../core/errors.js";

/** @internal More tensors than any model has, and few enough to refuse a header of nothing but names in seconds. */
export const maxItems = 2 ** 20;

/**
 * @internal Reads the little JSON that file headers are made of: objects with known keys, lists, strings, counts.
 *
 * `JSON.parse` would silently take the last of two equal keys, and build everything that a hostile header describes
 * before anybody can look at it. This reader is driven by what the format allows and stops at the first deviation.
 */
export class HeaderReader {
  #at = 0;

  /** @param source - whose header, for messages */
  constructor(
    readonly source: string,
    readonly text: string,
  ) {}

  fail(problem: string): never {
    throw new FormatError(`${this.source}: ${problem}`);
  }

  /** `{ "key": value, ... }`; `read` is called at each value. A duplicate key is refused. */
  object(read: (key: string) => void): void {
    const keys = new Set<string>();
    this.#list("{", "}", () => {
      const key = this.string();
      if (keys.has(key)) this.fail(`key ${quoteShort(key)} appears twice in the header`);
      if (key === "__proto__") this.fail(`${quoteShort(key)} is not allowed as a name`);
      keys.add(key);
      this.#expect(":");
      read(key);
    });
  }

  /** `[item, ...]`; `read` is called at each item. */
  array<T>(read: () => T): T[] {
    const items: T[] = [];
    this.#list("[", "]", () => items.push(read()));
    return items;
  }

  string(): string {
    this.#expect('"');
    const start = this.#at - 1;
    while (this.#at < this.text.length && this.text[this.#at] !== '"') this.#at += this.text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
    try {
      const value: string = JSON.parse(this.text.slice(start, this.#at));
      if (isWellFormed(value)) return value;
    } catch {}
    return this.fail(`the header is not JSON: the string at character ${start} is not valid`);
  }

  /** An integer from 0 to 2^53 - 1, written in digits only. */
  count(): number {
    this.#skipSpace();
    const start = this.#at;
    while (isDigit(this.text[this.#at])) this.#at++;
    const digits = this.text.slice(start, this.#at);
    const isNumber = /^(0|[1-9]\d{0,15})$/.test(digits) && Number.isSafeInteger(Number(digits));
    // Neither a number that continues after the digits (1.5, 1e9) nor text without digits (-1, null) is a count.
    if (!isNumber || !/[\s,\]}]/.test(this.text[this.#at] ?? ""))
      this.fail(
        `sizes and offsets must be integers from 0 to 2^53 - 1, got ${quoteShort(this.text.slice(start, start + 20))}`,
      );
    return Number(digits);
  }

  /** Only white space may follow. */
  end(): void {
    this.#skipSpace();
    if (this.#at < this.text.length) this.#unexpected("the end");
  }

  #list(open: string, close: string, readItem: () => void): void {
    this.#expect(open);
    if (this.#accept(close)) return;
    let items = 0;
    do {
      if (++items > maxItems) this.fail(`a list in the header has more than ${maxItems} items`);
      readItem();
    } while (this.#accept(","));
    this.#expect(close);
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#unexpected(character === '"' ? "a string" : `"${character}"`);
  }

  #unexpected(expected: string): never {
    const got = this.#at < this.text.length ? quoteShort(this.text.slice(this.#at, this.#at + 20)) : "the end";
    return this.fail(`the header is not valid: expected ${expected} at character ${this.#at}, got ${got}`);
  }

  #skipSpace(): void {
    while (this.#at < this.text.length && " \t\n\r".includes(this.text[this.#at])) this.#at++;
  }
}

const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= "0" && character <= "9";

/** @internal Whether a string can be written as UTF-8: it has no unpaired surrogate. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** @internal A name as messages show it; names of hostile files may be long. */
export const quoteShort = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
