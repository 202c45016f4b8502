// The functions of the addon that move data between JavaScript's arrays and buffers of the device; addon.cc exports
// them. Arrays store elements as the device does: 16-bit floats as bits in a Uint16Array, bools as bytes. Kernels are
// called by call.h.
#pragma once

#include "environment.h"

namespace wengert {

/// write(handle, array): copies the array to the buffer. The array may be changed when this returns.
Napi::Value writeBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// read(handle): a promise of an ArrayBuffer of the buffer's bytes.
Napi::Value readBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// readSync(handle, array): waits, and fills the array.
Napi::Value readBufferSync(Environment& environment, const Napi::CallbackInfo& info);
/// describe(handle): { length, dtype }.
Napi::Value describeBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// sync(): waits for all work, and throws the errors that it reported.
Napi::Value synchronize(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
