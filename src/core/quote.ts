/** Values as error messages show them. Every check of an argument uses it; shapes have `show` in shape.ts. */

/** Any value, as an error message shows it: a caller in JavaScript may pass anything. Never throws. */
export function quote(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(value);
    return typeof value === "bigint" ? `${value}n` : String(value);
  } catch {
    return Object.prototype.toString.call(value); // no prototype, or a toString that throws
  }
}
