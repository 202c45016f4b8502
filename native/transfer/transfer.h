// What moves data between JavaScript's arrays and buffers of the device. Arrays hold elements as the device does:
// 16-bit floats as their bits in a Uint16Array, bools as bytes.
#pragma once

#include "environment.h"

namespace wengert {

/// write(handle, array): the array may be changed again at once.
Napi::Value writeBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// read(handle): a promise of an ArrayBuffer of the buffer's bytes.
Napi::Value readBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// readSync(handle, array): waits, and fills the array.
Napi::Value readBufferSync(Environment& environment, const Napi::CallbackInfo& info);
/// describe(handle): { length, dtype }.
Napi::Value describeBuffer(Environment& environment, const Napi::CallbackInfo& info);
/// sync(): waits for all work, and throws what went wrong in it.
Napi::Value synchronize(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
