#include "detector.h"

#include <algorithm>

namespace emulator {

Detector::Detector(int threads, std::size_t sharedBytes)
    : threads_(threads), agents_(threads), bytes_(sharedBytes), readers_(sharedBytes) {
  for (int t = 0; t < threads; t++) {
    agents_[t].generic.assign(t + 1, 0);
    agents_[t].generic[t] = 1;
  }
}

// Clocks grow as agents are added; a component that is not there is 0.
std::uint32_t& Detector::component(Clock& clock, int agent) {
  if (clock.size() <= static_cast<std::size_t>(agent)) clock.resize(agent + 1, 0);
  return clock[agent];
}

std::uint32_t Detector::componentOf(const Clock& clock, int agent) {
  return static_cast<std::size_t>(agent) < clock.size() ? clock[agent] : 0;
}

void Detector::joinClock(Clock& into, const Clock& from) {
  if (into.size() < from.size()) into.resize(from.size(), 0);
  for (std::size_t i = 0; i < from.size(); i++) into[i] = std::max(into[i], from[i]);
}

void Detector::access(int thread, std::size_t offset, std::size_t bytes, bool isWrite) {
  touch(thread, offset, bytes, isWrite);
}

void Detector::accessAsync(int agent, std::size_t offset, std::size_t bytes, bool isWrite) {
  touch(agent, offset, bytes, isWrite);
}

void Detector::touch(int agent, std::size_t offset, std::size_t bytes, bool isWrite) {
  Agent& self = agents_[agent];
  const std::uint32_t now = componentOf(self.generic, agent);
  const std::size_t end = std::min(offset + bytes, bytes_.size());
  for (std::size_t i = offset; i < end; i++) {
    Byte& byte = bytes_[i];
    if (byte.writer >= 0 && byte.writer != agent) {
      // Through the async proxy, an ordinary write counts as seen only if it was fenced.
      const Clock& known = self.throughProxy && !byte.writtenAsync ? self.async : self.generic;
      if (byte.writeTime > componentOf(known, byte.writer)) report(isWrite ? "write after write" : "read after write", i, byte.writer, agent);
    }
    if (isWrite) {
      if (byte.manyReaders) {
        const Clock& readers = *readers_[i];
        for (std::size_t r = 0; r < readers.size(); r++)
          if (static_cast<int>(r) != agent && readers[r] > componentOf(self.generic, static_cast<int>(r))) {
            report("write after read", i, static_cast<int>(r), agent);
            break;
          }
        readers_[i].reset();
        byte.manyReaders = false;
      } else if (byte.reader >= 0 && byte.reader != agent && byte.readTime > componentOf(self.generic, byte.reader)) {
        report("write after read", i, byte.reader, agent);
      }
      byte.reader = -1;
      byte.writer = agent;
      byte.writeTime = now;
      byte.writtenAsync = self.throughProxy;
      byte.initialised = true;
    } else {
      if (!byte.initialised) {
        report("read of memory nothing has written", i, -1, agent);
        byte.initialised = true;
      }
      if (byte.manyReaders) {
        component(*readers_[i], agent) = now;
      } else if (byte.reader < 0 || byte.reader == agent || byte.readTime <= componentOf(self.generic, byte.reader)) {
        byte.reader = agent;
        byte.readTime = now;
      } else {
        readers_[i] = std::make_unique<Clock>();
        component(*readers_[i], byte.reader) = byte.readTime;
        component(*readers_[i], agent) = now;
        byte.manyReaders = true;
      }
    }
  }
}

void Detector::release(int thread, Sync& sync) {
  Agent& self = agents_[thread];
  joinClock(sync.generic, self.generic);
  joinClock(sync.async, self.async);
  component(self.generic, thread)++;
}

void Detector::acquire(int thread, const Sync& sync) {
  joinClock(agents_[thread].generic, sync.generic);
  joinClock(agents_[thread].async, sync.async);
}

void Detector::fenceAsync(int thread) { joinClock(agents_[thread].async, agents_[thread].generic); }

int Detector::start(int thread, bool throughProxy) {
  const int agent = static_cast<int>(agents_.size());
  Agent made;
  made.generic = agents_[thread].generic;
  made.async = agents_[thread].async;
  made.throughProxy = throughProxy;
  agents_.push_back(std::move(made));
  component(agents_[agent].generic, agent) = 1;
  component(agents_[thread].generic, thread)++;
  return agent;
}

void Detector::join(int agent, int thread) {
  joinClock(agents_[agent].generic, agents_[thread].generic);
  joinClock(agents_[agent].async, agents_[thread].async);
  component(agents_[thread].generic, thread)++;
}

void Detector::finish(int thread, int agent) { joinClock(agents_[thread].generic, agents_[agent].generic); }

void Detector::releaseAgent(int agent, Sync& sync) {
  joinClock(sync.generic, agents_[agent].generic);
  // What an async agent wrote, async agents see without a fence.
  joinClock(sync.async, agents_[agent].generic);
}

std::string Detector::nameOf(int agent) const {
  if (agent < 0) return "nobody";
  if (agent < threads_) return "thread " + std::to_string(agent);
  return "asynchronous operation " + std::to_string(agent - threads_);
}

void Detector::report(const char* kind, std::size_t offset, int first, int second) {
  if (bytes_[offset].reported || races_.size() >= maximum) return;
  // Neighbouring bytes of one access are one race.
  for (std::size_t i = offset; i < bytes_.size() && i < offset + 16; i++) bytes_[i].reported = true;
  races_.push_back(std::string(kind) + " at shared byte " + std::to_string(offset) + ": " + nameOf(first) + ", then " + nameOf(second));
}

}  // namespace emulator
