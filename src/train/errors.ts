/** The errors of training loops. NaNGuard throws the only one so far. */
import { WengertError } from "../core/errors.js";

/** A loss or a gradient is NaN or infinite. The weights are those before the step, and nothing was saved. */
export class NonFiniteError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "NonFiniteError";
}
