import type * as ops from "../src/ops/index.js";
import { arithmetic } from "./cases/arithmetic.js";
import type { Case } from "./cases/case.js";

/** Every op function: what src/ops/index.ts exports and is no record of an op. */
export type OpFunction = {
  [K in keyof typeof ops]: (typeof ops)[K] extends (...args: never[]) => unknown ? K : never;
}[keyof typeof ops];

/** The families, each with its golden file in tests/goldens/. */
export const families = { arithmetic } satisfies Record<string, Readonly<Record<string, readonly Case[]>>>;

/** The case list. An op without cases does not compile. */
export const cases: Readonly<Record<OpFunction, readonly [Case, ...Case[]]>> = {
  ...arithmetic,
};
