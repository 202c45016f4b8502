// The end of a matrix product: the sums of a block go to y with the bias added, or, if the depth is split, to partial
// sums that a second kernel adds. Used by the main loop (gemm-loop.cuh) and gemm-naive.cu. The store of convolutions is
// in conv-patches.cuh.
#pragma once

#include "matmul/gemm.h"
#include "runtime/vectors.cuh"

namespace wengert {

/// Neighbouring elements that are stored at once: 16 bytes of 16-bit and 32-bit types, four elements of others.
template <class T>
inline constexpr int storeWidth = sizeof(T) == 2 ? 8 : 4;

/// Adds the bias to a sum, in the type of the sum, and rounds the result to T.
template <class T>
struct Finish {
  using Sum = SumOf<T>;

  const T* bias;            // (M) or (N), or null
  int biasRow, biasColumn;  // strides: (1, 0) for a bias along the rows, (0, 1) along the columns

  explicit Finish(const Epilogue& epilogue)
      : bias(static_cast<const T*>(epilogue.bias)),
        biasRow(epilogue.biasAlongRows),
        biasColumn(!epilogue.biasAlongRows) {}

  __device__ __forceinline__ T operator()(Sum sum, int row, int column) const {
    if (bias != nullptr) sum += static_cast<Sum>(widen(bias[row * biasRow + column * biasColumn]));
    return narrow<T>(sum);
  }
};

/// Stores to contiguous matrices, one after the other.
template <class T>
struct MatrixStore {
  using Element = T;

  T* y;  // (batches, M, N)
  int m, n;
  bool vectors;  // rows of y are whole vectors
  Finish<T> finish;

  MatrixStore(void* y, int m, int n, const Epilogue& epilogue)
      : y(static_cast<T*>(y)), m(m), n(n), vectors(n % storeWidth<T> == 0 && isAligned(y)), finish(epilogue) {}

  /// Stores N neighbouring columns, one or `storeWidth`; the first is a multiple of N. Columns outside of y are left
  /// out.
  template <int N>
  __device__ __forceinline__ void put(int batch, int row, int column,
                                      const SumOf<T>* sums) const {  // (N)
    T* const at = y + (std::int64_t{batch} * m + row) * n + column;
    if (N > 1 && vectors) {
      if (column >= n) return;
      T out[N];
#pragma unroll
      for (int j = 0; j < N; j++) out[j] = finish(sums[j], row, column + j);
      store(out, at, 0);
    } else {
#pragma unroll
      for (int j = 0; j < N; j++)
        if (column + j < n) at[j] = finish(sums[j], row, column + j);
    }
  }
};

/// Takes the sums of a block: to the store, or to the partial sums of its split.
template <class Store>
struct Writer {
  using Sum = SumOf<typename Store::Element>;
  static constexpr int width = storeWidth<typename Store::Element>;

  const GemmShape& shape;
  int batch, split;
  const Store& store;

  template <int N>
  __device__ __forceinline__ void put(int row, int column, const Sum* sums) const {
    if (row >= shape.m) return;
    if (shape.splits == 1) {
      store.template put<N>(batch, row, column, sums);
      return;
    }
    // Partial sums are not narrowed, and the bias is added after the last split (addPartials).
    const std::int64_t matrix = std::int64_t{split} * shape.batches + batch;
    Sum* const at = static_cast<Sum*>(shape.partials) + (matrix * shape.m + row) * shape.n + column;
    if (shape.n % N == 0) {
      if (column >= shape.n) return;
      Sum out[N];
#pragma unroll
      for (int j = 0; j < N; j++) out[j] = sums[j];
      wengert::store(out, at, 0);
    } else {
#pragma unroll
      for (int j = 0; j < N; j++)
        if (column + j < shape.n) at[j] = sums[j];
    }
  }
};

/// y = the sum of the partial sums over the splits, + bias. One thread for each element of y, in a grid-stride loop; it
/// adds from the first split to the last, always in this order, so the result is always the same. Bound by memory: it
/// reads `splits` sums for each element that it writes.
template <class Store>
__global__ void __launch_bounds__(256) addPartials(const GemmShape shape, const Store store) {
  using Sum = typename Writer<Store>::Sum;
  const std::int64_t matrix = std::int64_t{shape.m} * shape.n;
  const std::int64_t elements = matrix * shape.batches;
  const std::int64_t stride = std::int64_t{gridDim.x} * 256;
  for (std::int64_t i = std::int64_t{blockIdx.x} * 256 + threadIdx.x; i < elements; i += stride) {
    const Sum* partial = static_cast<const Sum*>(shape.partials) + i;
    Sum sum = 0;
#pragma unroll 4
    for (int split = 0; split < shape.splits; split++) sum += partial[split * elements];
    const std::int64_t batch = i / matrix;
    const std::int64_t inMatrix = i - batch * matrix;
    const int row = static_cast<int>(inMatrix / shape.n);
    const int column = static_cast<int>(inMatrix - std::int64_t{row} * shape.n);
    store.template put<1>(static_cast<int>(batch), row, column, &sum);
  }
}

}  // namespace wengert
