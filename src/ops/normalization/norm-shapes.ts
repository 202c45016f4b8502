/**
 * Checks of shapes that the batch, group, layer and RMS norms share, and a value for each channel in a shape that
 * broadcasts. The formulas are in the files of the norms.
 */
import { ShapeError } from "../../core/errors.js";
import type { Meta } from "../../core/op.js";
import { type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The scale and shift of a normalization, or other values that go with them. */
type AffineParameters = Readonly<Record<string, Meta | null | undefined>>;

/** Throws unless the last axes of `x` are the normalized shape, which must also be that of the parameters. */
export function checkNormalized(op: string, x: Meta, normalized: Shape, parameters: AffineParameters): void {
  if (!endsIn(x.shape, normalized))
    throw new ShapeError(
      `${op}: the shape of x must end with the normalized shape ${show(normalized)}, got ${show(x.shape)}`,
    );
  for (const name of Object.keys(parameters)) {
    const meta = parameters[name];
    if (meta && !sameShape(meta.shape, normalized))
      throw new ShapeError(
        `${op}: ${name} must have the normalized shape ${show(normalized)}, got ${show(meta.shape)}`,
      );
  }
}

/** Whether the last axes of a shape, one or more, are `ending`. */
function endsIn(shape: Shape, ending: Shape): boolean {
  const before = shape.length - ending.length;
  if (ending.length === 0 || before < 0) return false;
  for (let i = 0; i < ending.length; i++) if (shape[before + i] !== ending[i]) return false;
  return true;
}

/** The axes before the normalized ones: one row each, with its own statistics. */
export const rowShape = (x: Meta, normalized: Shape): Shape => x.shape.slice(0, x.shape.length - normalized.length);

/** Throws unless `x` is (N, C, ...) and each of the parameters (C). */
export function checkChannels(op: string, x: Meta, parameters: AffineParameters): void {
  if (x.shape.length < 2) throw new ShapeError(`${op}: x must have shape (N, C, ...), got ${show(x.shape)}`);
  for (const name of Object.keys(parameters)) {
    const meta = parameters[name];
    if (meta && (meta.shape.length !== 1 || meta.shape[0] !== x.shape[1]))
      throw new ShapeError(
        `${op}: ${name} must have shape [${x.shape[1]}], one value for each channel of x ${show(x.shape)}, got ${show(meta.shape)}`,
      );
  }
}

/** (C) -> (C, 1, ...): a value for each channel, to broadcast against (N, C, ...). */
export const perChannel = (parameter: Tensor, rank: number): Tensor =>
  parameter.reshape([parameter.size, ...new Array<number>(rank - 2).fill(1)]);
