// All that the addon keeps for one JavaScript environment: the main thread, or a worker. They share nothing but the
// device itself.
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

/// What a kernel is called with travels in this array, which JavaScript writes: word 0 says how many words follow. An
/// operand is a handle, `leftOut` for a buffer left out, a number, or a list: its length and its entries. A call that
/// passes them as arguments takes half as long again. JavaScript may keep its array, or hand it to another thread,
/// beyond the life of the environment, so it owns the memory as well.
struct Operands {
  static constexpr std::size_t words = std::size_t{1} << 19;
  static constexpr double leftOut = -1;
  std::shared_ptr<double> data{static_cast<double*>(std::calloc(words, sizeof(double))), std::free};
};

class Environment final : public Stream {
 public:
  /// Throws DeviceFailure where there is no device.
  explicit Environment(Napi::Env env);
  ~Environment() override;

  /// Ends what runs on threads of its own. Called before the environment goes.
  void shutDown();

  static Environment& of(napi_env env) { return *Napi::Env(env).GetInstanceData<Environment>(); }

  /// Takes another compute capability for the emulator's.
  void pretend(int capability);

  void* takeScratch(std::size_t bytes) override;
  void giveScratch(void* data) noexcept override;
  void emptyCache() noexcept override { memory.emptyCache(); }
  std::string describeMemory() const override { return memory.describe(); }

  /// The slot of a handle given by JavaScript. Throws WrongValue.
  HandleTable::Slot& slotOf(const char* user, double handle);

  double allocate(std::int64_t length, DType dtype);
  void free(HandleTable::Slot& slot) noexcept;

  /// Under `guard`: throws DeviceFailure if a band of these buffers was written, or of scratch memory since the last
  /// call. `culprit` names what ran last.
  void checkGuards(const char* culprit, const std::vector<Buffer>& buffers);
  /// The same for every live buffer.
  void checkAllGuards(const char* culprit);

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
  std::vector<Buffer> listedBuffers;  // the entries of the lists of the call under way
  std::vector<std::int32_t> listedDims;

 private:
  void takeInfo();

  std::vector<std::pair<Buffer, Block*>> scratch_;
  std::string brokenScratch_;
};

/// A function of the addon, as Node calls it: whatever it throws is thrown in JavaScript.
template <Napi::Value (*function)(Environment&, const Napi::CallbackInfo&)>
napi_value guarded(napi_env env, napi_callback_info raw) {
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
