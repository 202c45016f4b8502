/**
 * The classes of all errors that the package throws on purpose. Errors of one area, such as `NonFiniteError` of the
 * trainer, are next to their code.
 */

/** The base class of every error that Wengert throws on purpose. The message names the op, the rule and the values. */
export class WengertError extends Error {
  /** The name in messages and stack traces. */
  override name = "WengertError";
}

/** Shapes, axes or sizes that do not fit an op: `matmul: inner dimensions differ: [2, 3] x [4, 5]`. */
export class ShapeError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "ShapeError";
}

/** A dtype that an op does not take, or data that a dtype cannot hold. */
export class DTypeError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "DTypeError";
}

/** An argument outside its range, such as a dropout probability of 2 or a negative learning rate. */
export class ArgumentError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "ArgumentError";
}

/** A device that is not available, tensors on different devices, or an op without a kernel on a device. */
export class DeviceError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "DeviceError";
}

/** A device has less free memory than was asked for. Nothing was allocated; smaller allocations still work. */
export class OutOfMemoryError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "OutOfMemoryError";
}

/** A tensor was used after it, or the scope that owned it, was disposed. */
export class DisposedError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "DisposedError";
}

/** A gradient that cannot be computed: no path, no rule, a tape that has ended, a saved value that changed. */
export class GradientError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "GradientError";
}

/** A file or byte sequence that is damaged or in another format. It is rejected as a whole. */
export class FormatError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "FormatError";
}

/**
 * A file or folder that could not be read or written; `cause` is the system's error, with its `code`. If writing
 * failed, the file that was at the path before is unchanged.
 */
export class FileError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "FileError";
}

/** Files that could not be downloaded: no connection, a bad status, a stalled server, a wrong checksum. */
export class DownloadError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "DownloadError";
}
