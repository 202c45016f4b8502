// The functions of the addon that set options and describe the device and its memory; addon.cc exports them. Functions
// that run kernels or move data are in call.h and transfer/.
#pragma once

#include "environment.h"

namespace wengert {

/// setup(classes): the error classes of src/core/errors.ts.
Napi::Value setup(Environment& environment, const Napi::CallbackInfo& info);
/// setOptions(options): sets the options that the object has. Throws TypeError or ArgumentError, and then sets none.
Napi::Value setOptions(Environment& environment, const Napi::CallbackInfo& info);
/// info(): { name, capability, processors, memory, freeMemory, driver, runtime } of the device.
Napi::Value describeDevice(Environment& environment, const Napi::CallbackInfo& info);
/// memory(): { live, cached, peak, pinned } in bytes.
Napi::Value describeMemory(Environment& environment, const Napi::CallbackInfo& info);
/// emptyCache(): gives cached memory back to the device.
Napi::Value emptyCache(Environment& environment, const Napi::CallbackInfo& info);
/// takeRaces(): the races found since the last call, a line each.
Napi::Value takeRaces(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
