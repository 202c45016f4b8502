#include "call.h"

#include <cmath>
#include <string>

#include "environment.h"

namespace wengert {

namespace {

constexpr double mostInteger = 9007199254740992.0;  // 2^53

/// "matmul: argument 3 must be an integer, got 2.5". Values are shown as JavaScript shows them.
template <class E>
[[noreturn]] void reject(napi_env env, const char* user, int position, const char* rule, napi_value value) {
  napi_valuetype type;
  std::string shown = "something";
  if (napi_typeof(env, value, &type) == napi_ok && type != napi_object && type != napi_symbol && type != napi_function) {
    shown = Napi::Value(env, value).ToString().Utf8Value();
    if (type == napi_string) shown = "\"" + shown.substr(0, 40) + "\"";
  } else if (type == napi_object) {
    shown = "an object";
  }
  throw E(std::string(user) + ": argument " + std::to_string(position + 1) + " must be " + rule + ", got " + shown);
}

double numberAt(napi_env env, const char* user, int position, napi_value value, const char* rule) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) [[unlikely]]
    reject<WrongType>(env, user, position, rule, value);
  return number;
}

std::int64_t integerAt(napi_env env, const char* user, int position, napi_value value, const char* rule) {
  const double number = numberAt(env, user, position, value, rule);
  if (!(number >= -mostInteger && number <= mostInteger) || std::trunc(number) != number) [[unlikely]]
    reject<WrongValue>(env, user, position, rule, value);
  return static_cast<std::int64_t>(number);
}

const Buffer* bufferAt(Environment& environment, const char* user, int position, napi_value value) {
  HandleTable::Slot* const slot =
      environment.handles.find(numberAt(environment.env, user, position, value, "the handle of a buffer"));
  if (slot == nullptr) [[unlikely]]
    reject<WrongValue>(environment.env, user, position, "the handle of a live buffer", value);
  return &slot->buffer;
}

const Buffer* optionalBufferAt(Environment& environment, const char* user, int position, napi_value value) {
  napi_valuetype type;
  napi_typeof(environment.env, value, &type);
  if (type == napi_null) return nullptr;
  return bufferAt(environment, user, position, value);
}

/// Reads the lists of one call, one after the other.
class ListReader {
 public:
  ListReader(Environment& environment, const Binding& binding)
      : environment_(environment), words_(environment.lists.data.get()), user_(binding.kernel->name) {
    const std::int32_t used = words_[0];
    if (used < 0 || static_cast<std::size_t>(used) >= Lists::words) [[unlikely]]
      throw WrongValue(std::string(user_) + ": the lists claim " + std::to_string(used) + " words");
    end_ = 1 + used;
    // Room for all, so that no list moves while the next one is read.
    if (binding.bufferLists > 0 && environment.listed.size() < static_cast<std::size_t>(end_ / 2))
      environment.listed.resize(static_cast<std::size_t>(end_ / 2));
  }

  Dims dims(int position, napi_value count) {
    const std::int32_t* const data = take(position, count, 1);
    return {data, taken_};
  }

  BufferList buffers(int position, napi_value count) {
    const std::int32_t* const data = take(position, count, 2);
    Buffer* const first = environment_.listed.data() + filled_;
    for (int i = 0; i < taken_; i++) {
      const HandleTable::Slot* const slot = environment_.handles.find(static_cast<std::uint32_t>(data[2 * i]),
                                                                      static_cast<std::uint32_t>(data[2 * i + 1]));
      if (slot == nullptr)
        throw WrongValue(std::string(user_) + ": argument " + std::to_string(position + 1) + "[" + std::to_string(i) +
                         "] is no handle of a live buffer");
      first[i] = slot->buffer;
    }
    filled_ += static_cast<std::size_t>(taken_);
    return {first, taken_};
  }

  void checkEnd() const {
    if (next_ != end_) [[unlikely]]
      throw WrongValue(std::string(user_) + ": takes " + std::to_string(next_ - 1) + " words of lists, got " +
                       std::to_string(end_ - 1));
  }

 private:
  const std::int32_t* take(int position, napi_value value, int wordsEach) {
    const std::int64_t count = integerAt(environment_.env, user_, position, value, "the length of a list");
    if (count < 0 || count > (end_ - next_) / wordsEach) [[unlikely]]
      reject<WrongValue>(environment_.env, user_, position, "the length of a list that was written", value);
    const std::int32_t* const data = words_ + next_;
    taken_ = static_cast<int>(count);
    next_ += taken_ * wordsEach;
    return data;
  }

  Environment& environment_;
  const std::int32_t* words_;
  const char* user_;
  int next_ = 1;
  int end_ = 1;
  int taken_ = 0;
  std::size_t filled_ = 0;
};

/// The buffers of a call that hold anything.
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
  napi_value values[Kernel::mostArguments];
  std::size_t count = Kernel::mostArguments;
  void* data;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  const Binding& binding = *static_cast<const Binding*>(data);
  const Kernel& kernel = *binding.kernel;
  Environment& environment = *binding.environment;
  try {
    if (count != static_cast<std::size_t>(kernel.arity)) [[unlikely]]
      throw WrongType(std::string(kernel.name) + ": takes " + std::to_string(kernel.arity) + " arguments, got " +
                      std::to_string(count));
    Argument arguments[Kernel::mostArguments];
    ListReader lists(environment, binding);
    for (int i = 0; i < kernel.arity; i++) {
      switch (kernel.kinds[i]) {
        case Kind::buffer:
          arguments[i].buffer = bufferAt(environment, kernel.name, i, values[i]);
          break;
        case Kind::optionalBuffer:
          arguments[i].buffer = optionalBufferAt(environment, kernel.name, i, values[i]);
          break;
        case Kind::bufferList:
          arguments[i].buffers = lists.buffers(i, values[i]);
          break;
        case Kind::dims:
          arguments[i].dims = lists.dims(i, values[i]);
          break;
        case Kind::integer:
          arguments[i].integer = integerAt(env, kernel.name, i, values[i], "an integer");
          break;
        case Kind::number:
          arguments[i].number = numberAt(env, kernel.name, i, values[i], "a number");
          break;
      }
    }
    lists.checkEnd();
    environment.kernel = kernel.name;
    environment.fault = binding.fault;
    currentStream = &environment;
    kernel.invoke(arguments);
    if (environment.memory.guard() != nullptr) [[unlikely]]
      environment.checkGuards(kernel.name, buffersOf(kernel, arguments));
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
    if (count != 2) throw WrongType("alloc: takes 2 arguments, got " + std::to_string(count));
    const std::int64_t length = integerAt(env, "alloc", 0, values[0], "a number of elements");
    if (length < 0) reject<WrongValue>(env, "alloc", 0, "a number of elements", values[0]);
    const std::int64_t dtype = integerAt(env, "alloc", 1, values[1], "a dtype");
    if (dtype < 0 || dtype >= dtypeCount) reject<WrongValue>(env, "alloc", 1, "a dtype", values[1]);
    napi_value handle;
    napi_create_double(env, environment.allocate(length, static_cast<DType>(dtype)), &handle);
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
    if (count != 1) throw WrongType("free: takes 1 argument, got " + std::to_string(count));
    const double handle = numberAt(env, "free", 0, value, "the handle of a buffer");
    environment.free(environment.slotOf("free", handle));
  } catch (...) {
    environment.errors.throwCurrent(env);
  }
  return nullptr;
}

}  // namespace wengert
