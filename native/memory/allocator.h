// A caching allocator. It asks the device for segments and cuts them into blocks; a freed block is joined with its free
// neighbours and kept for reuse, so that a step of a training loop that asks for the sizes of the step before asks the
// device for nothing. All work is on one stream, so a block may be reused as soon as it was freed: what still uses it
// was submitted before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>

namespace wengert {

/// Where segments come from: the device, or its stand-in in a test.
struct SegmentSource {
  virtual ~SegmentSource() = default;
  /// Null where there is no memory.
  virtual void* allocateSegment(std::size_t bytes) noexcept = 0;
  virtual void releaseSegment(void* data, std::size_t bytes) noexcept = 0;
  /// Waits for all submitted work, so that free segments may be released.
  virtual void finish() noexcept = 0;
};

/// A part of a segment.
struct Block {
  char* data = nullptr;
  std::size_t bytes = 0;
  // The parts of the segment beside this one.
  Block* before = nullptr;
  Block* after = nullptr;
  // Its place in a bin of free small blocks.
  Block* previous = nullptr;
  Block* next = nullptr;
  bool isFree = false;
  bool isSmall = false;
};

class Allocator {
 public:
  /// Blocks are whole multiples of this, and so aligned for every kind of access.
  static constexpr std::size_t granularity = 512;
  /// Requests below come out of small segments, so that large ones are not riddled with small blocks.
  static constexpr std::size_t smallLimit = std::size_t{1} << 20;
  static constexpr std::size_t smallSegment = std::size_t{2} << 20;
  /// Segments for requests up to `middleLimit`; beyond, a segment is made for the request.
  static constexpr std::size_t middleLimit = std::size_t{10} << 20;
  static constexpr std::size_t middleSegment = std::size_t{20} << 20;
  static constexpr std::size_t largeGranularity = std::size_t{2} << 20;

  /// With `cached` false every block is a segment of its own, asked of the device and given back to it each time: slow,
  /// but a tool that knows the device's allocations then knows where each buffer ends.
  explicit Allocator(SegmentSource& source, bool cached = true) : source_(source), cached_(cached) {}
  /// Releases all segments; nothing may use them any more.
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// The smallest free block that holds `bytes`, cut to size. Null where the device has no memory either, even after
  /// everything cached was given back to it.
  Block* take(std::size_t bytes);
  void give(Block* block) noexcept;

  /// Gives the segments of which nothing is in use back to the device.
  void emptyCache() noexcept;

  struct Usage {
    std::size_t live = 0;    // bytes of blocks in use
    std::size_t cached = 0;  // bytes of free blocks
    std::size_t peak = 0;    // the most that ever were live
  };
  const Usage& usage() const { return usage_; }

 private:
  static constexpr std::size_t bins = smallSegment / granularity;
  static_assert(bins == 64 * 64);
  struct BySize {
    bool operator()(const Block* a, const Block* b) const {
      return a->bytes != b->bytes ? a->bytes < b->bytes : a->data < b->data;
    }
  };

  Block* find(std::size_t bytes, bool isSmall);
  Block* grow(std::size_t bytes, bool isSmall);
  Block* addSegment(std::size_t bytes, bool isSmall);
  void split(Block* block, std::size_t bytes);
  void shelve(Block* block);
  void unshelve(Block* block);
  Block* makeBlock();
  void dropBlock(Block* block);

  SegmentSource& source_;
  const bool cached_;
  Usage usage_;
  // Free small blocks by their size: bin i has those of i + 1 granules. A bit says which bins are not empty, and one bit
  // more which words of such bits are not zero, so that the best fit is found in a few cycles.
  std::array<Block*, bins> small_{};
  std::array<std::uint64_t, 64> filled_{};
  std::uint64_t filledWords_ = 0;
  std::set<Block*, BySize> large_;
  std::set<Block*> segments_;  // the first block of each
  std::deque<Block> pool_;     // every Block there ever was
  Block* unused_ = nullptr;
};

}  // namespace wengert
