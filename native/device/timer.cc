// elapsed(body) (timer.h): records the time of the stream before and after the function.
#include "device/timer.h"

#include "script.h"

namespace wengert {

namespace {

/// A recorded point of the stream, for as long as this object lives.
class NotedMoment {
 public:
  explicit NotedMoment(Device& device) : device_(device), moment_(device.noteTime()) {}
  ~NotedMoment() { device_.forgetTime(moment_); }
  NotedMoment(const NotedMoment&) = delete;
  NotedMoment& operator=(const NotedMoment&) = delete;

  Moment moment() const { return moment_; }

 private:
  Device& device_;
  Moment moment_;
};

}  // namespace

Napi::Value elapsed(Environment& environment, const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) throw WrongType("elapsed: body must be a function");
  Device& device = *environment.device;
  const NotedMoment from(device);
  const Napi::Value result = call(info[0].As<Napi::Function>());
  const NotedMoment to(device);
  if (result.IsPromise())
    throw WrongType("elapsed: body must not be async (it returned a promise); submit all work before it returns");
  // Waits, and throws errors that kernels reported.
  environment.reader.sync();
  return Napi::Number::New(info.Env(), device.elapsed(from.moment(), to.moment()));
}

}  // namespace wengert
