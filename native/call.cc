// The functions that JavaScript calls for every op (call.h): decoding the operands of a kernel, and calling its
// launcher.
//
//   operands array   | words | handle | -1 | 3.5 | 2 | dim | dim |        written by JavaScript, read once
//                      count   buffer  left number   list of two
//                                      out
//   -> Argument[arity], by the kinds of the kernel -> kernel.invoke
#include "call.h"

#include <cstdint>
#include <string>
#include <utility>

#include "environment.h"
#include "runtime/check.h"

namespace wengert {

namespace {

constexpr double mostInteger = 9007199254740992.0;  // 2^53

/// A number as JavaScript prints it.
std::string show(napi_env env, double number) { return Napi::Number::New(env, number).ToString().Utf8Value(); }

bool isInteger(double number) {
  return number >= -mostInteger && number <= mostInteger &&
         static_cast<double>(static_cast<std::int64_t>(number)) == number;
}

/// Reads the operands of one call, one after the other.
class OperandReader {
 public:
  OperandReader(Environment& environment, const Kernel& kernel)
      : environment_(environment), kernel_(kernel), next_(environment.operands.data.get()) {
    // The count is cleared, so that a call without operands does not repeat the previous call.
    const double used = std::exchange(*next_++, 0.0);
    if (!(isInteger(used) && used >= 0 && used < Operands::words)) [[unlikely]]
      throw WrongValue(std::string(kernel_.name) + ": the number of words of the operands must be an integer from 0 to " +
                       std::to_string(Operands::words - 1) + ", got " + show(environment_.env, used));
    const auto words = static_cast<std::size_t>(used);
    end_ = next_ + words;
    // Room for all lists, so that a list is not moved when the next one is read.
    if (environment_.listedDims.size() < words) [[unlikely]]
      environment_.listedDims.resize(words);
    if (environment_.listedBuffers.size() < words) [[unlikely]]
      environment_.listedBuffers.resize(words);
  }

  void read(Kind kind, Argument& argument) {
    switch (kind) {
      case Kind::buffer:
        argument.buffer = bufferOf(take());
        break;
      case Kind::optionalBuffer: {
        const double handle = take();
        argument.buffer = handle == Operands::leftOut ? nullptr : bufferOf(handle);
        break;
      }
      case Kind::bufferList:
        argument.buffers = buffers();
        break;
      case Kind::dims:
        argument.dims = dims();
        break;
      case Kind::integer: {
        const double number = take();
        if (!isInteger(number)) [[unlikely]]
          reject("an integer", number);
        argument.integer = static_cast<std::int64_t>(number);
        break;
      }
      case Kind::number:
        argument.number = take();
        break;
    }
    position_++;
  }

  void checkEnd() const {
    if (next_ != end_) [[unlikely]]
      throw WrongValue(std::string(kernel_.name) + ": " + std::to_string(end_ - next_) + " words are left over after " +
                       std::to_string(kernel_.arity) + " operands");
  }

 private:
  /// The next word.
  double take() {
    if (next_ == end_) [[unlikely]]
      throw WrongValue(std::string(kernel_.name) + ": expected " + std::to_string(kernel_.arity) + " operands, got " +
                       std::to_string(position_));
    return *next_++;
  }

  const Buffer* bufferOf(double handle) {
    HandleTable::Slot* const slot = environment_.handles.find(handle);
    if (slot == nullptr) [[unlikely]]
      reject("the handle of a live buffer", handle);
    return &slot->buffer;
  }

  int takeLength() {
    const double length = take();
    if (!(isInteger(length) && length >= 0 && length <= static_cast<double>(end_ - next_))) [[unlikely]]
      reject("a list that starts with its length", length);
    return static_cast<int>(length);
  }

  Dims dims() {
    const int length = takeLength();
    std::int32_t* const first = environment_.listedDims.data() + dimsTaken_;
    dimsTaken_ += length;
    for (int i = 0; i < length; i++) {
      const double dim = *next_++;
      if (!(isInteger(dim) && dim >= INT32_MIN && dim <= INT32_MAX)) [[unlikely]]
        throw InvalidCall(where(i) + " must be a 32-bit integer, got " + show(environment_.env, dim));
      first[i] = static_cast<std::int32_t>(dim);
    }
    return {first, length};
  }

  BufferList buffers() {
    const int length = takeLength();
    Buffer* const first = environment_.listedBuffers.data() + buffersTaken_;
    buffersTaken_ += length;
    for (int i = 0; i < length; i++) {
      const double handle = *next_++;
      const HandleTable::Slot* const slot = environment_.handles.find(handle);
      if (slot == nullptr) [[unlikely]]
        throw WrongValue(where(i) + " must be the handle of a live buffer, got " + show(environment_.env, handle));
      first[i] = slot->buffer;
    }
    return {first, length};
  }

