/** The base of every error that Wengert throws on purpose. The message says op, rule and values. */
export class WengertError extends Error {
  override name = "WengertError";
}

/** Shapes, axes or sizes that do not fit an op: `matmul: inner dimensions differ: [2, 3] x [4, 5]`. */
export class ShapeError extends WengertError {
  override name = "ShapeError";
}

/** A dtype that an op does not take, or data that a dtype cannot hold. */
export class DTypeError extends WengertError {
  override name = "DTypeError";
}

/** An argument outside its range, such as a dropout probability of 2 or a negative learning rate. */
export class ArgumentError extends WengertError {
  override name = "ArgumentError";
}

/** A device that is not there, tensors on different devices, or an op that a device has no kernel for. */
export class DeviceError extends WengertError {
  override name = "DeviceError";
}

/** The device could not give the memory asked for. Nothing was allocated; smaller allocations still work. */
export class OutOfMemoryError extends WengertError {
  override name = "OutOfMemoryError";
}

/** A tensor was used after it, or the scope that owned it, was disposed. */
export class DisposedError extends WengertError {
  override name = "DisposedError";
}

/** A gradient that cannot be computed: no path, no rule, a tape that has ended, a saved value that changed. */
export class GradientError extends WengertError {
  override name = "GradientError";
}

/** A file or byte sequence that is not what it claims to be. It is refused whole. */
export class FormatError extends WengertError {
  override name = "FormatError";
}

/**
 * A file or folder that could not be read or written; `cause` is the system's error, with its `code`. Where writing
 * failed, what stood at the path before is untouched.
 */
export class FileError extends WengertError {
  override name = "FileError";
}

/** Files that could not be had from the network: no connection, a bad status, a stalled server, a wrong checksum. */
export class DownloadError extends WengertError {
  override name = "DownloadError";
}
