// Kernels for the wrappers of ptx.cuh and for stmatrix (ptx-hopper.cuh), on numbers that a test chooses: on a GPU a
// kernel runs the instruction, on the emulator its twin. A test compares the two. Bulk copies and wgmma are in
// conformance-hopper.cu; kernels of ops do not belong here.
#include "conformance/conformance.cuh"

namespace wengert {

namespace {

enum class MmaForm : int { bfloat16K16, float16K16, tf32K8, bfloat16K8, float16K8 };

/// d = a b + c by one mma a block of one warp. Operands are fragments: the registers of each lane, one lane after
/// another.
__global__ void mmaKernel(const std::uint32_t* a,  // (count, 32 lanes, 4), or 2 registers for 16-bit k = 8
                          const std::uint32_t* b,  // (count, 32 lanes, 2), or 1
                          const float* c,          // (count, 32 lanes, 4)
                          float* d,                // (count, 32 lanes, 4)
                          MmaForm form) {
  const std::size_t lane = std::size_t{blockIdx.x} * 32 + threadIdx.x;
  const bool isShort = form == MmaForm::bfloat16K8 || form == MmaForm::float16K8;
  std::uint32_t partA[4] = {}, partB[2] = {};
  for (int i = 0; i < (isShort ? 2 : 4); i++) partA[i] = a[lane * (isShort ? 2 : 4) + i];
  for (int i = 0; i < (isShort ? 1 : 2); i++) partB[i] = b[lane * (isShort ? 1 : 2) + i];
  const std::uint32_t shortA[2] = {partA[0], partA[1]}, shortB[1] = {partB[0]};
  float sum[4] = {c[lane * 4], c[lane * 4 + 1], c[lane * 4 + 2], c[lane * 4 + 3]};
  if (form == MmaForm::bfloat16K16) mma<bfloat16>(sum, partA, partB);
  else if (form == MmaForm::float16K16) mma<float16>(sum, partA, partB);
  else if (form == MmaForm::tf32K8) mmaTf32(sum, partA, partB);
  else if (form == MmaForm::bfloat16K8) mma<bfloat16>(sum, shortA, shortB);
  else mma<float16>(sum, shortA, shortB);
  for (int i = 0; i < 4; i++) d[lane * 4 + i] = sum[i];
}

void conformanceMma(const Buffer& a, const Buffer& b, const Buffer& c, Buffer& d, std::int64_t count,
                    std::int64_t form) {
  require(form >= 0 && form <= 4, "form must be from 0 to 4");
  require(form == 1 || form == 4 || stream().capability >= 80, "this form requires compute capability 8.0");
  requireMatrixCount(count);
  const int registers = form >= 3 ? 2 : 4;
  requireWords("a", a, count * 32 * registers);
  requireWords("b", b, count * 32 * registers / 2);
  requireFloats("c", c, count * 32 * 4);
  requireFloats("d", d, count * 32 * 4);
  if (count == 0) return;
  launch(mmaKernel, {dim3(static_cast<unsigned>(count)), dim3(32)}, dataOf<std::uint32_t>(a), dataOf<std::uint32_t>(b),
         dataOf<float>(c), dataOf<float>(d), static_cast<MmaForm>(form));
}

/// y = the N registers that this lane gets from ldmatrix, and zeros up to 4; `row` is the row that the lane points to.
template <int N>
__device__ void loadOne(std::uint32_t* y, const void* row, bool transposed) {
  std::uint32_t registers[N];
  if (transposed) loadMatrixTransposed(registers, row);
  else loadMatrix(registers, row);
  for (int i = 0; i < 4; i++) y[i] = i < N ? registers[i % N] : 0;
}

/// ldmatrix of 1, 2 or 4 matrices of 8 rows, by a block of one warp. Lane l points to row l.
__global__ void loadMatrixKernel(const std::uint32_t* x,  // (count, 32 rows, 4 words)
                                 std::uint32_t* y,        // (count, 32 lanes, 4 registers)
                                 int matrices,
                                 bool transposed) {
  SHARED_MEMORY(std::uint32_t, s);                        // (32 rows, 4 words)
  const int lane = static_cast<int>(threadIdx.x);
  const std::size_t first = (std::size_t{blockIdx.x} * 32 + lane) * 4;
  for (int i = 0; i < 4; i++) s[lane * 4 + i] = x[first + i];
  __syncwarp();
  if (matrices == 1) loadOne<1>(y + first, s + lane * 4, transposed);
  else if (matrices == 2) loadOne<2>(y + first, s + lane * 4, transposed);
  else loadOne<4>(y + first, s + lane * 4, transposed);
}

void conformanceLoadMatrix(const Buffer& x, Buffer& y, std::int64_t count, std::int64_t matrices,
                           std::int64_t transposed) {
  require(matrices == 1 || matrices == 2 || matrices == 4, "matrices must be 1, 2 or 4");
  requireMatrixCount(count);
  requireWords("x", x, count * 128);
  requireWords("y", y, count * 128);
  if (count == 0) return;
  launch(loadMatrixKernel, {dim3(static_cast<unsigned>(count)), dim3(32), 512}, dataOf<std::uint32_t>(x),
         dataOf<std::uint32_t>(y), static_cast<int>(matrices), transposed != 0);
}

/// Stores the first N of this lane's registers by stmatrix; `row` is the row that the lane points to.
template <int N>
__device__ void storeOne(const std::uint32_t* x, void* row, bool transposed) {
  std::uint32_t registers[N];
  for (int i = 0; i < N; i++) registers[i] = x[i];
  if (transposed) storeMatrixTransposed(row, registers);
  else storeMatrix(row, registers);
}

/// stmatrix, the opposite of loadMatrixKernel: y is the content of the 32 rows afterwards, 0 where nothing was stored.
__global__ void storeMatrixKernel(const std::uint32_t* x,  // (count, 32 lanes, 4 registers)
                                  std::uint32_t* y,        // (count, 32 rows, 4 words)
                                  int matrices,
                                  bool transposed) {
  SHARED_MEMORY(std::uint32_t, s);                         // (32 rows, 4 words)
  const int lane = static_cast<int>(threadIdx.x);
  const std::size_t first = (std::size_t{blockIdx.x} * 32 + lane) * 4;
  for (int i = 0; i < 4; i++) s[lane * 4 + i] = 0;
  __syncwarp();
  if (matrices == 1) storeOne<1>(x + first, s + lane * 4, transposed);
  else if (matrices == 2) storeOne<2>(x + first, s + lane * 4, transposed);
  else storeOne<4>(x + first, s + lane * 4, transposed);
  __syncwarp();
  for (int i = 0; i < 4; i++) y[first + i] = s[lane * 4 + i];
}

void conformanceStoreMatrix(const Buffer& x, Buffer& y, std::int64_t count, std::int64_t matrices,
                            std::int64_t transposed) {
  require(matrices == 1 || matrices == 2 || matrices == 4, "matrices must be 1, 2 or 4");
  requireHopper(storeMatrixKernel);
  requireMatrixCount(count);
  requireWords("x", x, count * 128);
  requireWords("y", y, count * 128);
  if (count == 0) return;
  launch(storeMatrixKernel, {dim3(static_cast<unsigned>(count)), dim3(32), 512}, dataOf<std::uint32_t>(x),
         dataOf<std::uint32_t>(y), static_cast<int>(matrices), transposed != 0);
}

/// cp.async: each of 32 lanes copies `bytes` of its 16 bytes to shared memory, and reads only `readBytes` of them. Then
/// each lane writes out the bytes of the next lane, so the copy must be visible after the wait and the barrier.
__global__ void copyAsyncKernel(const unsigned char* x,  // (32 lanes, 16)
                                unsigned char* y,        // (32 lanes, 16)
                                int bytes,
                                unsigned readBytes) {
  SHARED_MEMORY(unsigned char, s);                       // (32 lanes, 16)
  const int first = static_cast<int>(threadIdx.x) * 16;
  for (int i = 0; i < 16; i++) s[first + i] = 0xaa;
  if (bytes == 16) copyAsync16(s + first, x + first, readBytes);
  else if (bytes == 8) copyAsync8(s + first, x + first, readBytes);
  else copyAsync4(s + first, x + first, readBytes);
  copyAsyncCommit();
  copyAsyncWait<0>();
  __syncthreads();
  for (int i = 0; i < 16; i++) y[first + i] = s[(first + 16) % 512 + i];
}

void conformanceCopyAsync(const Buffer& x, Buffer& y, std::int64_t bytes, std::int64_t readBytes) {
  require(bytes == 4 || bytes == 8 || bytes == 16, "bytes must be 4, 8 or 16");
  require(readBytes >= 0 && readBytes <= bytes, "readBytes must be from 0 to bytes");
  requireWords("x", x, 128);
  requireWords("y", y, 128);
  launch(copyAsyncKernel, {dim3(1), dim3(32), 512}, dataOf<unsigned char>(x), dataOf<unsigned char>(y),
         static_cast<int>(bytes), static_cast<unsigned>(readBytes));
}

/// y[i] = the bits of x[i] rounded to tf32. One thread for each element.
__global__ void toTf32Kernel(const float* x,    // (n)
                             std::uint32_t* y,  // (n)
                             std::int64_t n) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) y[i] = toTf32(x[i]);
}

