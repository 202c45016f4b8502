import { ArgumentError, FormatError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** Turns text into numbers and back. */
export interface Vocabulary {
  /** Tokens there are; they are numbered from 0. */
  readonly size: number;
  encode(text: string): Int32Array;
  decode(tokens: Iterable<number>): string;
}

/** The saved form of a vocabulary: plain JSON. */
export interface CharacterVocabularyData {
  readonly type: "character";
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
  readonly characters: readonly string[];
  readonly #tokenOf: ReadonlyMap<string, number>;

  /** @throws ArgumentError if there are none, one is there twice, or an entry is no single character */
  constructor(characters: Iterable<string>) {
    this.characters = [...characters];
    this.#tokenOf = new Map(this.characters.map((character, token) => [character, token]));
    if (this.characters.length === 0) throw new ArgumentError("CharacterVocabulary: there are no characters");
    for (const character of this.characters)
      if ([...character].length !== 1)
        throw new ArgumentError(`CharacterVocabulary: ${quote(character)} is not one character`);
    if (this.#tokenOf.size !== this.characters.length)
      throw new ArgumentError("CharacterVocabulary: a character is there twice");
  }

  /** The vocabulary of all characters of a text. */
  static of(text: string): CharacterVocabulary {
    const points = [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
    return new CharacterVocabulary(points);
  }

  /** @throws FormatError if the data are none of a character vocabulary */
  static fromJSON(data: CharacterVocabularyData): CharacterVocabulary {
    if (data?.type !== "character" || !Array.isArray(data.characters))
      throw new FormatError("CharacterVocabulary: the data are none of a character vocabulary");
    return new CharacterVocabulary(data.characters);
  }

  get size(): number {
    return this.characters.length;
  }

  /** @throws ArgumentError with the place of a character that the vocabulary has not */
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

  /** @throws ArgumentError for a number that is no token */
  decode(tokens: Iterable<number>): string {
    return Array.from(tokens, (token) => {
      if (!Number.isInteger(token) || token < 0 || token >= this.size)
        throw new ArgumentError(`CharacterVocabulary: ${quote(token)} is none of ${this.size} tokens`);
      return this.characters[token];
    }).join("");
  }

  toJSON(): CharacterVocabularyData {
    return { type: "character", characters: this.characters };
  }
}
