// mbarriers and bulk copies on the emulator (bulk.h). A copy happens at a random moment between its issue and its wait;
// with the race detector, its accesses are checked when it is issued.
#include "emulator/instructions/bulk.h"

#include <algorithm>
#include <cstring>

namespace emulator {

Bulk::Mbarrier& Bulk::find(const std::uint64_t* barrier, const char* operation) {
  const std::size_t offset = block_.sharedOffset(barrier, 8, 8, operation);
  for (const auto& known : barriers_)
    if (known->offset == offset) {
      if (Detector* detector = block_.detector()) detector->accessAtomic(block_.thread().number, offset, 8);
      return *known;
    }
  block_.fault(std::string(operation) + ": shared byte " + std::to_string(offset) + " is not an initialized mbarrier");
}

void Bulk::initialise(std::uint64_t* barrier, std::uint32_t count) {
  const std::size_t offset = block_.sharedOffset(barrier, 8, 8, "mbarrier.init");
  if (count == 0 || count >= 1u << 20)
    block_.fault("mbarrier.init: the count must be from 1 to 2^20 - 1, got " + std::to_string(count));
  auto made = std::make_unique<Mbarrier>();
  made->offset = offset;
  made->count = made->pending = count;
  made->initialiser = block_.thread().number;
  if (Detector* detector = block_.detector()) {
    detector->access(made->initialiser, offset, 8, true);
    made->engine = detector->addEngine("a bulk copy to the mbarrier at " + std::to_string(offset));
  }
  std::erase_if(barriers_, [offset](const auto& known) { return known->offset == offset; });
  barriers_.push_back(std::move(made));
  *barrier = 0;
  block_.maybePreempt();
}

void Bulk::fenceInitialised() {
  for (const auto& barrier : barriers_)
    if (barrier->initialiser == block_.thread().number) barrier->isFenced = true;
}

void Bulk::arrive(std::uint64_t* at, std::uint32_t expectedBytes) {
  Mbarrier& barrier = find(at, "mbarrier.arrive");
  const Thread& self = block_.thread();
  if (barrier.pending == 0)
    block_.fault("mbarrier.arrive: the number of arrivals in this phase exceeds the mbarrier's count");
  if (Detector* detector = block_.detector()) detector->release(self.number, barrier.arrivals);
  barrier.bytes += expectedBytes;
  barrier.pending--;
  completeIfDone(barrier, self);
  block_.maybePreempt();
}

/// Completes the phase if all arrivals were made and all expected bytes have arrived: wakes the threads that wait for
/// it and begins the next phase.
void Bulk::completeIfDone(Mbarrier& barrier, const Thread& by) {
  if (barrier.pending > 0 || barrier.bytes != 0) return;
  if (barrier.underWay > 0)
    block_.fault(
        by, "the phase of an mbarrier completed while bulk copies to it were in progress: it expected too few bytes");
  if (block_.detector() != nullptr) {
    // A thread that waits for a phase learns the knowledge of arrivals in it or before it, and that its copies are
    // done; it does not learn of later arrivals.
    barrier.arrivals.generic.raise(barrier.engine, barrier.phase + 1);
    barrier.completed = barrier.arrivals;
  }
  barrier.phase++;
  barrier.pending = barrier.count;
  for (Thread* thread : barrier.waiting) {
    if (Detector* detector = block_.detector()) detector->acquire(thread->number, barrier.completed);
    block_.wake(*thread);
  }
  barrier.waiting.clear();
}

void Bulk::wait(std::uint64_t* at, std::uint32_t parity) {
  Mbarrier& barrier = find(at, "mbarrier.try_wait");
  Thread& self = block_.thread();
  if (parity > 1) block_.fault("mbarrier.try_wait: the parity must be 0 or 1, got " + std::to_string(parity));
  block_.maybePreempt();
  if (barrier.phase % 2 == parity) {
    barrier.waiting.push_back(&self);
    block_.suspend();
  } else if (Detector* detector = block_.detector()) {
    detector->acquire(self.number, barrier.completed);
  }
}

void Bulk::load(void* target, const TensorMap& map, std::uint64_t* at, const int* coordinates) {
  Mbarrier& barrier = find(at, "cp.async.bulk.tensor");
  Thread& self = block_.thread();
  if (!barrier.isFenced) block_.fault("cp.async.bulk.tensor: no fence since its mbarrier was initialized");
  Copy copy{true,     map,   {}, block_.sharedOffset(target, map.boxBytes(), 128, "cp.async.bulk.tensor"),
            &barrier, &self, 0};
  std::copy_n(coordinates, map.rank, copy.at);
  if (Detector* detector = block_.detector())
    detector->accessAsync(barrier.engine, barrier.phase + 1, detector->knowledge(self.number), copy.offset,
                          map.boxBytes(), true, true);
  barrier.underWay++;
  copies_.push_back(copy);
  block_.maybePreempt();
}

Bulk::Groups& Bulk::groupsOf(const Thread& thread) {
  if (groups_.empty()) groups_.resize(block_.threads());
  return groups_[thread.number];
}

void Bulk::store(const TensorMap& map, const void* source, const int* coordinates) {
  Thread& self = block_.thread();
  Groups& groups = groupsOf(self);
  Copy copy{false,
            map,
            {},
            block_.sharedOffset(source, map.boxBytes(), 128, "cp.async.bulk.tensor"),
            nullptr,
            &self,
            groups.committed};
  std::copy_n(coordinates, map.rank, copy.at);
  if (Detector* detector = block_.detector()) {
    if (groups.engine < 0) groups.engine = detector->addEngine("a bulk store of thread " + std::to_string(self.number));
    detector->accessAsync(groups.engine, groups.committed + 1, detector->knowledge(self.number), copy.offset,
                          map.boxBytes(), false, true);
  }
  groups.stored = groups.committed + 1;
  copies_.push_back(copy);
  block_.maybePreempt();
}

void Bulk::commit() { groupsOf(block_.thread()).committed++; }

bool Bulk::isDone(const Thread& thread, int group) const {
  return std::none_of(copies_.begin(), copies_.end(), [&](const Copy& copy) {
    return !copy.isLoad && copy.issuer == &thread && copy.group < group;
  });
}

void Bulk::wait(int groupsLeft) {
  Thread& self = block_.thread();
  Groups& groups = groupsOf(self);
  const int through = groups.committed - groupsLeft;
  block_.maybePreempt();
  while (!isDone(self, through)) {
    groups.waiter = &self;
    groups.waitsFor = through;
    block_.suspend();
  }
  groups.waited = std::max(groups.waited, through);
  if (Detector* detector = block_.detector(); detector && groups.engine >= 0 && through > 0)
    detector->learn(self.number, groups.engine, through);
}

bool Bulk::performSomething() {
  if (copies_.empty()) return false;
  perform(block_.shuffle() ? block_.random().below(copies_.size()) : 0);
  return true;
}

void Bulk::perform(std::size_t at) {
  const Copy copy = copies_[at];
  copies_.erase(copies_.begin() + at);
  move(copy);
  if (copy.isLoad) {
    copy.barrier->underWay--;
    copy.barrier->bytes -= static_cast<std::int64_t>(copy.map.boxBytes());
    completeIfDone(*copy.barrier, *copy.issuer);
    return;
  }
  Groups& groups = groups_[copy.issuer->number];
  if (groups.waiter != nullptr && isDone(*groups.waiter, groups.waitsFor)) {
    block_.wake(*groups.waiter);
    groups.waiter = nullptr;
  }
}

/// Moves the data of a copy, row by row of the box and 16 bytes at a time, since a swizzle keeps 16 bytes together. For
/// a row:
///
///   box            |<------------ rowBytes ------------>|
///   tensor              |<--- inside: first .. end --->|
///
/// Bytes outside are zeros in a load, and skipped in a store. `copy.at` is the start of the box in the tensor and may
/// be negative; a row outside in another dimension does not exist.
void Bulk::move(const Copy& copy) {
  const TensorMap& map = copy.map;
  const std::int64_t element = map.elementBytes;
  const std::int64_t rowBytes = map.box[0] * element;
  const std::int64_t rows = static_cast<std::int64_t>(map.boxBytes()) / rowBytes;
  for (std::int64_t row = 0; row < rows; row++) {
    bool exists = true;
    std::int64_t rest = row, start = copy.at[0] * element;
    for (int d = 1; d < map.rank; d++) {
      const std::int64_t i = copy.at[d] + rest % map.box[d];
      rest /= map.box[d];
      exists &= i >= 0 && i < static_cast<std::int64_t>(map.dims[d]);
      start += i * static_cast<std::int64_t>(map.strides[d]);
    }
    // The part of the row that lies in the tensor.
    const std::int64_t first = exists ? std::clamp<std::int64_t>(-copy.at[0] * element, 0, rowBytes) : rowBytes;
    const std::int64_t end =
        std::clamp<std::int64_t>((static_cast<std::int64_t>(map.dims[0]) - copy.at[0]) * element, first, rowBytes);
    if (end > first) block_.checkGlobal(map.data + start + first, end - first);
    for (std::int64_t chunk = 0; chunk < rowBytes; chunk += 16) {
      unsigned char* const shared = block_.shared() + swizzled(copy.offset + row * rowBytes + chunk, map.swizzle);
      const std::int64_t from = std::clamp(first - chunk, std::int64_t{0}, std::int64_t{16});
      const std::int64_t to = std::clamp(end - chunk, from, std::int64_t{16});
      if (copy.isLoad && to - from < 16) std::memset(shared, 0, 16);
      if (to == from) continue;
      unsigned char* const global = map.data + start + chunk + from;
      if (copy.isLoad) std::memcpy(shared + from, global, to - from);
      else std::memcpy(global, shared + from, to - from);
    }
  }
}

void Bulk::endThread(const Thread& thread) {
  if (groups_.empty()) return;
  const Groups& groups = groups_[thread.number];
  if (groups.waited < groups.stored) block_.fault("the thread ended without waiting for its bulk stores");
}

}  // namespace emulator
