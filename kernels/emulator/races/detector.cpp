// The race detector (detector.h). Clocks are joined 8 components at a time, and bytes with the same history share a set
// of readers, since a kernel makes millions of accesses.
#include "emulator/races/detector.h"

#include <algorithm>
#include <cstring>

namespace emulator {

namespace {
constexpr std::size_t lanes = 8;
using Lane __attribute__((vector_size(lanes * sizeof(std::uint32_t)), aligned(4), may_alias)) = std::uint32_t;
}  // namespace

void Clock::raise(int agent, std::uint32_t time) {
  if (static_cast<std::size_t>(agent) >= times_.size()) times_.resize((agent + lanes) / lanes * lanes, 0);
  times_[agent] = std::max(times_[agent], time);
}

void Clock::join(const Clock& other) {
  if (times_.size() < other.times_.size()) times_.resize(other.times_.size(), 0);
  for (std::size_t i = 0; i < other.times_.size(); i += lanes) {
    auto& into = *reinterpret_cast<Lane*>(times_.data() + i);
    const auto& from = *reinterpret_cast<const Lane*>(other.times_.data() + i);
    into = into > from ? into : from;
  }
}

void Clock::meet(const Clock& other) {
  for (std::size_t i = 0; i < times_.size(); i++) times_[i] = std::min(times_[i], other.of(static_cast<int>(i)));
}

void Clock::reset(int agents) { times_.assign((agents + lanes - 1) / lanes * lanes, 0); }

void Detector::begin(int threads, std::size_t sharedBytes) {
  threadCount_ = threads;
  threads_.resize(threads);
  for (int t = 0; t < threads; t++) {
    threads_[t].generic.reset(threads);
    threads_[t].generic.raise(t, 1);
    threads_[t].async.clear();
  }
  asyncUsed_ = false;
  engines_.clear();
  bytes_ = sharedBytes;
  if (cells_.size() < sharedBytes) cells_.resize(sharedBytes);
  // Cells of an earlier generation count as empty, so a new block does not clear memory that it does not use.
  if (++generation_ == 0) {
    std::fill(cells_.begin(), cells_.end(), Cell());
    generation_ = 1;
  }
  sets_.assign(1, Set{0, 0, 0, 0, nobody});
  alone_.assign(threads, 0);
  verified_.assign(threads, 0);
  atomics_.clear();
  races_.clear();
}

int Detector::addEngine(const std::string& name) {
  engines_.push_back(name);
  alone_.push_back(0);
  return threadCount_ + static_cast<int>(engines_.size()) - 1;
}

void Detector::access(int thread, std::size_t offset, std::size_t bytes, bool isWrite) {
  touch({thread, threads_[thread].generic.of(thread), &threads_[thread], false}, offset, bytes, isWrite);
}

void Detector::accessAsync(int engine, std::uint32_t time, const Knowledge& issuer, std::size_t offset,
                           std::size_t bytes, bool isWrite, bool throughProxy) {
  touch({engine, time, &issuer, throughProxy}, offset, bytes, isWrite);
}

void Detector::touch(const Accessor& by, std::size_t offset, std::size_t bytes, bool isWrite) {
  const std::size_t end = std::min(offset + bytes, bytes_);
  Cell before, after;
  for (std::size_t i = offset; i < end; i++) {
    Cell& cell = cells_[i];
    if (cell.generation != generation_) {
      cell = Cell();
      cell.generation = generation_;
    }
    // Neighbouring bytes mostly have the same history: the result for the previous byte is copied.
    if (i > offset && std::memcmp(&cell, &before, sizeof(Cell)) == 0 && !(cell.flags & atomics)) {
      cell = after;
      continue;
    }
    before = cell;
    touchCell(by, i, cell, isWrite);
    after = cell;
  }
}

/// Checks an access of one byte against its history, and adds it: a read is added to the readers, a write replaces all.
void Detector::touchCell(const Accessor& by, std::size_t at, Cell& cell, bool isWrite) {
  checkWriter(by, at, cell, isWrite ? "write after write" : "read after write");
  if (cell.flags & atomics) {
    checkSet(by, at, atomics_[at], isWrite ? "write after an atomic access" : "read after an atomic access");
    if (isWrite) atomics_.erase(at);
  }
  if (isWrite) {
    checkSet(by, at, cell.readers, "write after read");
    cell.readers = 0;
    cell.writer = static_cast<std::uint16_t>(by.agent);
    cell.writeTime = by.time;
    cell.flags =
        static_cast<std::uint8_t>((cell.flags & reported) | initialised | (by.throughProxy ? writtenAsync : 0));
    return;
  }
  if (!(cell.flags & initialised)) {
    report("read of memory that was never written", at, -1, by.agent);
    cell.flags |= initialised;
  }
  cell.readers = with(cell.readers, by);
}

void Detector::accessAtomic(int thread, std::size_t offset, std::size_t bytes) {
  const Accessor by{thread, threads_[thread].generic.of(thread), &threads_[thread], false};
  for (std::size_t i = offset; i < std::min(offset + bytes, bytes_); i++) {
    Cell& cell = cells_[i];
    if (cell.generation != generation_) {
      cell = Cell();
      cell.generation = generation_;
    }
    checkWriter(by, i, cell, "atomic access after write");
    checkSet(by, i, cell.readers, "atomic access after read");
    if (!(cell.flags & initialised)) report("read of memory that was never written", i, -1, thread);
    cell.flags |= initialised | atomics;
    std::uint32_t& set = atomics_[i];
    set = with(set, by);
  }
}

void Detector::checkWriter(const Accessor& by, std::size_t at, const Cell& cell, const char* kind) {
  if (cell.writer == nobody) return;
  // The async proxy sees an ordinary write only if a fence came after it.
  const Clock& known = by.throughProxy && !(cell.flags & writtenAsync) ? by.known->async : by.known->generic;
  if (cell.writeTime > known.of(cell.writer)) report(kind, at, cell.writer, by.agent);
}

/// Reports the first access of the set that is not known to have come before.
void Detector::checkSet(const Accessor& by, std::size_t at, std::uint32_t set, const char* kind) {
  const bool isThread = by.agent < threadCount_;
  if (set == 0 || (isThread && verified_[by.agent] == set)) return;
  for (std::uint32_t s = set; s != 0; s = sets_[s].parent)
    if (sets_[s].time > by.known->generic.of(sets_[s].agent)) {
      report(kind, at, sets_[s].agent, by.agent);
      return;
    }
  if (isThread) verified_[by.agent] = set;  // knowledge only grows
}

/// The set with one more access. If the access is ordered after all others of the set, they need not be stored any
/// more: an access that is ordered after this one is ordered after them too.
std::uint32_t Detector::with(std::uint32_t set, const Accessor& by) {
  const auto isSelf = [&](std::uint32_t s) { return sets_[s].agent == by.agent && sets_[s].time == by.time; };
  if (set != 0 && isSelf(set)) return set;
  bool allKnown = true;
  for (std::uint32_t s = set; s != 0 && allKnown; s = sets_[s].parent)
    allKnown = sets_[s].time <= by.known->generic.of(sets_[s].agent);
  if (allKnown) {
    std::uint32_t& alone = alone_[by.agent];
    if (alone == 0 || !isSelf(alone)) alone = makeSet(0, by);
    return alone;
  }
  if (sets_[set].child != 0 && isSelf(sets_[set].child)) return sets_[set].child;
  if (sets_[set].agents >> (by.agent % 64) & 1)
    for (std::uint32_t s = set; s != 0; s = sets_[s].parent)
      if (isSelf(s)) return set;
  const std::uint32_t made = makeSet(set, by);
  sets_[set].child = made;
  return made;
}

std::uint32_t Detector::makeSet(std::uint32_t parent, const Accessor& by) {
  const std::uint64_t agents = (parent == 0 ? 0 : sets_[parent].agents) | std::uint64_t{1} << (by.agent % 64);
  sets_.push_back({parent, by.time, agents, 0, static_cast<std::uint16_t>(by.agent)});
  return static_cast<std::uint32_t>(sets_.size() - 1);
}

void Detector::release(int thread, Knowledge& sync) {
  sync.generic.join(threads_[thread].generic);
  if (asyncUsed_) sync.async.join(threads_[thread].async);
  tick(thread);
}

void Detector::acquire(int thread, const Knowledge& sync) {
  threads_[thread].generic.join(sync.generic);
  if (asyncUsed_) threads_[thread].async.join(sync.async);
}

void Detector::synchronise(const int* threads, int count) {
  joined_.generic.clear();
  joined_.async.clear();
  for (int i = 0; i < count; i++) release(threads[i], joined_);
  for (int i = 0; i < count; i++) acquire(threads[i], joined_);
}

void Detector::fenceAsync(int thread) {
  asyncUsed_ = true;
  threads_[thread].async.join(threads_[thread].generic);
  tick(thread);  // later writes of the thread are not fenced
}

std::string Detector::nameOf(int agent) const {
  return agent < threadCount_ ? "thread " + std::to_string(agent) : engines_[agent - threadCount_];
}

void Detector::report(const char* kind, std::size_t offset, int first, int second) {
  if ((cells_[offset].flags & reported) || races_.size() >= maximum) return;
  // Neighbouring bytes of one access are one race.
  for (std::size_t i = offset; i < bytes_ && i < offset + 16; i++) {
    if (cells_[i].generation != generation_) {
      cells_[i] = Cell();
      cells_[i].generation = generation_;
    }
    cells_[i].flags |= reported;
  }
  const std::string before = first < 0 ? "" : nameOf(first) + ", then ";
  races_.push_back(std::string(kind) + " at shared byte " + std::to_string(offset) + ": " + before + nameOf(second));
}

}  // namespace emulator
