/**
 * The case list: samples of every op function, by family and by file. The tests of values, gradients and second
 * derivatives, device parity and the benchmark all run it. This module has no samples; they are in the family folders.
 */
import type { OpName } from "../../src/ops/methods.js";
import type { Case } from "./case.js";
import * as families from "./families.js";

type Keys<T> = T extends unknown ? keyof T : never;
type CoveredBy<F extends keyof typeof families> = Keys<(typeof families)[F][keyof (typeof families)[F]]>;
type Covered = { [F in keyof typeof families]: CoveredBy<F> }[keyof typeof families];

// An op of the list without cases in any family does not compile, and neither do cases without an op of the list.
const uncovered: Readonly<Record<Exclude<OpName, Covered>, never>> = {};
const unknown: Readonly<Record<Exclude<Covered, OpName>, never>> = {};
void [uncovered, unknown];

/** Cases by op. */
export type CaseFile = Readonly<Record<string, readonly [Case, ...Case[]]>>;

/** Every file of cases by `family/file`, which is also the path of its golden file in tests/goldens/. */
export const caseFiles: ReadonlyMap<string, CaseFile> = new Map(
  Object.entries<Readonly<Record<string, CaseFile>>>(families).flatMap(([family, files]) =>
    Object.entries(files).map(([file, cases]): [string, CaseFile] => [`${family}/${file}`, cases]),
  ),
);
