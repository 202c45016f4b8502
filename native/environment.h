// Everything that the addon keeps for one JavaScript environment (the main thread, or a worker): the stream, memory,
// buffers and options. Environments share only the device. The functions of the addon get it as their first argument;
// launchers see it as their Stream.
#pragma once

#include <napi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device/device.h"
#include "device/faults.h"
#include "errors.h"
#include "matmul/product-tuning.h"
#include "memory/handles.h"
#include "memory/memory.h"
#include "memory/staging.h"
#include "transfer/reader.h"

namespace wengert {

class Environment;

/// A kernel as an environment calls it.
struct Binding {
  Environment* environment;
  const Kernel* kernel;
  std::size_t number;  // among the kernels of Faults
};

/// The array through which JavaScript passes operands to a kernel. Word 0 is the number of words that follow. An
/// operand is a handle, `leftOut` for a missing buffer, a number, or a list: its length and its entries. Passing
/// operands as arguments of the call costs the host more (docs/kernels.md has figures). JavaScript may keep the array,
/// or pass it to another thread, after the environment has ended, so the array shares ownership of the memory.
struct Operands {
  static constexpr std::size_t words = std::size_t{1} << 19;
  static constexpr double leftOut = -1;
  std::shared_ptr<double> data{static_cast<double*>(std::calloc(words, sizeof(double))), std::free};
};

class Environment final : public Stream {
 public:
  /// Throws DeviceFailure if there is no device.
  explicit Environment(Napi::Env env);
  ~Environment() override;

  /// Ends the reader's thread and waits for the device. Called before the environment is deleted.
  void shutDown();

  static Environment& of(napi_env env) { return *Napi::Env(env).GetInstanceData<Environment>(); }

  /// Gives the emulated device another compute capability.
  void pretend(int capability);

  void* takeScratch(std::size_t bytes) override;
  void giveScratch(void* data) noexcept override;
  void emptyCache() noexcept override { memory.emptyCache(); }
  std::string describeMemory() const override { return memory.describe(); }

  /// The slot of a handle given by JavaScript. Throws WrongValue.
  HandleTable::Slot& slotOf(const char* user, double handle);

  double allocate(std::int64_t length, DType dtype);
  void free(HandleTable::Slot& slot) noexcept;

  /// With the option `guard`: throws DeviceFailure if a band of these buffers was written, or a band of scratch memory
  /// since the last call. `writer` begins the message, such as
  /// "fill: the kernel".
  void checkGuards(const std::string& writer, const std::vector<Buffer>& buffers);
  /// The same for every live buffer.
  void checkAllGuards(const std::string& writer);

  const napi_env env;
  const std::unique_ptr<Device> device;
  Memory memory;
  Staging staging;
  Faults faults;
  HandleTable handles;
  Reader reader;
  ErrorClasses errors;
  Schedule schedule;
  std::unique_ptr<const Tuning> measured;  // owns Stream::tuning
  ProductLog products;                     // owns Stream::productLog
  Operands operands;
  std::vector<Binding> bindings;
  std::vector<Buffer> listedBuffers;  // the entries of lists of the current call
  std::vector<std::int32_t> listedDims;

 private:
  void takeInfo();

  std::vector<std::pair<Buffer, Block*>> scratch_;
  std::string brokenScratch_;
};

/// A function of the addon in the form in which Node calls it. Exceptions of C++ are thrown in JavaScript.
template <Napi::Value (*function)(Environment&, const Napi::CallbackInfo&)>
napi_value callback(napi_env env, napi_callback_info raw) {
  Environment& environment = Environment::of(env);
  try {
    const Napi::CallbackInfo info(env, raw);
    return function(environment, info);
  } catch (...) {
    environment.errors.throwCurrent(env);
    return nullptr;
  }
}

}  // namespace wengert
