// The buffers that JavaScript holds, by number, for Environment. A handle is a number that a double represents exactly:
//
//   bits 52 ........ 24 | 23 ....... 0
//   generation          | index into slots_
//
// The generation changes whenever an index is used again, and each table starts at a random generation. So the table
// recognises a handle that was freed, belongs to another table, or never was a handle. Memory is freed by Environment.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "memory/allocator.h"
#include "runtime/buffer.h"

namespace wengert {

class HandleTable {
 public:
  struct Slot {
    Buffer buffer{};
    Block* block = nullptr;  // null if the buffer is empty
    std::uint32_t generation = 0;
    bool inUse = false;
    std::uint32_t nextFree = none;  // the next slot of the list of free slots
  };

  HandleTable() : firstGeneration_(1 + std::random_device()() % (mostGeneration / 2)) {}

  /// A slot for a new buffer; null if all indices are in use.
  Slot* add() {
    if (free_ != none) {
      Slot& slot = slots_[free_];
      free_ = slot.nextFree;
      slot.inUse = true;
      return &slot;
    }
    if (slots_.size() > mostIndex) return nullptr;
    Slot& slot = slots_.emplace_back();
    slot.generation = firstGeneration_;
    slot.inUse = true;
    return &slot;
  }

  double handleOf(const Slot& slot) const {
    return static_cast<double>(slot.generation) * (mostIndex + 1.0) + static_cast<double>(&slot - slots_.data());
  }

  /// The slot of a handle; null if it is not a live handle of this table.
  Slot* find(double handle) {
    if (!(handle >= 0 && handle < 9007199254740992.0)) return nullptr;
    const std::uint64_t bits = static_cast<std::uint64_t>(handle);
    if (static_cast<double>(bits) != handle) return nullptr;
    const std::uint64_t index = bits & mostIndex;
    if (index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.inUse && slot.generation == bits >> 24 ? &slot : nullptr;
  }

  void remove(Slot& slot) {
    slot.inUse = false;
    slot.block = nullptr;
    // An index that has used all generations is not used again.
    if (slot.generation++ == mostGeneration) return;
    slot.nextFree = free_;
    free_ = static_cast<std::uint32_t>(&slot - slots_.data());
  }

  template <class F>
  void forEach(const F& f) {
    for (Slot& slot : slots_)
      if (slot.inUse) f(slot);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffu;
  static constexpr std::uint32_t mostIndex = (1u << 24) - 1;
  static constexpr std::uint32_t mostGeneration = (1u << 29) - 1;

  std::vector<Slot> slots_;
  std::uint32_t free_ = none;
  std::uint32_t firstGeneration_;
};

}  // namespace wengert
