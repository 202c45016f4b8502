// Reductions inside a block: the threads that share a row merge their partial results in a fixed order. Used by
// reduction.cuh, rows.cuh, scan.cu, pooling and direct convolution. Everything here works within one block; reductions
// over several blocks are in reduction.cuh, and the folds of ops are in folds.cuh.
#pragma once

#include <cmath>
#include <cstring>

#include "runtime/common.cuh"

namespace wengert {

template <class C>
__device__ __forceinline__ C infinity() {
  return static_cast<C>(INFINITY);
}

/// The smallest power of two that is at least n.
constexpr std::int64_t nextPowerOfTwo(std::int64_t n) {
  std::int64_t power = 1;
  while (power < n) power *= 2;
  return power;
}

/// Threads of a block if `wanted` are needed: a power of two, at most 256.
inline int blockThreads(std::int64_t wanted) { return static_cast<int>(nextPowerOfTwo(wanted < 256 ? wanted : 256)); }

/// How the threads of a block are divided: a team of `size` threads works on one row. If rows lie side by side in
/// memory, `columns` teams are interleaved, so that neighbouring threads read neighbouring elements. Both are powers of
/// two, and columns is at most 32. With columns = 2 and size = 4, a block of 16 threads has 2 groups of 2 interleaved
/// teams:
///
///   threadIdx.x    0  1  2  3  4  5  6  7 | 8  9 10 11 12 13 14 15
///   column         0  1  0  1  0  1  0  1 | 0  1  0  1  0  1  0  1
///   rank           0  0  1  1  2  2  3  3 | 0  0  1  1  2  2  3  3
///   group          0  0  0  0  0  0  0  0 | 1  1  1  1  1  1  1  1
struct Team {
  int columns;
  int size;

  /// Which of the interleaved teams this thread belongs to.
  __device__ int column() const { return threadIdx.x & (columns - 1); }
  /// The number of this thread in its team.
  __device__ int rank() const { return threadIdx.x / columns & (size - 1); }
  /// Which of the block's groups of interleaved teams.
  __device__ int group() const { return threadIdx.x / (columns * size); }
};

/// Bytes of shared memory that `reduceTeam` needs if each thread has N states of type S: one set of states for each
/// warp and column. Teams inside one warp need none.
template <class S, int N = 1>
std::size_t teamBytes(Team team, int threads) {
  return team.columns * team.size <= 32 ? 0 : sizeof(S) * N * team.columns * (threads / 32);
}

/// The mask of this warp's lanes. Block sizes are powers of two, so only a block smaller than a warp has fewer than 32.
__device__ __forceinline__ unsigned warpLanes() { return blockDim.x >= 32 ? ~0u : (1u << blockDim.x) - 1; }

/// The state of lane `lane ^ laneMask`, moved in words of 4 or 8 bytes, since shuffles take no structs.
template <class S>
__device__ __forceinline__ S shuffleXor(S state, int laneMask) {
  using Word = std::conditional_t<sizeof(S) % 8 == 0, unsigned long long, unsigned>;
  static_assert(sizeof(S) % sizeof(Word) == 0);
  Word words[sizeof(S) / sizeof(Word)];
  std::memcpy(words, &state, sizeof(S));
#pragma unroll
  for (int i = 0; i < static_cast<int>(sizeof(S) / sizeof(Word)); i++)
    words[i] = __shfl_xor_sync(warpLanes(), words[i], laneMask);
  std::memcpy(&state, words, sizeof(S));
  return state;
}

/// Merges the states of a team; every thread of the team gets the N results. All threads of the block must call this.
///
/// Inside a warp, states move by shuffles. A team of 8 lanes (columns = 1) with the states a to h takes 3 steps:
///
///   lane          0         1         2         3         4         5         6         7
///                 a         b         c         d         e         f         g         h
///   ^ 1           ab        ab        cd        cd        ef        ef        gh        gh
///   ^ 2           abcd      abcd      abcd      abcd      efgh      efgh      efgh      efgh
///   ^ 4           abcdefgh  abcdefgh  ...                                               abcdefgh
///
/// With c columns the masks start at c, so a lane exchanges only with lanes of the same column. If a team has several
/// warps, each warp writes its result to shared memory and then every warp merges the results of all of them, by the
/// same steps. The order of merges depends only on the team's shape, so the result is the same in every run.
template <class Fold, class S, int N>
__device__ void reduceTeam(const Fold& fold,
                           Team team,
                           S (&states)[N],  // (N) per thread
                           S* shared) {     // (groups, warps of a team, columns, N); not used if teams fit in a warp
  const auto combineLanes = [&](int span) {
    for (int mask = team.columns; mask < span; mask *= 2)
#pragma unroll
      for (int i = 0; i < N; i++) states[i] = fold.merge(states[i], shuffleXor(states[i], mask));
  };
  const int span = team.columns * team.size;
  combineLanes(span < 32 ? span : 32);
  if (span <= 32) return;

  const int warps = span / 32;
  const int warp = (threadIdx.x & (span - 1)) / 32;
  const int lane = threadIdx.x & 31;
  const int column = team.column();
  S* row = shared + team.group() * warps * team.columns * N;
  __syncthreads();  // other warps may still read the results of an earlier reduction
  if (lane < team.columns)
#pragma unroll
    for (int i = 0; i < N; i++) row[(warp * team.columns + column) * N + i] = states[i];
  __syncthreads();
  // Lane l takes the results of its column from the warps l / columns, l / columns + 32 / columns, and so on.
#pragma unroll
  for (int i = 0; i < N; i++) states[i] = fold.identity();
  for (int w = lane / team.columns; w < warps; w += 32 / team.columns)
#pragma unroll
    for (int i = 0; i < N; i++) states[i] = fold.merge(states[i], row[(w * team.columns + column) * N + i]);
  combineLanes(32);
}

/// The fold of a plain sum.
template <class C>
struct Addition {
  __device__ C identity() const { return C(0); }
  __device__ C merge(C a, C b) const { return a + b; }
};

/// max x and sum e^(x - max): a sum of exponentials that never overflows and needs one pass (Milakov and Gimelshein
/// 2018, arXiv:1805.02867). An infinite element does not make the sum NaN; see `finiteSum`.
template <class C>
struct LogSum {
  C max;
  C sum;

