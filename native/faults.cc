#include "faults.h"

#include <algorithm>
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

void append(std::string& list, const std::string& text) { list += (list.empty() ? "" : "; ") + text; }

}  // namespace

Faults::Faults(Device& device) : device_(device) {
  for (const Kernel* kernel = Kernel::first; kernel != nullptr; kernel = kernel->next) kernels_.push_back(kernel);
  const std::size_t count = most * kernels_.size();
  const std::size_t bytes = std::max<std::size_t>(count, 1) * sizeof(KernelFault);
  records_ = static_cast<KernelFault*>(device.allocate(bytes));
  flags_ = static_cast<int*>(device.allocatePinned(most * sizeof(int)));
  auto* const empty = static_cast<KernelFault*>(device.allocatePinned(bytes));
  try {
    if (records_ == nullptr)
      throw DeviceFailure(std::string(Device::kind) + ": no memory for " + std::to_string(bytes) +
                              " bytes (what kernels report): " + std::to_string(device.freeMemory()) +
                              " are free on the device",
                          true);
    if (flags_ == nullptr || empty == nullptr)
      throw DeviceFailure(std::string(Device::kind) + ": the host has no pinned memory for " + std::to_string(bytes) +
                              " bytes (what kernels report)",
                          true);
    for (std::size_t place = 0; place < most; place++) flags_[place] = 0;
    for (std::size_t i = 0; i < count; i++) empty[i] = {0, 0, 0, 0, flags_ + i / kernels_.size()};
    device.upload(records_, empty, count * sizeof(KernelFault));
    device.await(device.mark());
  } catch (...) {
    if (empty != nullptr) device.releasePinned(empty, bytes);
    release();
    throw;
  }
  device.releasePinned(empty, bytes);
  current_ = recordsOf(1);
}

Faults::~Faults() { release(); }

void Faults::release() noexcept {
  if (flags_ != nullptr) device_.releasePinned(const_cast<int*>(flags_), most * sizeof(int));
  if (records_ != nullptr) device_.release(records_);
}

Faults::Interval Faults::endInterval(Ticket reached) {
  reached_[placeOf(++ended_)] = reached;
  while (ended_ + 1 - looked_ > most) lookAt(looked_ + 1);
  current_ = recordsOf(ended_ + 1);
  return ended_;
}

/// Waits for the end of the interval, keeps what was found in it, and makes its records ready to be used again.
void Faults::lookAt(Interval interval) {
  const std::size_t place = placeOf(interval);
  device_.await(reached_[place]);
  if (flags_[place] != 0) {
    KernelFault* const records = recordsOf(interval);
    std::vector<KernelFault> found(kernels_.size());
    device_.read(found.data(), records, recordBytes(), reached_[place]);
    std::string text;
    for (std::size_t i = 0; i < found.size(); i++)
      if (found[i].claimed != 0) append(text, std::string(kernels_[i]->name) + ": " + describe(found[i]));
    reports_.push_back({interval, 0, text});
    flags_[place] = 0;
    for (std::size_t i = 0; i < found.size(); i++)
      if (found[i].claimed != 0) device_.fill(&records[i].claimed, 0, sizeof(records[i].claimed));
  }
  looked_ = interval;
}

void Faults::check(Interval until) {
  const std::string stopped = device_.takeFault();
  while (looked_ < until) lookAt(looked_ + 1);
  std::string found;
  for (Report& report : reports_) {
    if (report.found > until) continue;
    if (report.told == 0) report.told = ended_;
    if (until <= report.told) append(found, report.text);
  }
  std::erase_if(reports_, [&](const Report& report) { return report.told != 0 && report.told + most < ended_; });
  if (!stopped.empty())
    throw DeviceFailure(std::string(Device::kind) + ": " + stopped + (found.empty() ? "" : "; ") + found);
  if (!found.empty()) throw InvalidCall(found);
}

}  // namespace wengert
