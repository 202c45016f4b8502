/** Writes options as Python keyword arguments for the `torch` expression of a case. */

/** Options as PyTorch's keyword arguments, after others: `, output_padding=[1, 0], ceil_mode=True`. */
export const keywords = (options: object): string =>
  Object.entries(options)
    .map(([name, value]) => `, ${snakeCase(name)}=${python(value)}`)
    .join("");

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const python = (value: unknown): string =>
  typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
