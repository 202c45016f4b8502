// The addon: one function for each kernel of the registry, and those that move data and look after memory.
#include <napi.h>

#include <atomic>

#include "call.h"
#include "device/timer.h"
#include "environment.h"
#include "settings.h"
#include "transfer/transfer.h"
#include "tuning.h"

namespace wengert {

namespace {

void add(napi_env env, napi_value target, const char* name, napi_callback function, void* data = nullptr) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value) != napi_ok ||
      napi_set_named_property(env, target, name, value) != napi_ok)
    throw Napi::Error::New(env);
}

/// The array in which operands reach kernels (Operands).
Napi::Value makeOperandArray(Napi::Env env, const Operands& operands) {
  auto* const owner = new Operands(operands);
  const Napi::ArrayBuffer memory = Napi::ArrayBuffer::New(
      env, operands.data.get(), Operands::words * sizeof(double),
      [](Napi::Env, void*, Operands* owner) { delete owner; }, owner);
  return Napi::Float64Array::New(env, Operands::words, memory, 0);
}

void fillExports(Environment& environment, Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Napi::Object kernels = Napi::Object::New(env);
  for (Binding& binding : environment.bindings) add(env, kernels, binding.kernel->name, callKernel, &binding);
  exports.Set("kernels", kernels);
  exports.Set("operands", makeOperandArray(env, environment.operands));
  exports.Set("device", Device::kind);
  exports.Set("watchesAccesses", Device::watchesAccesses);
  add(env, exports, "alloc", allocBuffer, &environment);
  add(env, exports, "free", freeBuffer, &environment);
  add(env, exports, "write", guarded<writeBuffer>);
  add(env, exports, "read", guarded<readBuffer>);
  add(env, exports, "readSync", guarded<readBufferSync>);
  add(env, exports, "describe", guarded<describeBuffer>);
  add(env, exports, "sync", guarded<synchronize>);
  add(env, exports, "setup", guarded<setup>);
  add(env, exports, "setOptions", guarded<setOptions>);
  add(env, exports, "info", guarded<describeDevice>);
  add(env, exports, "memory", guarded<describeMemory>);
  add(env, exports, "emptyCache", guarded<emptyCache>);
  add(env, exports, "takeRaces", guarded<takeRaces>);
  add(env, exports, "takeProducts", guarded<takeProducts>);
  add(env, exports, "elapsed", guarded<elapsed>);
}

}  // namespace

}  // namespace wengert

/// Once for each environment. Throws an Error that says why the device cannot be used.
NAPI_MODULE_INIT() {
  using namespace wengert;
  try {
    auto environment = std::make_unique<Environment>(Napi::Env(env));
    Environment& kept = *environment;
    Napi::Env(env).SetInstanceData(environment.release());
    // Threads end while the environment can still be reached; what they use goes with the instance data, afterwards.
    Napi::Env(env).AddCleanupHook([](Environment* ending) { ending->shutDown(); }, &kept);
    fillExports(kept, Napi::Object(env, exports));
    return exports;
  } catch (...) {
    ErrorClasses().throwCurrent(env);
    return nullptr;
  }
}
