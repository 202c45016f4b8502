// cp.async on the emulator: copies from global to shared memory that a thread starts, and waits for in groups. Members
// of Block (block.h). A copy happens at a random moment between its start and its wait, so a kernel that reads too
// early finds poison or old data. Bulk copies (TMA) are in instructions/bulk.cpp.
#include <algorithm>
#include <cstring>

#include "emulator/block/block.h"

namespace emulator {

void Block::copyAsync(void* target, const void* source, std::uint32_t bytes, std::uint32_t readBytes) {
  Thread& self = *running_;
  const std::size_t offset = sharedOffset(target, bytes, bytes, "cp.async");
  if (readBytes > bytes)
    fault("cp.async: reads " + std::to_string(readBytes) + " of " + std::to_string(bytes) + " bytes");
  if (reinterpret_cast<std::uintptr_t>(source) % bytes != 0)
    fault("cp.async: the source address is not a multiple of " + std::to_string(bytes) + " bytes");
  if (readBytes > 0) checkGlobal(source, readBytes);
  self.copies.push_back({target, source, bytes, readBytes, self.copyGroup});
  if (detecting_) {
    if (self.copyEngine < 0) self.copyEngine = detector_.addEngine("a copy of thread " + std::to_string(self.number));
    detector_.accessAsync(self.copyEngine, self.copyGroup + 1, detector_.knowledge(self.number), offset, bytes, true,
                          false);
  }
  // The copy may happen now or at any time until its wait.
  if (shuffle_ && random_() % 4 == 0) perform(self, random_.below(self.copies.size()));
  maybePreempt();
}

/// Does a copy, if it has not happened yet.
void Block::perform(Thread& thread, std::size_t at) {
  PendingCopy& copy = thread.copies[at];
  if (copy.target == nullptr) return;
  auto* target = static_cast<unsigned char*>(copy.target);
  if (copy.readBytes > 0) std::memcpy(target, copy.source, copy.readBytes);
  std::memset(target + copy.readBytes, 0, copy.bytes - copy.readBytes);
  copy.target = nullptr;
}

void Block::waitCopies(int groupsLeft) {
  Thread& self = *running_;
  const int through = self.copyGroup - groupsLeft;  // groups below this one are complete
  std::size_t count = 0;
  while (count < self.copies.size() && self.copies[count].group < through) perform(self, count++);
  self.copies.erase(self.copies.begin(), self.copies.begin() + count);
  if (detecting_ && self.copyEngine >= 0 && through > 0) detector_.learn(self.number, self.copyEngine, through);
  maybePreempt();
}

}  // namespace emulator
