// The addon's entry point: exports a function for each kernel of the registry, and the functions that move data, manage
// memory and set options. src/backends/native loads it. The functions are in call.cc, transfer/, settings.cc, tuning.cc
// and device/timer.cc.
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

/// target[name] = a JavaScript function that calls `function` with `data`.
void add(napi_env env, napi_value target, const char* name, napi_callback function, void* data = nullptr) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value) != napi_ok ||
      napi_set_named_property(env, target, name, value) != napi_ok)
    throw Napi::Error::New(env);
}

/// The array through which operands reach kernels (Operands). It shares the memory, and keeps it alive.
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
  add(env, exports, "write", callback<writeBuffer>);
  add(env, exports, "read", callback<readBuffer>);
  add(env, exports, "readSync", callback<readBufferSync>);
  add(env, exports, "describe", callback<describeBuffer>);
  add(env, exports, "sync", callback<synchronize>);
  add(env, exports, "setup", callback<setup>);
  add(env, exports, "setOptions", callback<setOptions>);
  add(env, exports, "info", callback<describeDevice>);
  add(env, exports, "memory", callback<describeMemory>);
  add(env, exports, "emptyCache", callback<emptyCache>);
  add(env, exports, "takeRaces", callback<takeRaces>);
  add(env, exports, "takeProducts", callback<takeProducts>);
  add(env, exports, "elapsed", callback<elapsed>);
}

}  // namespace

}  // namespace wengert

/// Called once for each environment: the main thread, and each worker. Throws an Error that says why the device cannot
/// be used.
NAPI_MODULE_INIT() {
  using namespace wengert;
  try {
    auto environment = std::make_unique<Environment>(Napi::Env(env));
    Environment& kept = *environment;
    Napi::Env(env).SetInstanceData(environment.release());
    // The hook ends threads while the environment is still valid. The instance data, which they use, is deleted after
    // it.
    Napi::Env(env).AddCleanupHook([](Environment* ending) { ending->shutDown(); }, &kept);
    fillExports(kept, Napi::Object(env, exports));
    return exports;
  } catch (...) {
    ErrorClasses().throwCurrent(env);
    return nullptr;
  }
}
