// A caching allocator, used by Memory. It takes segments from the device and cuts them into blocks. A freed block is
// joined with its free neighbours and kept for reuse, so a training step that needs the sizes of the previous step
// takes nothing from the device. All work is on one stream, so a block may be reused as soon as it is freed: the work
// that uses it was submitted before. It does not know about dtypes, handles or guard bands.
//
//   segment (from the device)   |  used 3 KiB  | free 1 KiB |   used 8 KiB   |      free ...       |
//   block->before, ->after          <------->       <------>       <-------->                          neighbours
//
//   free small blocks   small_[i]  ->  blocks of (i + 1) * 512 bytes, a list     filled_: a bit for each bin
//   free large blocks   large_         a set by size
//   filledWords_        a bit for each word of filled_
//
//   take: the smallest free block that is large enough, cut to size; if there is none, a new segment
//   give: joined with free neighbours, then put back into a bin or the set
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>

namespace wengert {

/// The source of segments: the device.
struct SegmentSource {
  virtual ~SegmentSource() = default;
  /// Null if there is no memory.
  virtual void* allocateSegment(std::size_t bytes) noexcept = 0;
  virtual void releaseSegment(void* data, std::size_t bytes) noexcept = 0;
  /// Waits for all submitted work, so that free segments may be released.
  virtual void finish() noexcept = 0;
};

/// A part of a segment.
struct Block {
  char* data = nullptr;
  std::size_t bytes = 0;
  // The neighbouring blocks of the segment; null at its ends.
  Block* before = nullptr;
  Block* after = nullptr;
  // Neighbours in the list of a bin, for a free small block.
  Block* previous = nullptr;
  Block* next = nullptr;
  bool isFree = false;
  bool isSmall = false;
};

class Allocator {
 public:
  /// Sizes of blocks are multiples of this, so blocks are aligned for every access.
  static constexpr std::size_t granularity = 512;
  /// Requests below this are taken from small segments, so that small blocks do not fragment large segments.
  static constexpr std::size_t smallLimit = std::size_t{1} << 20;
  static constexpr std::size_t smallSegment = std::size_t{2} << 20;
  /// Requests up to `middleLimit` share segments of `middleSegment` bytes; a larger request gets a segment of its size,
  /// rounded up to `largeGranularity`.
  static constexpr std::size_t middleLimit = std::size_t{10} << 20;
  static constexpr std::size_t middleSegment = std::size_t{20} << 20;
  static constexpr std::size_t largeGranularity = std::size_t{2} << 20;

  /// If `cached` is false, every block is a separate segment, which is allocated and released each time. This is slow,
  /// but a tool that checks the device's allocations then knows where each buffer ends.
  explicit Allocator(SegmentSource& source, bool cached = true) : source_(source), cached_(cached) {}
  /// Releases all segments; no work may still use them.
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// The smallest free block that holds `bytes`, cut to size. Null if the device has no memory either, even after the
  /// cache was emptied.
  Block* take(std::size_t bytes);
  void give(Block* block) noexcept;

  /// Releases the segments without blocks in use.
  void emptyCache() noexcept;

  struct Usage {
    std::size_t live = 0;    // bytes of blocks in use
    std::size_t cached = 0;  // bytes of free blocks
    std::size_t peak = 0;    // the maximum of `live`
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
  // Free small blocks by size: bin i has the blocks of (i + 1) * granularity bytes. `filled_` has a bit for each bin
  // that is not empty, and `filledWords_` a bit for each word of `filled_` that is not zero, so the best fit is found
  // in a few cycles.
  std::array<Block*, bins> small_{};
  std::array<std::uint64_t, 64> filled_{};
  std::uint64_t filledWords_ = 0;
  std::set<Block*, BySize> large_;
  std::set<Block*> segments_;  // the first block of each
  std::deque<Block> pool_;     // all Block objects, used or not
  Block* unused_ = nullptr;
};

}  // namespace wengert
