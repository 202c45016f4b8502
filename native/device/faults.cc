// Reports of running kernels (faults.h): allocating their records, ending intervals, and collecting reports.
#include "device/faults.h"

#include <algorithm>
#include <string>

#include "runtime/check.h"

namespace wengert {

namespace {

/// The rule's message, with the numbers of the report.
std::string describe(const KernelFault& fault) {
  if (fault.rule < 0 || fault.rule >= static_cast<int>(std::size(faultRules))) return "the kernel reported an unknown error";
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

Faults::Faults(Device& device, Staging& staging) : device_(device), staging_(staging) {
  for (const Kernel* kernel = Kernel::first; kernel != nullptr; kernel = kernel->next) kernels_.push_back(kernel);
  if (!allocateBlock())
    throw DeviceFailure(std::string(Device::kind) + ": out of memory: the error records of kernels need " +
                            std::to_string(placesPerBlock * recordBytes()) + " bytes, and " +
                            std::to_string(device.freeMemory()) + " bytes are free on the device",
                        true);
  current_ = free_.back();
  free_.pop_back();
}

Faults::~Faults() {
  for (const Block& block : blocks_) {
    device_.releasePinned(block.flags, placesPerBlock * sizeof(int));
    device_.release(block.records);
  }
}

/// Allocates the records of 64 more intervals, and submits the upload that clears them. False if there is no memory.
bool Faults::allocateBlock() {
  const std::size_t count = placesPerBlock * kernels_.size();
  const std::size_t bytes = std::max<std::size_t>(count, 1) * sizeof(KernelFault);
  blocks_.reserve(blocks_.size() + 1);
  free_.reserve((blocks_.size() + 1) * placesPerBlock);
  auto* const records = static_cast<KernelFault*>(device_.allocate(bytes));
  auto* const flags = static_cast<int*>(device_.allocatePinned(placesPerBlock * sizeof(int)));
  const auto release = [&] {
    if (flags != nullptr) device_.releasePinned(flags, placesPerBlock * sizeof(int));
    if (records != nullptr) device_.release(records);
  };
  if (records == nullptr || flags == nullptr) {
    release();
    return false;
  }
  Staging::Piece empty;
  try {
    empty = staging_.take(bytes);
    auto* const values = reinterpret_cast<KernelFault*>(empty.data);
    for (std::size_t place = 0; place < placesPerBlock; place++) flags[place] = 0;
    for (std::size_t i = 0; i < count; i++) values[i] = {0, 0, 0, 0, flags + i / kernels_.size()};
    device_.upload(records, values, count * sizeof(KernelFault));
    staging_.give(empty, device_.mark());
  } catch (const DeviceFailure& failure) {
    // Staging releases the piece at the end: the device may still read it.
    release();
    if (failure.outOfMemory) return false;
    throw;
  }
  blocks_.push_back({records, flags});
  for (std::size_t place = placesPerBlock; place-- > 0;)
    free_.push_back({records + place * kernels_.size(), flags + place});
  return true;
}

/// Ensures that `free_` has a place: looks at intervals that the device has reached, else allocates, else waits.
void Faults::makePlace() {
  while (!waiting_.empty() && device_.isDone(waiting_.front().reached)) lookAtOldest();
  if (free_.empty() && !allocateBlock()) lookAtOldest();
}

Faults::Interval Faults::endInterval(Ticket reached) {
  if (free_.empty()) makePlace();
  const auto opened = open_.insert(open_.end(), ended_ + 1);
  try {
    waiting_.push_back({current_, reached});
  } catch (...) {
    open_.erase(opened);
    throw;
  }
  current_ = free_.back();
  free_.pop_back();
  return ++ended_;
}

/// Waits for the end of the oldest interval that was not looked at, keeps its reports, and clears its records for
/// reuse.
void Faults::lookAtOldest() {
  const auto [place, reached] = waiting_.front();
  device_.await(reached);
  if (*place.flag != 0) {
    std::vector<KernelFault> found(kernels_.size());
    device_.read(found.data(), place.records, recordBytes(), reached);
    std::string text;
    for (std::size_t i = 0; i < found.size(); i++)
      if (found[i].claimed != 0) append(text, std::string(kernels_[i]->name) + ": " + describe(found[i]));
    reports_.push_back({looked_ + 1, 0, text});
    *place.flag = 0;
    for (std::size_t i = 0; i < found.size(); i++)
      if (found[i].claimed != 0) device_.fill(&place.records[i].claimed, 0, sizeof(place.records[i].claimed));
  }
  free_.push_back(place);
  waiting_.pop_front();
  looked_++;
}

void Faults::check(Interval until) {
  open_.erase(until);
  const std::string stopped = device_.takeFault();
  while (looked_ < until) lookAtOldest();
  std::string found;
  for (Report& report : reports_) {
    if (report.found > until) continue;
    if (report.told == 0) report.told = ended_;
    if (until <= report.told) append(found, report.text);
  }
  eraseToldReports();
  if (!stopped.empty())
    throw DeviceFailure(std::string(Device::kind) + ": " + stopped + (found.empty() ? "" : "; ") + found);
  if (!found.empty()) throw InvalidCall(found);
}

void Faults::forget(Interval until) noexcept {
  if (open_.erase(until) > 0) eraseToldReports();
}

/// A report is kept until every read whose interval had ended when it was first thrown has thrown it too.
void Faults::eraseToldReports() noexcept {
  std::erase_if(reports_, [&](const Report& report) {
    return report.told != 0 && (open_.empty() || *open_.begin() > report.told);
  });
}

}  // namespace wengert
