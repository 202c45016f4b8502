// where: elements of one operand or of the other, chosen by a condition. Elements are moved as bits, so one kernel
// serves all dtypes of a size. Checks and the walk are those of binary.cuh.
#include "elementwise/binary.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// An operand as bits: the elements of a tensor, or one value for all of them.
template <class T>
struct Choice {
  const T* data;        // (length); null for a number
  std::int64_t length;  // n, or 1
  T value;              // of a number

  __device__ __forceinline__ bool isOne() const { return length == 1; }
  __device__ __forceinline__ T one() const { return data == nullptr ? value : data[0]; }
};

/// y[i] = condition[i] ? a[i] : b[i]. A thread loads 16 bytes of each operand (both, so that loads do not wait for the
/// condition), chooses in registers and stores. Bound: 1 + 3 sizeof(T) bytes an element.
template <class T>
__global__ void whereKernel(const std::uint8_t* __restrict__ condition,  // (n)
                            Choice<T> a,                                 // (n), or one element
                            Choice<T> b,                                 // (n), or one element
                            T* __restrict__ y,                           // (n)
                            std::int64_t n) {
  constexpr int N = elementsAtOnce<T>;
  const bool aIsOne = a.isOne(), bIsOne = b.isOne();
  const T aOne = aIsOne ? a.one() : T(0), bOne = bIsOne ? b.one() : T(0);
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        std::uint8_t holds[N];
        T left[N]{}, right[N]{}, out[N];
        load(holds, condition, first);
        if (!aIsOne) load(left, a.data, first);
        if (!bIsOne) load(right, b.data, first);
#pragma unroll
        for (int i = 0; i < N; i++) out[i] = holds[i] != 0 ? (aIsOne ? aOne : left[i]) : (bIsOne ? bOne : right[i]);
        store(out, y, first);
      },
      [&](std::int64_t i) { y[i] = condition[i] != 0 ? (aIsOne ? aOne : a.data[i]) : (bIsOne ? bOne : b.data[i]); });
}

/// The same if some of the three are broadcast: as binaryBroadcastKernel, with a run of N elements at once or 4 single
/// elements in flight. In the second case only the chosen operand is read.
template <class T>
__global__ void whereBroadcastKernel(const std::uint8_t* __restrict__ condition,  // (conditionDims)
                                     Choice<T> a,                                 // (aDims), or one element
                                     Choice<T> b,                                 // (bDims), or one element
                                     T* __restrict__ y,                           // (n), the output's dims
                                     std::int64_t n,
                                     Walk<3> walk) {
  constexpr int N = elementsAtOnce<T>;
  const bool aIsOne = a.isOne(), bIsOne = b.isOne();
  const T aOne = aIsOne ? a.one() : T(0), bOne = bIsOne ? b.one() : T(0);
  if (walk.template hasRunsOf<N>()) {
    forEachVector<N>(
        n,
        [&](std::int64_t first) {
          std::int64_t place[1] = {first}, offsets[3][1];
          walk.locate(place, offsets);
          std::uint8_t holds[N];
          T left[N]{}, right[N]{}, out[N];
          readRun(holds, condition, offsets[0][0], walk.inner[0]);
          if (!aIsOne) readRun(left, a.data, offsets[1][0], walk.inner[1]);
          if (!bIsOne) readRun(right, b.data, offsets[2][0], walk.inner[2]);
#pragma unroll
          for (int i = 0; i < N; i++) out[i] = holds[i] != 0 ? (aIsOne ? aOne : left[i]) : (bIsOne ? bOne : right[i]);
          store(out, y, first);
        },
        [](std::int64_t) {});
  } else {
    constexpr int P = placesInFlight;
    forEachPlace<P>(n, [&](const std::int64_t(&places)[P]) {
      std::int64_t left[P], offsets[3][P];
      for (int i = 0; i < P; i++) left[i] = places[i];
      walk.locate(left, offsets);
      T out[P];
#pragma unroll
      for (int i = 0; i < P; i++)
        out[i] = condition[offsets[0][i]] != 0 ? (aIsOne ? aOne : a.data[offsets[1][i]])
                                               : (bIsOne ? bOne : b.data[offsets[2][i]]);
#pragma unroll
      for (int i = 0; i < P; i++) y[places[i]] = out[i];
    });
  }
}

/// The operand for a tensor, or for a number if `tensor` is null.
template <class T>
Choice<T> choiceOf(const Buffer* tensor, double number, DType dtype) {
  if (tensor == nullptr) return {nullptr, 1, bitsOf<T>(dtype, number)};
  return {dataOf<T>(*tensor), tensor->length, T(0)};
}

void where(const Buffer& condition, const Buffer* a, const Buffer* b, Buffer& y, double aNumber, double bNumber,
           Dims dims, Dims conditionDims, Dims aDims, Dims bDims) {
  const std::int64_t n = sizeOf(dims);
  requireDType("condition", condition, DType::boolean);
  requireOperand("condition", &condition, conditionDims);
  requireOperand("a", a, aDims);
  requireOperand("b", b, bDims);
  requireLength("y", y, n);
  requireVectors("y", y);
  if (a != nullptr) requireDType("a", *a, y.dtype);
  if (b != nullptr) requireDType("b", *b, y.dtype);
  const AxisList<3> axes = broadcastAxes<3>(dims, {conditionDims, aDims, bDims});
  if (n == 0) return;
  const auto isPlain = [n](const Buffer* operand) {
    return operand == nullptr || operand->length == 1 || operand->length == n;
  };
  dispatchBits(bytesOf(y.dtype), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto left = choiceOf<T>(a, aNumber, y.dtype), right = choiceOf<T>(b, bNumber, y.dtype);
    const auto* holds = static_cast<const std::uint8_t*>(condition.data);
    T* out = static_cast<T*>(y.data);
    if (condition.length == n && isPlain(a) && isPlain(b))
      launch(whereKernel<T>, gridStride(divideUp(n, elementsAtOnce<T>)), holds, left, right, out, n);
    else
      launch(whereBroadcastKernel<T>, gridStride(divideUp(n, elementsAtOnce<T>)), holds, left, right, out, n,
             Walk<3>(axes, n));
  });
}

}  // namespace

EXPORT_KERNEL(where)

}  // namespace wengert
