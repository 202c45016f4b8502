#include "faults.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "check.h"

namespace wengert {

namespace {

std::string describe(const KernelFault& fault) {
  if (fault.rule < 0 || fault.rule >= static_cast<int>(std::size(faultRules))) return "broke an unknown rule";
  std::string text = faultRules[fault.rule];
  const auto put = [&](const std::string& name, long long value) {
    if (const std::size_t at = text.find(name); at != std::string::npos)
      text.replace(at, name.size(), std::to_string(value));
  };
  put("{value}", fault.value);
  put("{limit}", fault.limit);
  return text;
}

}  // namespace

Faults::Faults(Device& device) : device_(device) {
  for (const Kernel* kernel = Kernel::first; kernel != nullptr; kernel = kernel->next) kernels_.push_back(kernel);
  records_ = static_cast<KernelFault*>(device.allocate(std::max<std::size_t>(bytes(), 1)));
  if (records_ == nullptr) throw DeviceFailure(std::string(Device::kind) + ": the device has no memory at all", true);
  device.fill(records_, 0, bytes());
}

Faults::~Faults() { device_.release(records_); }

void Faults::check(const void* downloaded) {
  const std::string stopped = device_.takeFault();
  std::string claimed;
  for (std::size_t i = 0; i < kernels_.size(); i++) {
    KernelFault fault;
    std::memcpy(&fault, static_cast<const char*>(downloaded) + i * sizeof(fault), sizeof(fault));
    if (fault.claimed == 0) continue;
    claimed += (claimed.empty() ? "" : "; ") + std::string(kernels_[i]->name) + ": " + describe(fault);
  }
  if (!claimed.empty()) device_.fill(records_, 0, bytes());
  if (!stopped.empty())
    throw DeviceFailure(std::string(Device::kind) + ": " + stopped + (claimed.empty() ? "" : "; ") + claimed);
  if (!claimed.empty()) throw InvalidCall(claimed);
}

}  // namespace wengert
