import { WengertError } from "../core/errors.js";

/** A metric that its data do not define: no data at all, or a ROC curve of one class only. */
export class MetricError extends WengertError {
  override name = "MetricError";
}