  __device__ C log() const { return max + std::log(sum); }
  /// The sum, or NaN if the largest logit is infinite: softmax is not defined then.
  __device__ C finiteSum() const { return max - max == C(0) ? sum : max - max; }
};

/// merge: (m1, s1) and (m2, s2) give m = max(m1, m2), s = s1 e^(m1 - m) + s2 e^(m2 - m).
template <class C>
struct LogSumFold {
  __device__ LogSum<C> identity() const { return {-infinity<C>(), C(0)}; }
  __device__ LogSum<C> merge(LogSum<C> a, LogSum<C> b) const {
    if (a.max == b.max) return {a.max, a.sum + b.sum};
    const bool less = a.max < b.max;
    const C scale = std::exp(less ? a.max - b.max : b.max - a.max);
    return less ? LogSum<C>{b.max, a.sum * scale + b.sum} : LogSum<C>{a.max, a.sum + b.sum * scale};
  }
  /// Takes in the first `count` of N elements: one exponential per element, and one more to rescale the sum so far.
  template <int N>
  __device__ void take(LogSum<C>& state, const C (&x)[N], int count) const {
    C max = state.max;
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count && x[i] > max) max = x[i];
    C sum = state.max == max ? state.sum : state.sum * std::exp(state.max - max);
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) sum += x[i] == max ? C(max > -infinity<C>()) : std::exp(x[i] - max);
    state = {max, sum};
  }
};

/// The mean and the sum of squared distances from it, merged without cancellation (Chan, Golub and LeVeque 1979). The
/// mean is stored as pivot + offset, with one of the elements as pivot, so that a mean far from 0 loses no precision.
template <class C>
struct Moments {
  C pivot;    // an element
  C offset;   // mean - pivot
  C squares;  // sum (x - mean)^2
  C count;    // elements so far
};

/// merge: with d = mean_b - mean_a and n = n_a + n_b, mean = mean_a + d n_b / n, squares = sq_a + sq_b + d^2 n_a n_b /
/// n.
template <class C>
struct MomentsFold {
  __device__ Moments<C> identity() const { return {C(0), C(0), C(0), C(0)}; }
  __device__ Moments<C> merge(Moments<C> a, Moments<C> b) const {
    if (b.count == C(0)) return a;
    if (a.count == C(0)) return b;
    const C count = a.count + b.count;
    const C share = b.count / count;
    const C distance = (b.pivot - a.pivot) + (b.offset - a.offset);
    return {a.pivot, a.offset + distance * share, a.squares + b.squares + distance * distance * (a.count * share),
            count};
  }
  /// Takes in the first `count` of N elements by their distances from the mean so far; the very first element is the
  /// pivot.
  template <int N>
  __device__ void take(Moments<C>& state, const C (&x)[N], int count) const {
    if (count == 0) return;
    if (state.count == C(0)) state.pivot = x[0];
    C sum = C(0), squares = C(0);
#pragma unroll
    for (int i = 0; i < N; i++) {
      if (i >= count) continue;
      const C distance = (x[i] - state.pivot) - state.offset;
      sum += distance;
      squares += distance * distance;
    }
    state.count += C(count);
    const C shift = sum / state.count;
    state.offset += shift;
    state.squares += squares - sum * shift;
  }
};

}  // namespace wengert
