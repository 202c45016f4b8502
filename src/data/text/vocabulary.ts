/**
 * The interface of vocabularies and the simplest one, with a token for each character. Byte pairs are in byte-pairs.ts.
 */
import { ArgumentError, FormatError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** Turns text into numbers and back. */
export interface Vocabulary {
  /** The number of tokens, which are numbered from 0. */
  readonly size: number;
  /** The tokens of a text. */
  encode(text: string): Int32Array;
  /** The text of tokens. */
  decode(tokens: Iterable<number>): string;
}

/** The saved form of a vocabulary: plain JSON. */
export interface CharacterVocabularyData {
  /** Marks the form of the data. */
  readonly type: "character";
  /** The characters by token. */
  readonly characters: readonly string[];
}

/**
 * One token for each character (Unicode code point) that occurs in a text, in the order of their code points.
 *
 * ```ts
 * const vocabulary = CharacterVocabulary.of(text);
 * const tokens = vocabulary.encode(text);
 * ```
 */
export class CharacterVocabulary implements Vocabulary {
  /** The characters by token. */
  readonly characters: readonly string[];
  readonly #tokenOf: ReadonlyMap<string, number>;

  /** @throws ArgumentError if there are none, one is listed twice, or an entry is not a single character */
  constructor(characters: Iterable<string>) {
    this.characters = [...characters];
    this.#tokenOf = new Map(this.characters.map((character, token) => [character, token]));
    if (this.characters.length === 0)
      throw new ArgumentError("CharacterVocabulary: at least one character is required");
    for (const character of this.characters)
      if ([...character].length !== 1)
        throw new ArgumentError(`CharacterVocabulary: ${quote(character)} is not a single character`);
    if (this.#tokenOf.size !== this.characters.length)
      throw new ArgumentError("CharacterVocabulary: a character appears twice");
  }

  /** The vocabulary of all characters of a text. */
  static of(text: string): CharacterVocabulary {
    const points = [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
    return new CharacterVocabulary(points);
  }

  /**
   * The vocabulary of data that `toJSON` gave.
   *
   * @throws FormatError if it is not the saved form of a character vocabulary
   */
  static fromJSON(data: CharacterVocabularyData): CharacterVocabulary {
    if (data?.type !== "character" || !Array.isArray(data.characters))
      throw new FormatError("CharacterVocabulary: the data is not a saved character vocabulary");
    return new CharacterVocabulary(data.characters);
  }

  get size(): number {
    return this.characters.length;
  }

  /**
   * The tokens of a text, one for each character.
   *
   * @throws ArgumentError with the place of a character that is not in the vocabulary
   */
  encode(text: string): Int32Array {
    const tokens: number[] = [];
    let at = 0;
    for (const character of text) {
      const token = this.#tokenOf.get(character);
      if (token === undefined)
        throw new ArgumentError(`CharacterVocabulary: ${quote(character)} at position ${at} is not in the vocabulary`);
      tokens.push(token);
      at += character.length;
    }
    return Int32Array.from(tokens);
  }

  /** The text of tokens. @throws ArgumentError for a number that is not a token */
  decode(tokens: Iterable<number>): string {
    return Array.from(tokens, (token) => {
      if (!Number.isInteger(token) || token < 0 || token >= this.size)
        throw new ArgumentError(`CharacterVocabulary: ${quote(token)} is not one of the ${this.size} tokens`);
      return this.characters[token];
    }).join("");
  }

  /** The saved form, which `fromJSON` reads; `JSON.stringify` calls it. */
  toJSON(): CharacterVocabularyData {
    return { type: "character", characters: this.characters };
  }
}
