// Kernels of two operands, each of which may be broadcast or a plain number. Used by arithmetic.cu and comparison.cu,
// which list the functions, and by where.cu for its checks. A function is a row (a macro at the end); no function is
// defined here.
#pragma once

#include "elementwise/elementwise.cuh"
#include "elementwise/walk.cuh"

namespace wengert {

/// An operand of the output's shape: the elements of a tensor, or one value for all of them.
template <class T>
struct BinaryOperand {
  const T* data;        // (length); null for a number
  std::int64_t length;  // n, or 1
  Compute<T> value;     // of a number

  __device__ __forceinline__ bool isOne() const { return length == 1; }
  __device__ __forceinline__ Compute<T> one() const { return data == nullptr ? value : widen(data[0]); }
};

template <class T>
BinaryOperand<T> operandOf(const Buffer* tensor, double number) {
  if (tensor == nullptr) return {nullptr, 1, numberAs<Compute<T>>(number)};
  return {dataOf<T>(*tensor), tensor->length, Compute<T>(0)};
}

/// The state of a function without state. A function's state is the same for all elements. Kernels take the state and
/// not the function, so that kernels of one dtype have the same parameters and share the code that launches them.
struct Stateless {
  using State = Stateless;
};

/// y[i] = f(a[i], b[i]); an operand of one element is used for every i. A thread loads 16 bytes of each operand,
/// computes in registers and stores, in a grid-stride loop. An operand of one element is read once a thread. Elements
/// are independent, so the result does not depend on the launch. Bound: 3 sizeof(T) bytes an element (6 in bfloat16).
template <class F, class T, class R>
__global__ void binaryKernel(typename F::State state,
                             BinaryOperand<T> a,   // (n), or one element
                             BinaryOperand<T> b,   // (n), or one element
                             R* __restrict__ y,    // (n)
                             std::int64_t n) {
  constexpr int N = elementsAtOnce<T>;
  using C = Compute<T>;
  const F f{state};
  const bool aIsOne = a.isOne(), bIsOne = b.isOne();
  const C aOne = aIsOne ? a.one() : C(0), bOne = bIsOne ? b.one() : C(0);
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        T left[N]{}, right[N]{};  // (N), registers
        R out[N];
        if (!aIsOne) load(left, a.data, first);
        if (!bIsOne) load(right, b.data, first);
#pragma unroll
        for (int i = 0; i < N; i++)
          out[i] = narrow<R>(f(aIsOne ? aOne : widen(left[i]), bIsOne ? bOne : widen(right[i])));
        store(out, y, first);
      },
      [&](std::int64_t i) { y[i] = narrow<R>(f(aIsOne ? aOne : widen(a.data[i]), bIsOne ? bOne : widen(b.data[i]))); });
}

/// The same if operands are broadcast along some of the axes; `walk` finds the operands' elements. If the innermost
/// axis of the walk is a multiple of N, N neighbouring outputs need N neighbouring elements of an operand, or one: the
/// index arithmetic is done once for 16 bytes. Otherwise each output is looked up on its own, 4 of them in flight, and
/// neighbouring threads have neighbouring outputs. Repeated reads of a broadcast operand are served by the caches.
template <class F, class T, class R>
__global__ void binaryBroadcastKernel(typename F::State state,
                                      const T* __restrict__ a,  // (aDims), 1 where it is broadcast
                                      const T* __restrict__ b,  // (bDims)
                                      R* __restrict__ y,        // (n), the output's dims
                                      std::int64_t n,
                                      Walk<2> walk) {
  constexpr int N = elementsAtOnce<T>;
  const F f{state};
  if (walk.template hasRunsOf<N>()) {
    forEachVector<N>(
        n,
        [&](std::int64_t first) {
          std::int64_t place[1] = {first}, offsets[2][1];
          walk.locate(place, offsets);
          T left[N], right[N];
          R out[N];
          readRun(left, a, offsets[0][0], walk.inner[0]);
          readRun(right, b, offsets[1][0], walk.inner[1]);
#pragma unroll
          for (int i = 0; i < N; i++) out[i] = narrow<R>(f(widen(left[i]), widen(right[i])));
          store(out, y, first);
        },
        [](std::int64_t) {});
  } else {
    constexpr int P = placesInFlight;
    forEachPlace<P>(n, [&](const std::int64_t(&places)[P]) {
      std::int64_t left[P], offsets[2][P];  // (operand, place): where the operands are
      for (int i = 0; i < P; i++) left[i] = places[i];
      walk.locate(left, offsets);
      T in[2][P];  // (operand, place), registers
#pragma unroll
      for (int i = 0; i < P; i++) {
        in[0][i] = a[offsets[0][i]];
        in[1][i] = b[offsets[1][i]];
      }
#pragma unroll
      for (int i = 0; i < P; i++) y[places[i]] = narrow<R>(f(widen(in[0][i]), widen(in[1][i])));
    });
  }
}

