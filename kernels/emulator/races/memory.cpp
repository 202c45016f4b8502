// The list of registered allocations, and the search for the one whose guard band an access touches (memory.h). The
// list is replaced as a whole when it changes, so a launch keeps the one that it started with.
#include "emulator/races/memory.h"

#include <algorithm>
#include <mutex>

namespace emulator {

namespace {

std::mutex mutex;
// Never destroyed: a launch may still read it while the process ends.
std::shared_ptr<const Regions>& current = *new std::shared_ptr<const Regions>(std::make_shared<Regions>());

/// The first allocation that begins after the address.
Regions::const_iterator after(const Regions& regions, std::uintptr_t address) {
  return std::upper_bound(regions.begin(), regions.end(), address,
                          [](std::uintptr_t a, const Region& region) { return a < region.begin; });
}

/// The allocation whose guard band an access touches, or null.
const Region* struck(const Regions& regions, std::uintptr_t begin, std::size_t bytes) {
  const auto next = after(regions, begin);
  if (next != regions.begin()) {
    const Region& previous = next[-1];
    if (begin + bytes <= previous.end) return nullptr;
    if (begin < previous.end + guardBytes) return &previous;
  }
  if (next != regions.end() && begin + bytes + guardBytes > next->begin) return &*next;
  return nullptr;
}

}  // namespace

void registerMemory(const void* data, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::lock_guard lock(mutex);
  auto changed = std::make_shared<Regions>(*current);
  changed->insert(after(*changed, begin), Region{begin, begin + bytes});
  current = std::move(changed);
}

void unregisterMemory(const void* data) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::lock_guard lock(mutex);
  auto changed = std::make_shared<Regions>(*current);
  std::erase_if(*changed, [begin](const Region& region) { return region.begin == begin; });
  current = std::move(changed);
}

std::shared_ptr<const Regions> registeredMemory() {
  const std::lock_guard lock(mutex);
  return current;
}

void MemoryCheck::use(std::shared_ptr<const Regions> regions) {
  if (regions == regions_) return;
  regions_ = std::move(regions);
  low_ = regions_->empty() ? UINTPTR_MAX : regions_->front().begin;
  high_ = regions_->empty() ? 0 : regions_->back().end;
  for (Region& region : recent_) region = {};
}

bool MemoryCheck::search(std::uintptr_t begin, std::size_t bytes) {
  if (struck(*regions_, begin, bytes) != nullptr) return false;
  const auto next = after(*regions_, begin);
  if (next != regions_->begin() && begin < next[-1].end) recent_[next_++ % 4] = next[-1];
  return true;
}

std::string MemoryCheck::describe(const void* address, std::size_t bytes) const {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  const Region* region = struck(*regions_, begin, bytes);
  if (region == nullptr) return "";
  const std::string what = "an access of " + std::to_string(bytes) + " bytes in global memory, ";
  const std::string of = " an allocation of " + std::to_string(region->end - region->begin) + " bytes";
  if (begin < region->begin) return what + std::to_string(region->begin - begin) + " bytes before" + of;
  return what + "at byte " + std::to_string(begin - region->begin) + " of" + of;
}

}  // namespace emulator
