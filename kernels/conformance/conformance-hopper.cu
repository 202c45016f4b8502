// Kernels for bulk tensor copies in two dimensions, with the mbarrier that a load needs, and for wgmma with both
// operands in shared memory: on a Hopper GPU a kernel runs the instruction, on the emulator its twin, and a test
// compares the two. Other wrappers of ptx-hopper.cuh and ptx-wgmma.cuh have no kernel here: wgmma with a in registers,
// tensorLoad in one, three and four dimensions, tensorStore in three and four, mbarrierArrive, raiseRegisters and
// lowerRegisters. stmatrix is in conformance.cu. Kernels of ops do not belong here.
#include "conformance/conformance.cuh"
#include "ptx/tensor-map.h"

namespace wengert {

namespace {

constexpr int boxRows = 16, boxColumns = 32;  // of float32: 2,048 bytes
constexpr int boxLength = boxRows * boxColumns;

/// Columns of the box: a row of the box is as wide as the swizzle.
int boxColumnsOf(Swizzle swizzle) {
  return swizzle == Swizzle::none ? boxColumns : 4 << static_cast<int>(swizzle);  // 16 bytes << swizzle, in float32
}

/// y = the box of x at (row, column), in the order in which it is in shared memory after a bulk copy. One warp: thread
/// 0 issues the copy, all threads wait at its mbarrier and copy the words out.
__global__ void tensorLoadKernel(const __grid_constant__ TensorMap map,  // of x (rows, columns)
                                 std::uint32_t* y,                       // (length)
                                 int row, int column,
                                 int length) {                           // words of the box
  SHARED_MEMORY(std::uint32_t, s);                                       // (boxLength), then the mbarrier
  auto* const barrier = reinterpret_cast<std::uint64_t*>(s + boxLength);
  if (threadIdx.x == 0) {
    tensorMapPrefetch(&map);
    mbarrierInit(barrier, 1);
    mbarrierInitFence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrierArriveExpect(barrier, static_cast<std::uint32_t>(length) * 4);
    tensorLoad(s, &map, barrier, column, row);
  }
  mbarrierWait(barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < length; i += 32) y[i] = s[i];
}

/// The opposite: copies x to shared memory and stores it to the box of y at (row, column) by a bulk copy.
__global__ void tensorStoreKernel(const __grid_constant__ TensorMap map,  // of y (rows, columns)
                                  const std::uint32_t* x,                 // (length)
                                  int row, int column,
                                  int length) {
  SHARED_MEMORY(std::uint32_t, s);                                        // (boxLength)
  for (int i = static_cast<int>(threadIdx.x); i < length; i += 32) s[i] = x[i];
  fenceProxyAsync();
  __syncwarp();
  if (threadIdx.x == 0) {
    tensorStore(&map, s, column, row);
    bulkCommit();
    bulkWaitRead<0>();
    bulkWait<0>();
  }
}

/// The matrix of a call, and where its box is.
struct BoxAt {
  TensorShape shape;
  int row, column, length;
};

BoxAt boxAt(const Buffer& matrix, Dims dims, std::int64_t row, std::int64_t column, std::int64_t swizzle) {
  requireHopper(tensorLoadKernel);
  require(dims.count == 2 && dims[0] > 0 && dims[1] > 0 && dims[1] % 4 == 0,
          "dims must be rows and columns, and columns must be a multiple of 4");
  require(swizzle >= 0 && swizzle <= 3, "swizzle must be from 0 to 3");
  constexpr std::int64_t far = std::int64_t{1} << 30;
  require(row >= -far && row <= far && column >= -far && column <= far, "row and column must be from -2^30 to 2^30");
  requireFloats("matrix", matrix, sizeOf(dims));
  require(isAligned(matrix.data), "the matrix must be aligned to 16 bytes");
  const int columns = boxColumnsOf(static_cast<Swizzle>(swizzle));
  return {matrixShape<float>(dims[0], dims[1], dims[1], boxRows, columns, static_cast<Swizzle>(swizzle)),
          static_cast<int>(row), static_cast<int>(column), boxRows * columns};
}

void conformanceTensorLoad(const Buffer& x, Buffer& y, Dims dims, std::int64_t row, std::int64_t column,
                           std::int64_t swizzle) {
  const BoxAt box = boxAt(x, dims, row, column, swizzle);
  requireWords("y", y, box.length);
  launch(tensorLoadKernel, {dim3(1), dim3(32), boxLength * 4 + 16}, makeTensorMap(dataOf<float>(x), box.shape),
         dataOf<std::uint32_t>(y), box.row, box.column, box.length);
}

void conformanceTensorStore(const Buffer& x, Buffer& y, Dims dims, std::int64_t row, std::int64_t column,
                            std::int64_t swizzle) {
  const BoxAt box = boxAt(y, dims, row, column, swizzle);
  requireWords("x", x, box.length);
  launch(tensorStoreKernel, {dim3(1), dim3(32), boxLength * 4 + 16}, makeTensorMap(dataOf<float>(y), box.shape),
         dataOf<std::uint32_t>(x), box.row, box.column, box.length);
}

/// The layout of the two operands in an image of shared memory: swizzle and offsets in bytes.
struct Operands {
  Swizzle swizzle;
  std::uint32_t leadingA, strideA, startB, leadingB, strideB;
};

/// d (64, N) = a b + c by one wgmma of one warpgroup. The operands are in `image`, which is copied to shared memory as
/// it is; c and d hold the registers of each thread.
template <class T, int N, bool TransposeA, bool TransposeB>
__global__ void __launch_bounds__(128)
    wgmmaKernel(const std::uint32_t* image,  // (words)
                const float* c,              // (128 threads, N / 2)
                float* d,                    // (128 threads, N / 2)
                int words,
                Operands at) {
  SHARED_MEMORY(std::uint32_t, s);           // (words)
  const int t = static_cast<int>(threadIdx.x);
  for (int i = t; i < words; i += 128) s[i] = image[i];
  fenceProxyAsync();
  __syncthreads();
  float sum[N / 2];  // the thread's accumulators, registers
#pragma unroll
  for (int i = 0; i < N / 2; i++) sum[i] = c[t * (N / 2) + i];
  wgmmaFence();
  wgmma<T, N, TransposeA, TransposeB>(sum, matrixDescriptor(s, at.swizzle, at.leadingA, at.strideA),
                                      matrixDescriptor(s + at.startB / 4, at.swizzle, at.leadingB, at.strideB), true);
  wgmmaCommit();
  wgmmaWait<0>(sum);
#pragma unroll
  for (int i = 0; i < N / 2; i++) d[t * (N / 2) + i] = sum[i];
}

template <class T, int N>
void launchWgmma(const Buffer& image, const Buffer& c, Buffer& d, bool transposeA, bool transposeB,
                 const Operands& at) {
  const auto kernel = transposeA ? (transposeB ? wgmmaKernel<T, N, true, true> : wgmmaKernel<T, N, true, false>)
                                 : (transposeB ? wgmmaKernel<T, N, false, true> : wgmmaKernel<T, N, false, false>);
  launch(kernel, {dim3(1), dim3(128), static_cast<std::size_t>(image.length) * 4}, dataOf<std::uint32_t>(image),
         dataOf<float>(c), dataOf<float>(d), static_cast<int>(image.length), at);
}

/// layout: swizzle, then leading and stride bytes of a, then start, leading and stride bytes of b. a starts the image.
void conformanceWgmma(const Buffer& image, const Buffer& c, Buffer& d, std::int64_t n, std::int64_t isFloat16,
                      std::int64_t transposeA, std::int64_t transposeB, Dims layout) {
  requireHopper(wgmmaKernel<bfloat16, 64, false, false>);
  require(n == 64 || n == 128 || n == 192 || n == 256, "n must be 64, 128, 192 or 256");
  require(layout.count == 6 && layout[0] >= 0 && layout[0] <= 3,
          "layout must have 6 numbers, and the first must be from 0 to 3");
  requireDType("image", image, DType::int32);
  require(image.length > 0 && image.length % 256 == 0 && image.length * 4 <= stream().mostShared,
          "the image must fit in shared memory and be a multiple of 256 words");
  for (int i = 1; i < 6; i++)
    require(layout[i] >= 0 && layout[i] % 16 == 0 && layout[i] < 1 << 18, "offsets must be multiples of 16 below 2^18");
  require(layout[3] % 1024 == 0, "b must start at a multiple of 1,024");
  // No address is farther than rows / 8 + 1 steps of the larger offset and 1,024 bytes within a tile.
  const auto end = [](std::int64_t rows, std::int64_t leading, std::int64_t stride) {
    return (rows / 8 + 1) * (leading > stride ? leading : stride) + 1024;
  };
  require(
      end(64, layout[1], layout[2]) <= image.length * 4 && layout[3] + end(n, layout[4], layout[5]) <= image.length * 4,
      "the operands must end inside the image");
  requireFloats("c", c, 64 * n);
  requireFloats("d", d, 64 * n);
  const auto word = [&](int i) { return static_cast<std::uint32_t>(layout[i]); };
  const Operands at{static_cast<Swizzle>(layout[0]), word(1), word(2), word(3), word(4), word(5)};
  const auto launchType = [&](auto type) {
    using T = typename decltype(type)::type;
    if (n == 64) launchWgmma<T, 64>(image, c, d, transposeA != 0, transposeB != 0, at);
    else if (n == 128) launchWgmma<T, 128>(image, c, d, transposeA != 0, transposeB != 0, at);
    else if (n == 192) launchWgmma<T, 192>(image, c, d, transposeA != 0, transposeB != 0, at);
    else launchWgmma<T, 256>(image, c, d, transposeA != 0, transposeB != 0, at);
  };
  if (isFloat16 != 0) launchType(Type<float16>());
  else launchType(Type<bfloat16>());
}

}  // namespace

EXPORT_KERNEL(conformanceTensorLoad)
EXPORT_KERNEL(conformanceTensorStore)
EXPORT_KERNEL(conformanceWgmma)

}  // namespace wengert