/// Throws unless the operand is a tensor of these dimensions, or is null for a number and all dimensions are 1.
inline void requireOperand(const char* name, const Buffer* operand, Dims dims) {
  const std::int64_t length = sizeOf(dims);
  if (operand == nullptr) return require(length == 1, "the dims of a number must all be 1");
  requireLength(name, *operand, length);
  requireVectors(name, *operand);
}

/// Checks the arguments and launches the kernel of function F: the plain one if every operand has n elements or one,
/// else the one that broadcasts. The result has the operands' dtype, or is bool for a predicate.
template <class F>
void runBinary(typename F::State state, const Buffer* a, const Buffer* b, Buffer& y, double aNumber, double bNumber,
               Dims dims, Dims aDims, Dims bDims, std::source_location where) {
  const std::int64_t n = sizeOf(dims);
  require(a != nullptr || b != nullptr, "at least one operand must be a tensor");
  requireOperand("a", a, aDims);
  requireOperand("b", b, bDims);
  requireLength("y", y, n);
  requireVectors("y", y);
  const DType dtype = (a != nullptr ? a : b)->dtype;
  if (b != nullptr) requireDType("b", *b, dtype);
  requireDType("y", y, F::isPredicate ? DType::boolean : dtype);
  const AxisList<2> axes = broadcastAxes<2>(dims, {aDims, bDims});
  const auto isPlain = [n](const Buffer* operand) {
    return operand == nullptr || operand->length == 1 || operand->length == n;
  };
  const bool plain = isPlain(a) && isPlain(b);
  require(plain || (a != nullptr && b != nullptr), "if one operand is a number, the other must have the output's dims");
  // A bool is a byte of 0 or 1, and is compared as one.
  const bool asByte = F::takesBool && dtype == DType::boolean;
  dispatch(asByte ? DType::uint8 : dtype, typename F::Types{}, [&](auto type) {
    using T = typename decltype(type)::type;
    using R = std::conditional_t<F::isPredicate, bool8, T>;
    if (n == 0) return;
    if (plain)
      launch(binaryKernel<F, T, R>, gridStride(divideUp(n, elementsAtOnce<T>), where), state,
             operandOf<T>(a, aNumber), operandOf<T>(b, bNumber), dataOf<R>(y), n);
    else
      launch(binaryBroadcastKernel<F, T, R>, gridStride(divideUp(n, elementsAtOnce<T>), where), state,
             dataOf<T>(*a), dataOf<T>(*b), dataOf<R>(y), n, Walk<2>(axes, n));
  });
}

template <class F>
void launchBinary(const Buffer* a, const Buffer* b, Buffer& y, double aNumber, double bNumber, Dims dims, Dims aDims,
                  Dims bDims) {
  runBinary<F>({}, a, b, y, aNumber, bNumber, dims, aDims, bDims, F::where);
}

}  // namespace wengert

/// One row of a table of functions of two numbers: the op's name, its dtypes, its formula in a and b, computed in C.
/// The _ANY and _PREDICATE forms also take bools, as bytes; a predicate gives a bool.
#define BINARY_ROW(name, types, bools, predicate, formula)                        \
  namespace {                                                                     \
  struct name##Row : Stateless {                                                  \
    using Types = types;                                                          \
    static constexpr bool takesBool = bools;                                      \
    static constexpr bool isPredicate = predicate;                                \
    static constexpr std::source_location where = std::source_location::current(); \
    template <class C>                                                            \
    __device__ __forceinline__ auto operator()(C a, C b) const {                  \
      return formula;                                                             \
    }                                                                             \
  };                                                                              \
  }                                                                               \
  EXPORT_KERNEL_AS(name, launchBinary<name##Row>)
#define BINARY(name, types, formula) BINARY_ROW(name, types, false, false, C(formula))
#define BINARY_ANY(name, formula) BINARY_ROW(name, NumericTypes, true, false, C(formula))
#define BINARY_PREDICATE(name, formula) BINARY_ROW(name, NumericTypes, true, true, bool(formula))
