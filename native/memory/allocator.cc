// The caching allocator (allocator.h): finding a free block, cutting it, and joining free neighbours.
#include "memory/allocator.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace wengert {

namespace {

/// The bin of free small blocks of this size.
constexpr std::size_t binOf(std::size_t bytes) { return bytes / Allocator::granularity - 1; }

constexpr std::size_t roundUp(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

Allocator::~Allocator() {
  for (const Block* first : segments_) {
    std::size_t bytes = 0;
    for (const Block* part = first; part != nullptr; part = part->after) bytes += part->bytes;
    source_.releaseSegment(first->data, bytes);
  }
}

Block* Allocator::take(std::size_t bytes) {
  // More than any device has; rounding up must not overflow.
  if (bytes > (std::size_t{1} << 60)) return nullptr;
  bytes = roundUp(std::max<std::size_t>(bytes, 1), granularity);
  const bool isSmall = bytes < smallLimit;
  Block* block = find(bytes, isSmall);
  if (block == nullptr) [[unlikely]]
    block = grow(bytes, isSmall);
  if (block == nullptr) return nullptr;
  unshelve(block);
  block->isFree = false;
  split(block, bytes);
  usage_.cached -= block->bytes;
  usage_.live += block->bytes;
  usage_.peak = std::max(usage_.peak, usage_.live);
  return block;
}

void Allocator::give(Block* block) noexcept {
  usage_.live -= block->bytes;
  usage_.cached += block->bytes;
  if (Block* const after = block->after; after != nullptr && after->isFree) {
    unshelve(after);
    block->bytes += after->bytes;
    block->after = after->after;
    if (block->after != nullptr) block->after->before = block;
    dropBlock(after);
  }
  if (Block* const before = block->before; before != nullptr && before->isFree) {
    unshelve(before);
    before->bytes += block->bytes;
    before->after = block->after;
    if (before->after != nullptr) before->after->before = before;
    dropBlock(block);
    block = before;
  }
  block->isFree = true;
  shelve(block);
  if (!cached_) emptyCache();
}

void Allocator::emptyCache() noexcept {
  std::vector<Block*> idle;
  for (Block* first : segments_)
    if (first->isFree && first->after == nullptr) idle.push_back(first);
  if (idle.empty()) return;
  source_.finish();
  for (Block* block : idle) {
    unshelve(block);
    segments_.erase(block);
    usage_.cached -= block->bytes;
    source_.releaseSegment(block->data, block->bytes);
    dropBlock(block);
  }
}

/// The smallest free block of at least `bytes` bytes, or null. For small blocks: the first bin that is not empty, in
/// the same word of `filled_`, else in the next word that is not zero.
Block* Allocator::find(std::size_t bytes, bool isSmall) {
  if (!isSmall) {
    Block wanted;
    wanted.bytes = bytes;
    const auto found = large_.lower_bound(&wanted);
    return found == large_.end() ? nullptr : *found;
  }
  const std::size_t bin = binOf(bytes);
  const std::size_t word = bin / 64;
  if (const std::uint64_t bits = filled_[word] & (~std::uint64_t{0} << bin % 64); bits != 0)
    return small_[word * 64 + std::countr_zero(bits)];
  const std::uint64_t words = word == 63 ? 0 : filledWords_ & (~std::uint64_t{0} << (word + 1));
  if (words == 0) return nullptr;
  const std::size_t larger = std::countr_zero(words);
  return small_[larger * 64 + std::countr_zero(filled_[larger])];
}

/// A new segment of the usual size. If the device has no memory for it, the cache is emptied and it is tried again, and
/// then a segment of only the needed size.
Block* Allocator::grow(std::size_t bytes, bool isSmall) {
  if (!cached_) return addSegment(bytes, isSmall);
  const std::size_t usual =
      isSmall ? smallSegment : bytes <= middleLimit ? middleSegment : roundUp(bytes, largeGranularity);
  if (Block* block = addSegment(usual, isSmall)) return block;
  emptyCache();
  if (Block* block = addSegment(usual, isSmall)) return block;
  return addSegment(bytes, isSmall);
}

Block* Allocator::addSegment(std::size_t bytes, bool isSmall) {
  void* const data = source_.allocateSegment(bytes);
  if (data == nullptr) return nullptr;
  Block* const block = makeBlock();
  *block = Block{.data = static_cast<char*>(data), .bytes = bytes, .isFree = true, .isSmall = isSmall};
  segments_.insert(block);
  usage_.cached += bytes;
  shelve(block);
  return block;
}

/// Cuts the rest of a block after `bytes` bytes off as a free block, if it is large enough to be useful.
void Allocator::split(Block* block, std::size_t bytes) {
  const std::size_t left = block->bytes - bytes;
  if (left < (block->isSmall ? granularity : smallLimit)) return;
  Block* const rest = makeBlock();
  *rest = Block{.data = block->data + bytes,
                .bytes = left,
                .before = block,
                .after = block->after,
                .isFree = true,
                .isSmall = block->isSmall};
  if (rest->after != nullptr) rest->after->before = rest;
  block->after = rest;
  block->bytes = bytes;
  shelve(rest);
}

/// Adds a free block to the bins or the set in which `find` looks; unshelve removes it.
void Allocator::shelve(Block* block) {
  if (!block->isSmall) {
    large_.insert(block);
    return;
  }
  const std::size_t bin = binOf(block->bytes);
  block->previous = nullptr;
  block->next = small_[bin];
  if (block->next != nullptr) block->next->previous = block;
  small_[bin] = block;
  filled_[bin / 64] |= std::uint64_t{1} << bin % 64;
  filledWords_ |= std::uint64_t{1} << bin / 64;
}

void Allocator::unshelve(Block* block) {
  if (!block->isSmall) {
    large_.erase(block);
    return;
  }
  const std::size_t bin = binOf(block->bytes);
  if (block->next != nullptr) block->next->previous = block->previous;
  if (block->previous != nullptr)
    block->previous->next = block->next;
  else
    small_[bin] = block->next;
  if (small_[bin] != nullptr) return;
  filled_[bin / 64] &= ~(std::uint64_t{1} << bin % 64);
  if (filled_[bin / 64] == 0) filledWords_ &= ~(std::uint64_t{1} << bin / 64);
}

/// Block objects are reused, so that take and give do not allocate host memory.
Block* Allocator::makeBlock() {
  if (unused_ == nullptr) return &pool_.emplace_back();
  Block* const block = unused_;
  unused_ = block->next;
  return block;
}

void Allocator::dropBlock(Block* block) {
  block->next = unused_;
  unused_ = block;
}

}  // namespace wengert
