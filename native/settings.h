// What can be asked of the addon, and set, besides running kernels.
#pragma once

#include "environment.h"

namespace wengert {

/// setup(classes): the error classes of src/core/errors.ts.
Napi::Value setup(Environment& environment, const Napi::CallbackInfo& info);
/// setOptions(options): those that are named.
Napi::Value setOptions(Environment& environment, const Napi::CallbackInfo& info);
/// info(): what the device is.
Napi::Value describeDevice(Environment& environment, const Napi::CallbackInfo& info);
/// memory(): { live, cached, peak, pinned } in bytes.
Napi::Value describeMemory(Environment& environment, const Napi::CallbackInfo& info);
Napi::Value emptyCache(Environment& environment, const Napi::CallbackInfo& info);
/// takeRaces(): the races found since the last call, a line each.
Napi::Value takeRaces(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
