// Turns C++ exceptions into JavaScript errors (errors.h). JavaScript code may run here: the constructors of the error
// classes.
#include "errors.h"

#include <new>

#include "runtime/check.h"
#include "runtime/stream.h"
#include "script.h"

namespace wengert {

namespace {

/// new errorClass(message), or a plain Error before `setup` was called.
Napi::Value make(Napi::Env env, const Napi::FunctionReference& errorClass, const char* message) {
  const Napi::String text = Napi::String::New(env, message);
  return errorClass.IsEmpty() ? Napi::Error::New(env, message).Value() : construct(errorClass.Value(), text);
}

}  // namespace

void ErrorClasses::set(const Napi::Object& classes) {
  const auto keep = [&](const char* name) {
    const Napi::Value value = propertyOf(classes, name);
    if (!value.IsFunction()) throw WrongType(std::string("setup: ") + name + " must be an error class");
    return Napi::Persistent(value.As<Napi::Function>());
  };
  Napi::FunctionReference argument = keep("ArgumentError");
  Napi::FunctionReference device = keep("DeviceError");
  memory_ = keep("OutOfMemoryError");
  argument_ = std::move(argument);
  device_ = std::move(device);
}

Napi::Value ErrorClasses::fromCurrent(napi_env raw) const {
  const Napi::Env env(raw);
  try {
    throw;
  } catch (const ScriptStopped&) {
    throw;
  } catch (const Napi::Error& error) {
    return error.Value();
  } catch (const WrongType& error) {
    return Napi::TypeError::New(env, error.what()).Value();
  } catch (const WrongValue& error) {
    return Napi::RangeError::New(env, error.what()).Value();
  } catch (const InvalidCall& error) {
    return make(env, argument_, error.what());
  } catch (const DeviceFailure& error) {
    return make(env, error.outOfMemory ? memory_ : device_, error.what());
  } catch (const std::bad_alloc&) {
    return make(env, memory_, "the host is out of memory");
  } catch (const std::exception& error) {
    return make(env, device_, error.what());
  }
}

void ErrorClasses::throwCurrent(napi_env env) const noexcept {
  try {
    napi_throw(env, fromCurrent(env));
    return;
  } catch (const ScriptStopped&) {
    // An exception is pending: from the program's code, from the error class, or from V8, which ends the thread.
  } catch (...) {
    // The environment is ending.
  }
  bool isPending = true;
  if (napi_is_exception_pending(env, &isPending) == napi_ok && !isPending)
    napi_throw_error(env, nullptr, "the error could not be created");
}

}  // namespace wengert
