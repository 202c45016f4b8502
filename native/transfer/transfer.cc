// The functions of the addon that move data (transfer.h): checks of their arguments, and writes. Reads are in
// reader.cc.
//
// A write copies each chunk of 4 MiB to a pinned piece and submits its upload, so it returns without waiting for the
// device:
//
//   typed array --memcpy--> pinned piece --upload, in the order of the stream--> buffer
#include "transfer/transfer.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace wengert {

namespace {

constexpr std::size_t chunk = std::size_t{4} << 20;

/// The type of the typed array whose elements are stored as those of a dtype on the device.
napi_typedarray_type arrayOf(DType dtype) {
  constexpr napi_typedarray_type types[dtypeCount] = {napi_float32_array, napi_float64_array, napi_uint16_array,
                                                      napi_uint16_array,  napi_int32_array,   napi_uint8_array,
                                                      napi_uint8_array};
  return types[static_cast<int>(dtype)];
}

/// The first argument: the handle of a buffer.
const Buffer& bufferArgument(Environment& environment, const char* user, const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw WrongType(std::string(user) + ": argument 1 must be the handle of a buffer");
  return environment.slotOf(user, info[0].As<Napi::Number>().DoubleValue()).buffer;
}

/// The second argument: an array of the buffer's own element type and length.
Napi::TypedArray arrayArgument(const char* user, const Napi::CallbackInfo& info, const Buffer& buffer) {
  if (!info[1].IsTypedArray()) throw WrongType(std::string(user) + ": argument 2 must be a typed array");
  const Napi::TypedArray array = info[1].As<Napi::TypedArray>();
  if (array.TypedArrayType() != arrayOf(buffer.dtype))
    throw WrongType(std::string(user) + ": argument 2 must be the typed array in which " + nameOf(buffer.dtype) +
                    " is stored");
  if (static_cast<std::int64_t>(array.ElementLength()) != buffer.length)
    throw WrongValue(std::string(user) + ": argument 2 must have " + std::to_string(buffer.length) +
                     " elements, like the buffer, got " + std::to_string(array.ElementLength()));
  return array;
}

unsigned char* dataOf(const Napi::TypedArray& array) {
  return static_cast<unsigned char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
}

}  // namespace

Napi::Value writeBuffer(Environment& environment, const Napi::CallbackInfo& info) {
  const Buffer& buffer = bufferArgument(environment, "write", info);
  const Napi::TypedArray array = arrayArgument("write", info, buffer);
  const unsigned char* const source = dataOf(array);
  const std::size_t bytes = array.ByteLength();
  for (std::size_t done = 0; done < bytes; done += chunk) {
    const std::size_t now = std::min(chunk, bytes - done);
    const Staging::Piece piece = environment.staging.take(now);
    std::memcpy(piece.data, source + done, now);
    try {
      environment.device->upload(static_cast<char*>(buffer.data) + done, piece.data, now);
    } catch (...) {
      environment.staging.give(piece, environment.device->mark());
      throw;
    }
    environment.staging.give(piece, environment.device->mark());
  }
  return info.Env().Undefined();
}

Napi::Value readBuffer(Environment& environment, const Napi::CallbackInfo& info) {
  const Buffer& buffer = bufferArgument(environment, "read", info);
  return environment.reader.read(buffer);
}

Napi::Value readBufferSync(Environment& environment, const Napi::CallbackInfo& info) {
  const Buffer& buffer = bufferArgument(environment, "readSync", info);
  environment.reader.readSync(buffer, dataOf(arrayArgument("readSync", info, buffer)));
  return info.Env().Undefined();
}

Napi::Value describeBuffer(Environment& environment, const Napi::CallbackInfo& info) {
  const Buffer& buffer = bufferArgument(environment, "describe", info);
  const Napi::Object description = Napi::Object::New(info.Env());
  description.Set("length", Napi::Number::New(info.Env(), static_cast<double>(buffer.length)));
  description.Set("dtype", Napi::Number::New(info.Env(), static_cast<int>(buffer.dtype)));
  return description;
}

Napi::Value synchronize(Environment& environment, const Napi::CallbackInfo& info) {
  environment.reader.sync();
  return info.Env().Undefined();
}

}  // namespace wengert
