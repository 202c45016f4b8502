/** What the examples share around their work: options from the command line, and errors in one line. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { DeviceError, type DeviceName, setDevice, WengertError } from "wengert";

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {}

/** How the text of an option becomes its value, and the value if it is not given. */
interface Option<T> {
  readonly fallback: T;
  readonly read: (name: string, text: string) => T;
}

/** An integer of at least `least`. */
export function integer(fallback: number, least = 0): Option<number> {
  return {
    fallback,
    read: (name, text) => {
      const value = Number(text);
      const kind =
        least === 0 ? "a non-negative integer" : least === 1 ? "a positive integer" : `an integer of at least ${least}`;
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
        throw new UsageError(`--${name} must be ${kind}, got ${JSON.stringify(text)}`);
      return value;
    },
  };
}

/** A number above 0. */
export function positive(fallback: number): Option<number> {
  return {
    fallback,
    read: (name, text) => {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
        throw new UsageError(`--${name} must be a positive number, got ${JSON.stringify(text)}`);
      return value;
    },
  };
}

/** A text that is not empty; undefined if it is not given and there is no fallback. */
export function text(fallback: string): Option<string>;
export function text(): Option<string | undefined>;
export function text(fallback?: string): Option<string | undefined> {
  return {
    fallback,
    read: (name, given) => {
      if (given === "") throw new UsageError(`--${name} must not be empty`);
      return given;
    },
  };
}

/** An option without a value: true if it is given. */
export const flag = (): Option<boolean> => ({ fallback: false, read: () => true });

type Value = string | number | boolean | undefined;
type Options = Readonly<Record<string, Option<Value>>>;
export type Values<O extends Options> = { readonly [K in keyof O]: O[K]["fallback"] };

/**
 * Reads a command line such as `--epochs 3 --data folder`.
 *
 * @returns the values by name, or null if help is asked for
 * @throws UsageError for an unknown option or an invalid value
 */
export function parseOptions<O extends Options>(options: O, args: readonly string[]): Values<O> | null {
  const { help, ...given } = parse(options, args);
  if (help) return null;
  const read = ([name, option]: [string, Options[string]]): [string, Value] => {
    const value = given[name];
    return [name, value === undefined ? option.fallback : option.read(name, String(value))];
  };
  return Object.fromEntries(Object.entries(options).map(read)) as Values<O>;
}

function parse(declared: Options, args: readonly string[]): Record<string, string | boolean | undefined> {
  const options: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean" } };
  for (const [name, { fallback }] of Object.entries(declared))
    options[name] = { type: typeof fallback === "boolean" ? "boolean" : "string" };
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    // Node's message may have a second line of advice.
    throw new UsageError(error instanceof Error ? error.message.split("\n")[0] : String(error));
  }
}

/**
 * Runs `main` with the options of the command line. `--help` prints `usage`. An error that the user can fix
 * is one line on standard error with the status 1, or 2 if the command line is wrong; other errors are thrown.
 * An option `device` becomes the device of all tensors.
 */
export async function program<O extends Options>(
  name: string,
  usage: string,
  options: O,
  main: (values: Values<O>) => Promise<void>,
): Promise<void> {
  process.stdout.on("error", onOutputError);
  try {
    const values = parseOptions(options, process.argv.slice(2));
    if (values === null) {
      console.log(usage);
      return;
    }
    if (typeof values.device === "string") setDevice(values.device as DeviceName);
    await main(values);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof WengertError)) throw error;
    console.error(`${name}: ${error.message.split("\n")[0]}`);
    process.exitCode = error instanceof UsageError || error instanceof DeviceError ? 2 : 1;
  }
}

/** If the reader closes the pipe, as `| head` does, the program ends without a message. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(141);
}
