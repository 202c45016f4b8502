import { WengertError } from "../core/errors.js";

/** A loss, or a gradient, that is NaN or infinite. The weights are those before the step, and nothing was saved. */
export class NonFiniteError extends WengertError {
  override name = "NonFiniteError";
}