  /// "sgd: operand 3[1]".
  std::string where(int entry) const {
    return std::string(kernel_.name) + ": operand " + std::to_string(position_ + 1) + "[" + std::to_string(entry) + "]";
  }

  /// "matmul: operand 3 must be an integer, got 2.5".
  [[noreturn]] void reject(const char* rule, double value) const {
    throw WrongValue(std::string(kernel_.name) + ": operand " + std::to_string(position_ + 1) + " must be " + rule +
                     ", got " + show(environment_.env, value));
  }

  Environment& environment_;
  const Kernel& kernel_;
  double* next_;
  const double* end_ = nullptr;
  int position_ = 0;
  std::ptrdiff_t dimsTaken_ = 0;
  std::ptrdiff_t buffersTaken_ = 0;
};

/// An argument that must be a number. Throws WrongType with the message `rule`.
double numberAt(napi_env env, const char* user, napi_value value, const char* rule) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) [[unlikely]]
    throw WrongType(std::string(user) + ": " + rule);
  return number;
}

/// The buffers of a call that are not empty, for the check of guard bands.
std::vector<Buffer> buffersOf(const Kernel& kernel, const Argument* arguments) {
  std::vector<Buffer> buffers;
  const auto add = [&](const Buffer& buffer) {
    if (buffer.length > 0) buffers.push_back(buffer);
  };
  for (int i = 0; i < kernel.arity; i++) {
    if (kernel.kinds[i] == Kind::bufferList)
      for (const Buffer& buffer : arguments[i].buffers) add(buffer);
    else if ((kernel.kinds[i] == Kind::buffer || kernel.kinds[i] == Kind::optionalBuffer) && arguments[i].buffer)
      add(*arguments[i].buffer);
  }
  return buffers;
}

}  // namespace

napi_value callKernel(napi_env env, napi_callback_info info) {
  void* data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const Binding& binding = *static_cast<const Binding*>(data);
  const Kernel& kernel = *binding.kernel;
  Environment& environment = *binding.environment;
  try {
    Argument arguments[Kernel::mostArguments];
    OperandReader operands(environment, kernel);
    for (int i = 0; i < kernel.arity; i++) operands.read(kernel.kinds[i], arguments[i]);
    operands.checkEnd();
    environment.kernel = kernel.name;
    environment.fault = environment.faults.recordOf(binding.number);
    currentStream = &environment;
    kernel.invoke(arguments);
    if (environment.memory.guard() != nullptr) [[unlikely]]
      environment.checkGuards(std::string(kernel.name) + ": the kernel", buffersOf(kernel, arguments));
  } catch (...) {
    environment.errors.throwCurrent(env);
  }
  return nullptr;
}

napi_value allocBuffer(napi_env env, napi_callback_info info) {
  napi_value values[2];
  std::size_t count = 2;
  void* data;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  Environment& environment = *static_cast<Environment*>(data);
  try {
    if (count != 2) throw WrongType("alloc: expected 2 arguments, got " + std::to_string(count));
    const double length = numberAt(env, "alloc", values[0], "the arguments must be a number of elements and a dtype");
    if (!isInteger(length) || length < 0)
      throw WrongValue("alloc: the number of elements must be a non-negative integer, got " + show(env, length));
    const double number = numberAt(env, "alloc", values[1], "the arguments must be a number of elements and a dtype");
    if (!isInteger(number) || number < 0 || number >= dtypeCount)
      throw WrongValue("alloc: the dtype must be an integer from 0 to 6, got " + show(env, number));
    const DType dtype = static_cast<DType>(static_cast<int>(number));
    napi_value handle;
    napi_create_double(env, environment.allocate(static_cast<std::int64_t>(length), dtype), &handle);
    return handle;
  } catch (...) {
    environment.errors.throwCurrent(env);
    return nullptr;
  }
}

napi_value freeBuffer(napi_env env, napi_callback_info info) {
  napi_value value;
  std::size_t count = 1;
  void* data;
  napi_get_cb_info(env, info, &count, &value, nullptr, &data);
  Environment& environment = *static_cast<Environment*>(data);
  try {
    if (count != 1) throw WrongType("free: expected 1 argument, got " + std::to_string(count));
    const double handle = numberAt(env, "free", value, "the argument must be the handle of a buffer");
    environment.free(environment.slotOf("free", handle));
  } catch (...) {
    environment.errors.throwCurrent(env);
  }
  return nullptr;
}

}  // namespace wengert
