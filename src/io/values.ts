/**
 * Plain values beside tensors and their exact JSON, including NaN, infinities and -0. Used by checkpoints and saved
 * states.
 */
import { FormatError } from "../core/errors.js";

/** Plain data that can be saved beside tensors; numbers may also be NaN, infinite or -0. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** Numbers that JSON has no word for are written as an object with this one key. */
const numberKey = "$number";

/** @internal The values as JSON, from which `decodeValue` gives back every number bit for bit. */
export function encodeValue(value: Value): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "number" && (!Number.isFinite(item) || Object.is(item, -0))
      ? { [numberKey]: Object.is(item, -0) ? "-0" : String(item) }
      : item,
  );
}

/** @internal @throws FormatError if the text is not JSON */
export function decodeValue(source: string, text: string): Value {
  try {
    return JSON.parse(text, (_, item: unknown) =>
      typeof item === "object" && item !== null && numberKey in item ? Number(item[numberKey]) : item,
    ) as Value;
  } catch (error) {
    throw new FormatError(`${source}: the values are not valid JSON`, { cause: error });
  }
}
