/** The error of metrics that their data do not define. A file on its own, since several metrics throw it. */
import { WengertError } from "../core/errors.js";

/** A metric that its data do not define: no data at all, or a ROC curve of one class only. */
export class MetricError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "MetricError";
}
