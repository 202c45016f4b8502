import type * as ops from "../src/ops/index.js";
import { activation } from "./cases/activation.js";
import { arithmetic } from "./cases/arithmetic.js";
import { attention } from "./cases/attention.js";
import type { Case } from "./cases/case.js";
import { cast } from "./cases/cast.js";
import { classification } from "./cases/classification.js";
import { comparison } from "./cases/comparison.js";
import { conv } from "./cases/conv.js";
import { dropout } from "./cases/dropout.js";
import { embedding } from "./cases/embedding.js";
import { indexing } from "./cases/indexing.js";
import { linalg } from "./cases/linalg.js";
import { logical } from "./cases/logical.js";
import { loss } from "./cases/loss.js";
import { normalization } from "./cases/normalization.js";
import { pool } from "./cases/pool.js";
import { reduce } from "./cases/reduce.js";
import { rounding } from "./cases/rounding.js";
import { scan } from "./cases/scan.js";
import { shape } from "./cases/shape.js";
import { slicing } from "./cases/slicing.js";
import { softmax } from "./cases/softmax.js";
import { sorting } from "./cases/sort.js";
import { statistics } from "./cases/statistics.js";
import { trigonometric } from "./cases/trigonometric.js";
import { unary } from "./cases/unary.js";

/** Every op function: what src/ops/index.ts exports and is no record of an op. */
export type OpFunction = {
  [K in keyof typeof ops]: (typeof ops)[K] extends (...args: never[]) => unknown ? K : never;
}[keyof typeof ops];

/** The families, each with its golden file in tests/goldens/. */
export const families = {
  activation,
  arithmetic,
  cast,
  comparison,
  logical,
  rounding,
  trigonometric,
  unary,
  linalg,
  indexing,
  shape,
  slicing,
  conv,
  pool,
  softmax,
  normalization,
  dropout,
  reduce,
  statistics,
  scan,
  sorting,
  embedding,
  attention,
  loss,
  classification,
} satisfies Record<string, Readonly<Record<string, readonly Case[]>>>;

/** The case list. An op without cases does not compile. */
export const cases: Readonly<Record<OpFunction, readonly [Case, ...Case[]]>> = {
  ...activation,
  ...arithmetic,
  ...cast,
  ...comparison,
  ...logical,
  ...rounding,
  ...trigonometric,
  ...unary,
  ...linalg,
  ...indexing,
  ...shape,
  ...slicing,
  ...conv,
  ...pool,
  ...softmax,
  ...normalization,
  ...dropout,
  ...reduce,
  ...statistics,
  ...scan,
  ...sorting,
  ...embedding,
  ...attention,
  ...loss,
  ...classification,
};
