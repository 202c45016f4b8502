// The optimizers' steps: sgd, sgdMomentum, adam, adamW, amsgrad, amsgradW. One launch updates all parameters of a
// group; the table of tensors is in updates.cuh. A rule (Sgd, SgdMomentum, Adam) is the formula for one element;
// stepParameters is the kernel. The learning rate and the count of steps are in device memory, so a captured step can
// be replayed.
#include "optimizer/updates.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int threads = 256;

/// Minimum blocks per multiprocessor. 0 lets ptxas choose; for float64 it would then spill.
template <class T>
inline constexpr int leastBlocks = sizeof(T) == 8 ? 4 : 0;

/// The learning rate and the count of steps of a group, in device memory. The block that finishes last increments the
/// count, because every other block has read it by then.
struct Progress {
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

// A rule has
//   slots           arrays beside gradient and parameter: momentum, averages
//   Coefficients    values that are the same for all elements of a step; prepare(lr, step) computes them in float64
//   operator()      the step of one element: reads g, updates p and the slots
//
// g += weightDecay p;  p -= lr g
template <class C>
struct Sgd {
  static constexpr int slots = 0;
  struct Coefficients {
    C lr;
  };
  C weightDecay;

  __device__ Coefficients prepare(double lr, unsigned) const { return {static_cast<C>(lr)}; }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&)[1]) const {
    if (weightDecay != C(0)) g += weightDecay * p;
    p -= now.lr * g;
  }
};

// g += weightDecay p;  v = momentum v + (1 - dampening) g, first v = g;  p -= lr v, Nesterov: lr (g + momentum v)
template <class C>
struct SgdMomentum {
  static constexpr int slots = 1;
  struct Coefficients {
    C lr;
    bool first;
  };
  C weightDecay;
  C momentum;
  C take;  // 1 - dampening
  bool nesterov;

  __device__ Coefficients prepare(double lr, unsigned step) const { return {static_cast<C>(lr), step == 1}; }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&slot)[1]) const {
    if (weightDecay != C(0)) g += weightDecay * p;
    const C velocity = now.first ? g : momentum * slot[0] + take * g;
    slot[0] = velocity;
    p -= now.lr * (nesterov ? g + momentum * velocity : velocity);
  }
};

// g += weightDecay p (decoupled: p *= 1 - lr weightDecay);  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2
// w = max(w, v) (amsgrad; else w = v);  p -= lr m / (1 - beta1^step) / (sqrt(w / (1 - beta2^step)) + eps)
// Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (decoupled); Reddi, Kale and Kumar 2018 (AMSGrad)
template <class C, bool amsgrad>
struct Adam {
  static constexpr int slots = amsgrad ? 3 : 2;
  struct Coefficients {
    C shrink;    // 1 - lr weightDecay if decoupled, else 1
    C stepSize;  // lr / (1 - beta1^step)
    C scale;     // 1 / sqrt(1 - beta2^step)
  };
  double beta1;
  double beta2;
  double weightDecay;
  C eps;
  C take1;    // 1 - beta1
  C keep2;    // beta2
  C take2;    // 1 - beta2
  C penalty;  // weightDecay, or 0 if decoupled
  bool decoupled;

  __device__ Coefficients prepare(double lr, unsigned step) const {
    const double correction1 = 1 - pow(beta1, static_cast<double>(step));
    const double correction2 = 1 - pow(beta2, static_cast<double>(step));
    return {static_cast<C>(decoupled ? 1 - lr * weightDecay : 1.0), static_cast<C>(lr / correction1),
            static_cast<C>(1 / std::sqrt(correction2))};
  }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&slot)[slots]) const {
    if (penalty != C(0)) g += penalty * p;
    const C mean = slot[0] + (g - slot[0]) * take1;
    const C variance = keep2 * slot[1] + take2 * g * g;
    slot[0] = mean;
    slot[1] = variance;
    C largest = variance;
    if constexpr (amsgrad) {
      // If either is NaN, the maximum is NaN.
      largest = slot[2] > variance || isNaN(slot[2]) ? slot[2] : variance;
      slot[2] = largest;
    }
    p = p * now.shrink - now.stepSize * mean / (std::sqrt(largest) * now.scale + eps);
  }
};

