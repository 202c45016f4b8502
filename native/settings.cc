// The functions of the addon that read and set options and describe the device (settings.h).
#include "settings.h"

#include <cmath>
#include <optional>
#include <string>

#include "runtime/check.h"
#include "script.h"
#include "tuning.h"

namespace wengert {

namespace {

// Values of options; each throws WrongType with the option's name.

bool boolOf(const std::string& name, const Napi::Value& value) {
  if (!value.IsBoolean()) throw WrongType("setOptions: " + name + " must be true or false");
  return value.As<Napi::Boolean>();
}

std::uint64_t integerOf(const std::string& name, const Napi::Value& value) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= 0 && number <= 9007199254740991.0) || std::trunc(number) != number)
    throw WrongType("setOptions: " + name + " must be an integer from 0 to 2^53 - 1");
  return static_cast<std::uint64_t>(number);
}

FloatMode modeOf(const std::string& name, const Napi::Value& value) {
  const std::string mode = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (mode != "ieee" && mode != "tf32") throw WrongType("setOptions: " + name + " must be \"ieee\" or \"tf32\"");
  return mode == "ieee" ? FloatMode::ieee : FloatMode::tf32;
}

}  // namespace

Napi::Value setup(Environment& environment, const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw WrongType("setup: the argument must be an object of error classes");
  environment.errors.set(info[0].As<Napi::Object>());
  return info.Env().Undefined();
}

Napi::Value setOptions(Environment& environment, const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw WrongType("setOptions: the argument must be an object");
  const Napi::Object given = info[0].As<Napi::Object>();
  const Napi::Array names = propertyNamesOf(given);
  // All options are read and checked before one is set, so a wrong call changes nothing.
  Options options = environment.options;
  bool poison = environment.memory.poison;
  bool guard = environment.memory.guard() != nullptr;
  Schedule schedule = environment.schedule;
  int capability = environment.capability;
  int processors = environment.processors;
  bool logProducts = environment.productLog != nullptr;
  std::optional<bool> profile;
  bool changesTuning = false;
  std::unique_ptr<const Tuning> measured;
  for (std::uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = textOf(elementOf(names, i));
    const Napi::Value value = propertyOf(given, name.c_str());
    if (value.IsUndefined()) continue;
    if (name == "matmul") options.matmul = modeOf(name, value);
    else if (name == "convolution") options.convolution = modeOf(name, value);
    else if (name == "skipLaunches") options.skipLaunches = boolOf(name, value);
    else if (name == "poison") poison = boolOf(name, value);
    else if (name == "guard") guard = boolOf(name, value);
    else if (name == "seed") schedule.seed = integerOf(name, value);
    else if (name == "shuffle") schedule.shuffle = boolOf(name, value);
    else if (name == "detectRaces") schedule.detectRaces = boolOf(name, value);
    else if (name == "capability") capability = static_cast<int>(std::min<std::uint64_t>(integerOf(name, value), 9999));
    else if (name == "processors") processors = static_cast<int>(std::min<std::uint64_t>(integerOf(name, value), 1 << 16));
    else if (name == "profile") profile = boolOf(name, value);
    else if (name == "logProducts") logProducts = boolOf(name, value);
    else if (name == "tuning") {
      measured = tuningOf(value);
      changesTuning = true;
    } else throw WrongType("setOptions: unknown option " + name);
  }
  environment.memory.useGuard(guard);
  if (capability != environment.capability) environment.pretend(capability);
  if (schedule != environment.schedule) {
    environment.device->setSchedule(schedule);
    environment.schedule = schedule;
  }
  environment.processors = processors > 0 ? processors : environment.device->info().processors;
  environment.options = options;
  if (profile) environment.device->profile(*profile);
  environment.memory.poison = poison;
  if (changesTuning) {
    environment.measured = std::move(measured);
    environment.tuning = environment.measured.get();
  }
  environment.productLog = logProducts ? &environment.products : nullptr;
  if (!logProducts) environment.products.products.clear();
  return info.Env().Undefined();
}

Napi::Value describeDevice(Environment& environment, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const DeviceInfo& device = environment.device->info();
  const auto version = [](int number) {
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
  };
  const Napi::Object description = Napi::Object::New(env);
  description.Set("name", device.name);
  description.Set("capability", std::to_string(device.capability / 10) + "." + std::to_string(device.capability % 10));
  description.Set("processors", device.processors);
  description.Set("memory", static_cast<double>(device.memory));
  description.Set("freeMemory", static_cast<double>(environment.device->freeMemory()));
  description.Set("driver", device.driver > 0 ? Napi::Value(Napi::String::New(env, version(device.driver))) : env.Null());
  description.Set("runtime",
                  device.runtime > 0 ? Napi::Value(Napi::String::New(env, version(device.runtime))) : env.Null());
  return description;
}

Napi::Value describeMemory(Environment& environment, const Napi::CallbackInfo& info) {
  const Allocator::Usage& usage = environment.memory.usage();
  const Napi::Object description = Napi::Object::New(info.Env());
  description.Set("live", static_cast<double>(usage.live));
  description.Set("cached", static_cast<double>(usage.cached));
  description.Set("peak", static_cast<double>(usage.peak));
  description.Set("pinned", static_cast<double>(Device::pinned()));
  return description;
}

Napi::Value emptyCache(Environment& environment, const Napi::CallbackInfo& info) {
  environment.memory.emptyCache();
  return info.Env().Undefined();
}

Napi::Value takeRaces(Environment& environment, const Napi::CallbackInfo& info) {
  const std::vector<std::string> races = environment.device->takeRaces();
  const Napi::Array lines = Napi::Array::New(info.Env(), races.size());
  for (std::size_t i = 0; i < races.size(); i++) lines.Set(static_cast<std::uint32_t>(i), races[i]);
  return lines;
}

}  // namespace wengert