void conformanceToTf32(const Buffer& x, Buffer& y, std::int64_t count) {
  requireMatrixCount(count);
  requireFloats("x", x, count);
  requireWords("y", y, count);
  if (count == 0) return;
  launch(toTf32Kernel, {dim3(static_cast<unsigned>((count + 127) / 128)), dim3(128)}, dataOf<float>(x),
         dataOf<std::uint32_t>(y), count);
}

/// Named barriers: threads 0 to 63 write x to shared memory and arrive at barrier 1; threads 64 to 127 wait there and
/// read. Barrier 2 has the first 64 threads only.
__global__ void barrierKernel(const std::uint32_t* x,  // (64)
                              std::uint32_t* y) {      // (128)
  SHARED_MEMORY(std::uint32_t, s);                     // (64)
  const int t = static_cast<int>(threadIdx.x);
  if (t < 64) {
    s[t] = x[t];
    barrierArrive(1, 128);
    barrierSync(2, 64);
    y[t] = s[63 - t] + 1;
  } else {
    barrierSync(1, 128);
    y[t] = s[127 - t];
  }
}

void conformanceBarrier(const Buffer& x, Buffer& y) {
  requireWords("x", x, 64);
  requireWords("y", y, 128);
  launch(barrierKernel, {dim3(1), dim3(128), 256}, dataOf<std::uint32_t>(x), dataOf<std::uint32_t>(y));
}

}  // namespace

EXPORT_KERNEL(conformanceMma)
EXPORT_KERNEL(conformanceLoadMatrix)
EXPORT_KERNEL(conformanceStoreMatrix)
EXPORT_KERNEL(conformanceCopyAsync)
EXPORT_KERNEL(conformanceToTf32)
EXPORT_KERNEL(conformanceBarrier)

}  // namespace wengert
