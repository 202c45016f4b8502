// The generator of random schedules: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Each block seeds one, which is
// one assignment. Random tensors use Philox (kernels/random) and not this.
#pragma once

#include <cstdint>

namespace emulator {

class Random {
 public:
  void seed(std::uint64_t seed) { state_ = seed; }

  std::uint64_t operator()() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
  }

  /// One of 0 .. n - 1.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>((*this)() % n); }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace emulator
