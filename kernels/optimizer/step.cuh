// One step of an optimizer for all parameters of a group: the kernel stepParameters, and runStep, which launches it. Each
// launcher in optimizers.cu calls runStep with its rule, the formula for one element. The table of tensors is in
// updates.cuh. The learning rate and the count of steps are in device memory, so a captured step can be replayed.
//
// A rule has
//   slots           the number of arrays in addition to gradient and parameter: momentum, averages
//   Coefficients    values that are the same for all elements of a step; prepare(lr, step) computes them in float64
//   operator()      the step of one element: reads g, updates p and the slots
#pragma once

#include "optimizer/updates.cuh"

namespace wengert {

/// Threads of a block.
inline constexpr int stepThreads = 256;

/// Minimum blocks per multiprocessor. 0 lets ptxas choose; for float64 it would then spill.
template <class T>
inline constexpr int leastStepBlocks = sizeof(T) == 8 ? 4 : 0;

/// The learning rate and the count of steps of a group, in device memory. The block that finishes last increments the
/// count, because every other block has read it by then.
struct StepProgress {
  const double* rate;  // (1)
  unsigned* counter;   // (2): steps so far, and how many blocks have finished; null if the rule does not count
  bool last;           // this is the last launch of the step

  __device__ unsigned step() const { return counter != nullptr ? counter[0] + 1 : 0; }
  __device__ void finish(unsigned step) const {
    if (counter == nullptr || !last || threadIdx.x != 0) return;
    __threadfence();
    if (atomicAdd(&counter[1], 1u) != gridDim.x - 1) return;
    counter[0] = step;
    counter[1] = 0;
  }
};

/// One step of `rule` for every element of every tensor of the table, in place. The table's arrays are the gradients,
/// the parameters and the rule's slots. A block takes chunks in a grid-stride loop, a thread V elements (16 bytes of
/// the parameter) at a time: global memory -> registers -> global memory. Thread 0 computes the coefficients once for
/// the block, through shared memory. Slots are float32, or float64 for float64 parameters. A gradient whose dtype
/// differs from the parameter's is read element by element. Elements are independent, so results do not depend on the
/// launch. Bound: every array once, parameter and slots also written: for Adam in float32 28 bytes an element.
template <class T, class Rule>
__global__ void __launch_bounds__(stepThreads, leastStepBlocks<T>)
    stepParameters(Rule rule,
                   TensorTable<2 + Rule::slots> table,
                   DType gradientType,
                   StepProgress progress) {
  using C = Compute<T>;
  constexpr int V = vectorLength<T>;
  constexpr int slots = Rule::slots;
  SHARED_MEMORY(typename Rule::Coefficients, prepared);  // (1)
  unsigned step = 0;
  if (threadIdx.x == 0) {
    step = progress.step();
    *prepared = rule.prepare(*progress.rate, step);
  }
  __syncthreads();
  const typename Rule::Coefficients now = *prepared;

  for (std::int64_t number = blockIdx.x; number < table.chunks; number += gridDim.x) {
    const int t = table.tensorOf(number);
    const std::int64_t begin = (number - table.firstChunk[t]) * table.chunk;
    const std::int64_t end = begin + table.chunk < table.length[t] ? begin + table.chunk : table.length[t];
    const AnyData other(table.data[0][t], gradientType);
    const T* gradients = static_cast<const T*>(table.data[0][t]);
    T* parameters = static_cast<T*>(table.data[1][t]);
    bool aligned = isAligned(gradients) && isAligned(parameters);
#pragma unroll
    for (int s = 0; s < slots; s++) aligned = aligned && isAligned(table.data[2 + s][t]);

    forChunkUnits<V>(begin, end, [&](std::int64_t at, int count) {
      const bool vectors = aligned && count == V;
      C g[V], p[V], slot[slots > 0 ? slots : 1][V];  // (V), (V), (slots, V), registers
      if (gradientType == dtypeOf<T>) {
        const Vector<T, V> unit = loadUnit<T, V>(gradients + at, count, 1, vectors);
#pragma unroll
        for (int e = 0; e < V; e++) g[e] = widen(unit.at[e]);
      } else {
#pragma unroll
        for (int e = 0; e < V; e++) g[e] = e < count ? other.at<C>(at + e) : C(0);
      }
      const Vector<T, V> unit = loadUnit<T, V>(parameters + at, count, 1, vectors);
#pragma unroll
      for (int e = 0; e < V; e++) p[e] = widen(unit.at[e]);
      // V elements of a slot are one vector of W elements of C, or two if T has 16 bits.
      constexpr int W = vectorLength<C>;
#pragma unroll
      for (int s = 0; s < slots; s++)
#pragma unroll
        for (int half = 0; half < V; half += W) {
          const C* from = static_cast<const C*>(table.data[2 + s][t]) + at + half;
          const Vector<C, W> part = loadUnit<C, W>(from, count - half, 1, vectors);
#pragma unroll
          for (int e = 0; e < W; e++) slot[s][half + e] = part.at[e];
        }
#pragma unroll
      for (int e = 0; e < V; e++) {
        C ofElement[slots > 0 ? slots : 1] = {};
#pragma unroll
        for (int s = 0; s < slots; s++) ofElement[s] = slot[s][e];
        rule(now, g[e], p[e], ofElement);
#pragma unroll
        for (int s = 0; s < slots; s++) slot[s][e] = ofElement[s];
      }
      storeUnit<T, V>(parameters + at, p, count, 1, vectors);
#pragma unroll
      for (int s = 0; s < slots; s++)
#pragma unroll
        for (int half = 0; half < V; half += W) {
          C part[W];
#pragma unroll
          for (int e = 0; e < W; e++) part[e] = slot[s][half + e];
          storeUnit<C, W>(static_cast<C*>(table.data[2 + s][t]) + at + half, part, count - half, 1, vectors);
        }
    });
  }
  progress.finish(step);
}

/// Checks the lists (gradients, parameters, slots) and launches the rule makeRule(C()) for each pair of parameter and
/// gradient dtypes that occurs; usually there is one pair.
template <int N, class MakeRule>
void runStep(const BufferList (&lists)[N], const Buffer& rate, Buffer* counter, const MakeRule& makeRule) {
  checkLists(lists);
  requireDType("rate", rate, DType::float64);
  requireLength("rate", rate, 1);
  if (counter != nullptr) {
    requireDType("counter", *counter, DType::int32);
    requireLength("counter", *counter, 2);
  }
  const BufferList gradients = lists[0], parameters = lists[1];
  std::uint64_t pairs = 0;  // of dtypes, a bit each
  const auto pairOf = [&](int i) {
    return static_cast<int>(parameters[i].dtype) * dtypeCount + static_cast<int>(gradients[i].dtype);
  };
  for (int i = 0; i < parameters.count; i++) {
    const DType dtype = parameters[i].dtype;
    dispatch(dtype, FloatTypes(), [](auto) {});
    for (int s = 2; s < N; s++)
      requireDType("an average", lists[s][i], dtype == DType::float64 ? DType::float64 : DType::float32);
    pairs |= std::uint64_t{1} << pairOf(i);
  }
  const auto forPairs = [&](const auto& run) {
    for (int pair = 0; pair < dtypeCount * dtypeCount; pair++)
      if (pairs >> pair & 1)
        forTables(lists, [&](int i) { return pairOf(i) == pair; }, [&](const auto& table) { run(table, pair); });
  };
  int tables = 0;
  forPairs([&](const auto&, int) { tables++; });
  const auto run = [&](const TensorTable<N>& table, int pair) {
    const StepProgress progress{dataOf<double>(rate), counter != nullptr ? dataOf<unsigned>(*counter) : nullptr,
                            --tables <= 0};
    const std::int64_t most = std::int64_t{stream().processors} * 8;
    const unsigned blocks = static_cast<unsigned>(table.chunks < most ? table.chunks : most);
    dispatch(static_cast<DType>(pair / dtypeCount), FloatTypes(), [&]<class T>(Type<T>) {
      const auto rule = makeRule(Compute<T>());
      using Rule = std::remove_const_t<decltype(rule)>;
      const std::int64_t units = divideUp(table.chunks == 1 ? table.length[0] : table.chunk, vectorLength<T>);
      const int size = static_cast<int>(nextPowerOfTwo(units < stepThreads ? units : stepThreads));
      launch(stepParameters<T, Rule>, {dim3(blocks > 0 ? blocks : 1), dim3(size), sizeof(typename Rule::Coefficients)},
             rule, table, static_cast<DType>(pair % dtypeCount), progress);
    });
  };
  // A step of empty tensors is counted as well.
  if (tables == 0 && counter != nullptr) run(TensorTable<N>(), 0);
  else forPairs(run);
}

}  // namespace wengert
