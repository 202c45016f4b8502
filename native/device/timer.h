// elapsed(body): the time that the device takes for the work that a JavaScript function submits. addon.cc exports it;
// benchmarks use it.
#pragma once

#include "environment.h"

namespace wengert {

/// elapsed(body): calls `body` and waits for what it submitted; microseconds of the device's clock. Rethrows what
/// `body` throws. Throws WrongType if `body` is not a function or returns a promise.
Napi::Value elapsed(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
