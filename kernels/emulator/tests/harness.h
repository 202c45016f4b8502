// For the test programs of this folder: runs a kernel in many random schedules. A correct kernel must raise no alarm,
// and a planted bug must be found in every schedule. Also random inputs and the check of a product.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "emulator/ptx.h"

namespace harness {

constexpr int seeds = 20;

struct Outcome {
  bool wrong = false;
  std::string said;  // a fault or a race
};

inline int failures = 0;

/// Runs `work` in one random schedule; it returns whether the results are right.
template <class Work>
Outcome runWith(int seed, const Work& work) {
  emulator::setOptions({static_cast<std::uint64_t>(seed), true, true});
  Outcome outcome;
  try {
    outcome.wrong = !work();
  } catch (const emulator::Fault& error) {
    outcome.said = error.what();
  }
  for (const std::string& race : emulator::takeRaces()) outcome.said += (outcome.said.empty() ? "" : "; ") + race;
  return outcome;
}

template <class Work>
void expectClean(const char* name, const Work& work) {
  int alarms = 0, wrong = 0;
  for (int seed = 0; seed < seeds; seed++) {
    const Outcome outcome = runWith(seed, work);
    if (!outcome.said.empty() && alarms++ == 0) std::printf("  %s\n", outcome.said.c_str());
    wrong += outcome.wrong;
  }
  std::printf("clean: %s: %d false alarms, %d wrong results in %d schedules\n", name, alarms, wrong, seeds);
  failures += alarms + wrong;
}

/// Every schedule must give one of the messages that the bug can cause: the schedule decides which of two accesses is
/// first.
template <class Work>
void expectFound(const char* name, const std::vector<std::string>& messages, const Work& work) {
  int found = 0, wrong = 0;
  std::string text;
  for (int seed = 0; seed < seeds; seed++) {
    const Outcome outcome = runWith(seed, work);
    wrong += outcome.wrong;
    bool known = false;
    for (const std::string& message : messages) known |= outcome.said.find(message) != std::string::npos;
    if (known) found++, text = outcome.said.substr(0, outcome.said.find(';'));
    else if (!outcome.said.empty()) std::printf("  unexpected: %s\n", outcome.said.c_str());
  }
  std::printf("bug: %s: found in %d of %d schedules (wrong results in %d): %s\n", name, found, seeds, wrong,
              text.c_str());
  failures += found < seeds;
}

/// A bug that shows as poison in the results.
template <class Work>
void expectPoison(const char* name, const Work& work) {
  int found = 0;
  for (int seed = 0; seed < seeds; seed++) found += runWith(seed, work).wrong;
  std::printf("bug: %s: found in %d of %d schedules (wrong results in %d): poison\n", name, found, seeds, found);
  failures += found < seeds;
}

inline const std::vector<std::string> unordered = {"read after write", "write after read", "write after write"};
inline const std::vector<std::string> early = {"read after write", "write after read", "write after write",
                                               "read of memory that was never written"};

/// Small whole numbers, so that sums are exact in any order.
template <class T>
std::vector<T> wholeNumbers(std::size_t n, unsigned seed) {
  std::vector<T> numbers(n);
  emulator::Random random;
  random.seed(seed);
  for (T& x : numbers) {
    const float value = static_cast<float>(static_cast<int>(random() % 9) - 4);
    if constexpr (std::is_same_v<T, emulator::bfloat16>) x = emulator::toBfloat16(value);
    else if constexpr (std::is_same_v<T, emulator::float16>) x = emulator::toFloat16(value);
    else x = static_cast<T>(value);
  }
  return numbers;
}

/// Whether y (m, n) = a (m, k) b (n, k)^T.
template <class T>
bool isProduct(const std::vector<float>& y, const std::vector<T>& a, const std::vector<T>& b, int m, int n, int k) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int p = 0; p < k; p++) sum += emulator::toFloat(a[i * k + p]) * emulator::toFloat(b[j * k + p]);
      if (!(y[i * n + j] == sum)) return false;
    }
  return true;
}

}  // namespace harness
