// C++ exceptions as JavaScript errors, so that no call ends the process. `callback` and callKernel catch everything and
// throw it by ErrorClasses:
//
//   WrongType -> TypeError      InvalidCall -> ArgumentError
//   WrongValue -> RangeError    DeviceFailure -> DeviceError, or OutOfMemoryError
#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

namespace wengert {

/// Arguments that src/backends/native never passes: of the wrong type, or out of range. Become TypeError and
/// RangeError.
struct WrongType : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct WrongValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The error classes of src/core/errors.ts, handed over by `setup`; plain Errors until then.
class ErrorClasses {
 public:
  void set(const Napi::Object& classes);

  /// The exception that is being handled, as a JavaScript error. To be called in a catch block. Throws ScriptStopped if
  /// the error cannot be created.
  Napi::Value fromCurrent(napi_env env) const;
  /// Throws it in JavaScript. After ScriptStopped, leaves the exception that is pending.
  void throwCurrent(napi_env env) const noexcept;

 private:
  Napi::FunctionReference argument_;
  Napi::FunctionReference device_;
  Napi::FunctionReference memory_;
};

}  // namespace wengert
