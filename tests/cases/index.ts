/**
 * The case list: samples of every op function, by family and by file. The tests of values, gradients and second
 * derivatives, device parity and the benchmark all run it. This module has no samples; they are in the family folders.
 */
import type { Case } from "./case.js";
import * as families from "./families.js";

/** The functions of the family folders of src/ops. A family of updates alone has none. */
interface Ops {
  attention: typeof import("../../src/ops/attention/index.js");
  convolution: typeof import("../../src/ops/convolution/index.js");
  elementwise: typeof import("../../src/ops/elementwise/index.js");
  loss: typeof import("../../src/ops/loss/index.js");
  matmul: typeof import("../../src/ops/matmul/index.js");
  movement: typeof import("../../src/ops/movement/index.js");
  normalization: typeof import("../../src/ops/normalization/index.js");
  random: typeof import("../../src/ops/random/index.js");
  reduction: typeof import("../../src/ops/reduction/index.js");
}

type Functions<M> = { [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K : never }[keyof M];
type Keys<T> = T extends unknown ? keyof T : never;
type Covered<F extends keyof typeof families> = Keys<(typeof families)[F][keyof (typeof families)[F]]>;

type Uncovered = { [F in keyof Ops]: Exclude<Functions<Ops[F]>, Covered<F>> }[keyof Ops];
type Unknown = { [F in keyof Ops]: Exclude<Covered<F>, Functions<Ops[F]>> }[keyof Ops];

// An op function without cases in the family of its own name does not compile, and neither do cases of no function.
const uncovered: Readonly<Record<Uncovered, never>> = {};
const unknown: Readonly<Record<Unknown, never>> = {};
void [uncovered, unknown];

/** Cases by op. */
export type CaseFile = Readonly<Record<string, readonly [Case, ...Case[]]>>;

/** Every file of cases by `family/file`, which is also the path of its golden file in tests/goldens/. */
export const caseFiles: ReadonlyMap<string, CaseFile> = new Map(
  Object.entries<Readonly<Record<string, CaseFile>>>(families).flatMap(([family, files]) =>
    Object.entries(files).map(([file, cases]): [string, CaseFile] => [`${family}/${file}`, cases]),
  ),
);