/// One step of `rule` for every element of every tensor of the table, in place. The table's arrays are the gradients,
/// the parameters and the rule's slots. A block takes chunks in a grid-stride loop, a thread V elements (16 bytes of
/// the parameter) at a time: global memory -> registers -> global memory. Thread 0 computes the coefficients once for
/// the block, through shared memory. Slots are float32, or float64 for float64 parameters. A gradient whose dtype
/// differs from the parameter's is read element by element. Elements are independent, so results do not depend on the
/// launch. Bound: every array once, parameter and slots also written: for Adam in float32 28 bytes an element.
template <class T, class Rule>
__global__ void __launch_bounds__(threads, leastBlocks<T>)
    stepParameters(Rule rule,
                   TensorTable<2 + Rule::slots> table,
                   DType gradientType,
                   Progress progress) {
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
    const Progress progress{dataOf<double>(rate), counter != nullptr ? dataOf<unsigned>(*counter) : nullptr,
                            --tables <= 0};
    const std::int64_t most = std::int64_t{stream().processors} * 8;
    const unsigned blocks = static_cast<unsigned>(table.chunks < most ? table.chunks : most);
    dispatch(static_cast<DType>(pair / dtypeCount), FloatTypes(), [&]<class T>(Type<T>) {
      const auto rule = makeRule(Compute<T>());
      using Rule = std::remove_const_t<decltype(rule)>;
      const std::int64_t units = divideUp(table.chunks == 1 ? table.length[0] : table.chunk, vectorLength<T>);
      const int size = static_cast<int>(nextPowerOfTwo(units < threads ? units : threads));
      launch(stepParameters<T, Rule>, {dim3(blocks > 0 ? blocks : 1), dim3(size), sizeof(typename Rule::Coefficients)},
             rule, table, static_cast<DType>(pair % dtypeCount), progress);
    });
  };
  // A step of empty tensors is counted as well.
  if (tables == 0 && counter != nullptr) run(TensorTable<N>(), 0);
  else forPairs(run);
}

void sgd(BufferList gradient, BufferList parameter, const Buffer& rate, double weightDecay) {
  runStep({gradient, parameter}, rate, nullptr,
          [&]<class C>(C) { return Sgd<C>{static_cast<C>(weightDecay)}; });
}

void sgdMomentum(BufferList gradient, BufferList parameter, BufferList velocity, const Buffer& rate, Buffer& counter,
                 double weightDecay, double momentum, double dampening, std::int64_t nesterov) {
  runStep({gradient, parameter, velocity}, rate, &counter, [&]<class C>(C) {
    return SgdMomentum<C>{static_cast<C>(weightDecay), static_cast<C>(momentum), static_cast<C>(1 - dampening),
                          nesterov != 0};
  });
}

template <bool amsgrad>
struct AdamRule {
  double beta1, beta2, eps, weightDecay;
  bool decoupled;

  template <class C>
  Adam<C, amsgrad> operator()(C) const {
    return {beta1,
            beta2,
            weightDecay,
            static_cast<C>(eps),
            static_cast<C>(1 - beta1),
            static_cast<C>(beta2),
            static_cast<C>(1 - beta2),
            static_cast<C>(decoupled ? 0 : weightDecay),
            decoupled};
  }
};

template <bool decoupled>
void launchAdam(BufferList gradient, BufferList parameter, BufferList mean, BufferList variance, const Buffer& rate,
                Buffer& counter, double beta1, double beta2, double eps, double weightDecay) {
  runStep({gradient, parameter, mean, variance}, rate, &counter,
          AdamRule<false>{beta1, beta2, eps, weightDecay, decoupled});
}

template <bool decoupled>
void launchAmsgrad(BufferList gradient, BufferList parameter, BufferList mean, BufferList variance, BufferList maximum,
                   const Buffer& rate, Buffer& counter, double beta1, double beta2, double eps, double weightDecay) {
  runStep({gradient, parameter, mean, variance, maximum}, rate, &counter,
          AdamRule<true>{beta1, beta2, eps, weightDecay, decoupled});
}

EXPORT_KERNEL(sgd)
EXPORT_KERNEL(sgdMomentum)
EXPORT_KERNEL_AS(adam, launchAdam<false>)
EXPORT_KERNEL_AS(adamW, launchAdam<true>)
EXPORT_KERNEL_AS(amsgrad, launchAmsgrad<false>)
EXPORT_KERNEL_AS(amsgradW, launchAmsgrad<true>)

}  // namespace
}  // namespace wengert
