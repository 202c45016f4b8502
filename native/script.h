// Calls that may run JavaScript code: getters, proxies, toString, constructors and functions. All code of the addon
// uses these instead of node-addon-api's: if V8 stops JavaScript (worker.terminate(), process.exit() in a worker, a
// timeout of node:vm), no value can be created any more, and node-addon-api would end the process because it cannot
// create an Error.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

namespace wengert {

/// JavaScript code threw, or V8 stopped it. The exception stays pending in the environment. Code that catches this
/// must return to JavaScript without calling it again.
struct ScriptStopped {};

/// Throws ScriptStopped unless the call worked.
inline void finished(napi_status status) {
  if (status != napi_ok) throw ScriptStopped();
}

/// object[name]
inline Napi::Value propertyOf(const Napi::Object& object, const char* name) {
  napi_value value;
  finished(napi_get_named_property(object.Env(), object, name, &value));
  return {object.Env(), value};
}

/// list[index]
inline Napi::Value elementOf(const Napi::Object& list, std::uint32_t index) {
  napi_value value;
  finished(napi_get_element(list.Env(), list, index, &value));
  return {list.Env(), value};
}

/// The names of the enumerable properties, as `for ... in` lists them.
inline Napi::Array propertyNamesOf(const Napi::Object& object) {
  napi_value names;
  finished(napi_get_property_names(object.Env(), object, &names));
  return {object.Env(), names};
}

/// String(value)
inline std::string textOf(const Napi::Value& value) {
  napi_value text;
  finished(napi_coerce_to_string(value.Env(), value, &text));
  return Napi::String(value.Env(), text).Utf8Value();
}

/// body()
inline Napi::Value call(const Napi::Function& body) {
  napi_value undefined;
  napi_value result;
  finished(napi_get_undefined(body.Env(), &undefined));
  finished(napi_call_function(body.Env(), undefined, body, 0, nullptr, &result));
  return {body.Env(), result};
}

/// new Class(argument)
inline Napi::Value construct(const Napi::Function& constructor, napi_value argument) {
  napi_value made;
  finished(napi_new_instance(constructor.Env(), constructor, 1, &argument, &made));
  return {constructor.Env(), made};
}

}  // namespace wengert
