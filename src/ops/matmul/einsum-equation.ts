/** Reads the equations of `einsum` and fits them to shapes. Called by einsum.ts; nothing here touches a tensor. */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { type Shape, show } from "../../core/shape.js";

/**
 * An axis of an operand: a letter of the equation, or, for an axis that an ellipsis represents, its number counted
 * from the right ("0" is the ellipsis's last axis), so that the ellipses of all operands broadcast.
 */
export type Label = string;

/** An equation fitted to operands of known shapes. */
export interface Equation {
  /** The labels of each operand's axes. */
  readonly inputs: readonly (readonly Label[])[];
  readonly output: readonly Label[];
}

/**
 * Reads an equation in Einstein's summation convention, such as `bij,bjk->bik`.
 *
 * @throws ArgumentError if the text is not an equation, ShapeError if it does not fit the shapes
 */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const text = equation.replaceAll(" ", "");
  const place = `'${equation}' with ${shapes.map(show).join(", ")}`;
  const invalid = (rule: string) => new ArgumentError(`einsum: ${rule}: ${place}`);
  const sides = text.split("->");
  if (sides.length > 2) throw invalid("the equation can have at most one arrow");
  const terms = sides[0].split(",");
  if (terms.length !== shapes.length)
    throw invalid(`the number of terms must match the number of operands, got ${terms.length} and ${shapes.length}`);
  const check = (term: string): void => {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term))
      throw invalid(`a term can contain only letters and at most one ellipsis (...), got '${term}'`);
  };

  let longestEllipsis = 0;
  const inputs = terms.map((term, k) => {
    check(term);
    const letters = term.replace("...", "").length;
    const hidden = shapes[k].length - letters;
    if (term.includes("...") ? hidden < 0 : hidden !== 0)
      throw new ShapeError(`einsum: term '${term}' does not match an operand with ${shapes[k].length} axes: ${place}`);
    longestEllipsis = Math.max(longestEllipsis, hidden);
    return labelsOf(term, hidden);
  });
  if (sides.length === 1) return { inputs, output: implicitOutput(inputs, longestEllipsis) };

  check(sides[1]);
  const output = labelsOf(sides[1], longestEllipsis);
  for (const label of output) {
    if (output.indexOf(label) !== output.lastIndexOf(label)) throw invalid(`'${label}' occurs twice in the output`);
    if (!inputs.some((labels) => labels.includes(label)))
      throw invalid(`'${label}' occurs in the output but not in any term`);
  }
  return { inputs, output };
}

/** The labels of a term whose ellipsis, if it has one, represents `hidden` axes. */
function labelsOf(term: string, hidden: number): Label[] {
  const [before, after] = term.split("...");
  if (after === undefined) return [...before];
  return [...before, ...ellipsis(hidden), ...after];
}

const ellipsis = (axes: number): Label[] => Array.from({ length: axes }, (_, i) => String(axes - 1 - i));

/** Without an arrow: the ellipsis's axes, then, in alphabetical order, the letters that occur once. */
function implicitOutput(inputs: readonly (readonly Label[])[], ellipsisAxes: number): Label[] {
  const all = inputs.flat();
  const once = all.filter((label) => /[a-zA-Z]/.test(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis(ellipsisAxes), ...once.sort()];
}

/**
 * The size of each label; a size of 1 stretches to another operand's size.
 *
 * @throws ShapeError if sizes do not fit
 */
export function sizesOf(
  equation: string,
  inputs: readonly (readonly Label[])[],
  shapes: readonly Shape[],
): Map<Label, number> {
  const sizes = new Map<Label, number>();
  inputs.forEach((labels, k) => {
    labels.forEach((label, axis) => {
      const size = shapes[k][axis];
      const before = sizes.get(label) ?? 1;
      const repeated = labels.indexOf(label) !== axis && shapes[k][labels.indexOf(label)] !== size;
      if (repeated || (size !== before && size !== 1 && before !== 1)) {
        const name = /\d/.test(label) ? "an axis of the ellipsis" : `'${label}'`;
        throw new ShapeError(`einsum: the sizes of ${name} differ: '${equation}' with ${shapes.map(show).join(", ")}`);
      }
      sizes.set(label, size === 1 ? before : size);
    });
  });
  return sizes;
}
