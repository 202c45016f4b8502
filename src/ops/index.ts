import type { Op } from "../core/op.js";
import * as arithmetic from "./arithmetic.js";
import * as castOps from "./cast.js";
import * as fillOps from "./fill.js";
import * as matmulOps from "./matmul.js";
import * as reduce from "./reduce.js";
import * as shape from "./shape.js";
import * as unary from "./unary.js";

export * from "./arithmetic.js";
export * from "./cast.js";
export type { Numbers, Operand } from "./elementwise.js";
export * from "./matmul.js";
export * from "./reduce.js";
export type { Axes, ReduceOptions } from "./reduction.js";
export * from "./shape.js";
export * from "./unary.js";

const families = { ...arithmetic, ...castOps, ...fillOps, ...matmulOps, ...reduce, ...shape, ...unary };

const isOp = (value: unknown): value is Op => (value as Op | undefined)?.kind === "op";

/** *The* op list: every op by name. A backend compares it with the kernels it has. */
export const opList: ReadonlyMap<string, Op> = new Map(
  Object.values<unknown>(families)
    .filter(isOp)
    .map((op) => [op.name, op]),
);
