// A test program of the emulator: the results of instructions. Every fragment layout, swizzle and edge is compared with
// plain loops. Run by tests/kernels/emulator.test.ts.
#include <array>
#include <cmath>

#include "emulator/tests/harness.h"

using namespace wengert;
using emulator::bfloat16, emulator::float16;

namespace {

void expect(const char* name, bool holds) {
  std::printf("%s: %s\n", name, holds ? "right" : "WRONG");
  harness::failures += !holds;
}

/// Two 16-bit numbers in a register.
template <class T>
std::uint32_t pairOf(T low, T high) {
  return low.bits | std::uint32_t{high.bits} << 16;
}

// d (16, 8) = a (16, k) b (8, k)^T by one mma of one warp, fragments by the layout of ptx.cuh.
template <class T>
__global__ void oneMma(const T* a,  // (16, k)
                       const T* b,  // (8, k)
                       float* d,    // (16, 8)
                       int k) {
  const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
  const auto fromA = [&](int row, int column) { return pairOf(a[row * k + column], a[row * k + column + 1]); };
  const auto fromB = [&](int row, int column) { return pairOf(b[column * k + row], b[column * k + row + 1]); };
  float sum[4] = {1, 2, 3, 4};
  if (k == 16) {
    const std::uint32_t partA[4] = {fromA(g, 2 * t), fromA(g + 8, 2 * t), fromA(g, 2 * t + 8), fromA(g + 8, 2 * t + 8)};
    const std::uint32_t partB[2] = {fromB(2 * t, g), fromB(2 * t + 8, g)};
    mma<T>(sum, partA, partB);
  } else {
    const std::uint32_t partA[2] = {fromA(g, 2 * t), fromA(g + 8, 2 * t)};
    const std::uint32_t partB[1] = {fromB(2 * t, g)};
    mma<T>(sum, partA, partB);
  }
  for (int e = 0; e < 4; e++) d[(g + e / 2 * 8) * 8 + 2 * t + e % 2] = sum[e] - static_cast<float>(e + 1);
}

template <class T>
bool mmaIsRight(int k) {
  const std::vector<T> a = harness::wholeNumbers<T>(16 * k, 1), b = harness::wholeNumbers<T>(8 * k, 2);
  std::vector<float> d(16 * 8, NAN);
  launch("oneMma", oneMma<T>, 1, 32, 0, a.data(), b.data(), d.data(), k);
  return harness::isProduct(d, a, b, 16, 8, k);
}

// The same for one mma of tf32.
__global__ void oneTf32(const float* a,  // (16, 8)
                        const float* b,  // (8, 8)
                        float* d) {      // (16, 8)
  const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
  const std::uint32_t partA[4] = {toTf32(a[g * 8 + t]), toTf32(a[(g + 8) * 8 + t]), toTf32(a[g * 8 + t + 4]),
                                  toTf32(a[(g + 8) * 8 + t + 4])};
  const std::uint32_t partB[2] = {toTf32(b[g * 8 + t]), toTf32(b[g * 8 + t + 4])};
  float sum[4] = {};
  mmaTf32(sum, partA, partB);
  for (int e = 0; e < 4; e++) d[(g + e / 2 * 8) * 8 + 2 * t + e % 2] = sum[e];
}

bool tf32IsRight() {
  const std::vector<float> a = harness::wholeNumbers<float>(16 * 8, 1), b = harness::wholeNumbers<float>(8 * 8, 2);
  std::vector<float> d(16 * 8, NAN);
  launch("oneTf32", oneTf32, 1, 32, 0, a.data(), b.data(), d.data());
  bool right = true;
  for (int i = 0; i < 16 * 8; i++) {
    float sum = 0;
    for (int k = 0; k < 8; k++) sum += a[i / 8 * 8 + k] * b[i % 8 * 8 + k];
    right &= d[i] == sum;
  }
  // 1 + 2^-11 is a tie: it is rounded away from zero.
  return right && toTf32(1 + 0x1p-11f) == 0x3f802000u && toTf32(-1 - 0x1p-11f) == 0xbf802000u &&
         toTf32(1 + 0x1p-12f) == 0x3f800000u;
}

// ldmatrix and stmatrix of four matrices. Element i of shared memory is i, 8 numbers a row.
__global__ void matrices(std::uint32_t* y,       // (32 lanes, 4 registers straight, 4 transposed)
                         std::uint16_t* back) {  // (32 rows, 8)
  SHARED_MEMORY(std::uint16_t, s);               // (32 rows, 8)
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = 0; i < 8; i++) s[lane * 8 + i] = static_cast<std::uint16_t>(lane * 8 + i);
  __syncwarp();
  std::uint32_t straight[4], turned[4];
  loadMatrix(straight, s + lane * 8);
  loadMatrixTransposed(turned, s + lane * 8);
  for (int i = 0; i < 4; i++) {
    y[lane * 8 + i] = straight[i];
    y[lane * 8 + 4 + i] = turned[i];
  }
  __syncwarp();
  storeMatrixTransposed(s + lane * 8, straight);
  __syncwarp();
  for (int i = 0; i < 8; i++) back[lane * 8 + i] = s[lane * 8 + i];
}

bool matricesAreRight() {
  std::vector<std::uint32_t> y(32 * 8);
  std::vector<std::uint16_t> back(32 * 8);
  launch("matrices", matrices, 1, 32, 512, y.data(), back.data());
  bool right = true;
  for (int lane = 0; lane < 32; lane++)
    for (int i = 0; i < 4; i++) {
      const unsigned straight = i * 64 + lane / 4 * 8 + lane % 4 * 2, turned = i * 64 + lane % 4 * 16 + lane / 4;
      right &=
          y[lane * 8 + i] == (straight | (straight + 1) << 16) && y[lane * 8 + 4 + i] == (turned | (turned + 8) << 16);
    }
  for (int i = 0; i < 256; i++) right &= back[i] == i / 64 * 64 + i % 8 * 8 + i / 8 % 8;
  return right;
}

// How an operand of oneWgmma is stored in shared memory.
struct Layout {
  Swizzle swizzle;
  bool transposed;
};

/// The position of element (row, k) of an operand (rows, 16), in 16-bit numbers: in a tile that is as wide as the
/// swizzle (64, 32 or 16 numbers), with the swizzle applied.
int positionOf(Layout layout, int rows, int row, int k) {
  const int width = layout.swizzle == Swizzle::none ? 8 : 8 << static_cast<int>(layout.swizzle);
  const int line = layout.transposed ? k : row, at = layout.transposed ? row : k;
  const int lines = layout.transposed ? 16 : rows;  // of a tile `width` wide; tiles follow each other
  const int index = at / width * lines * width + line * width + at % width;
  return static_cast<int>(emulator::swizzled(index * 2, layout.swizzle)) / 2;
}

std::uint64_t descriptorOf(Layout layout, const bfloat16* start, int rows) {
  const std::uint32_t width = layout.swizzle == Swizzle::none ? 16 : 16u << static_cast<int>(layout.swizzle);
  const std::uint32_t tile = (layout.transposed ? 16 : rows) * width, eight = 8 * width;
  // Without a swizzle the offset between tiles in the contiguous direction is the leading one for k, the stride for
  // rows.
  if (layout.transposed && layout.swizzle == Swizzle::none) return matrixDescriptor(start, layout.swizzle, eight, tile);
  return matrixDescriptor(start, layout.swizzle, tile, eight);
}

// y (64, N) = a (64, 16) b (N, 16)^T by one wgmma, with operands stored by the tables of the PTX ISA.
template <bool TransposeA, bool TransposeB, int N>
__global__ void oneWgmma(const bfloat16* a,  // (64, 16)
                         const bfloat16* b,  // (N, 16)
                         float* y,           // (64, N)
                         Swizzle swizzle,
                         bool inRegisters) {
  SHARED_MEMORY(bfloat16, s);
  const int t = static_cast<int>(threadIdx.x);
  const Layout layoutA{swizzle, TransposeA}, layoutB{swizzle, TransposeB};
  bfloat16* const sharedB = s + 64 * 64;
  for (int i = t; i < 64 * 16; i += 128) s[positionOf(layoutA, 64, i / 16, i % 16)] = a[i];
  for (int i = t; i < N * 16; i += 128) sharedB[positionOf(layoutB, N, i / 16, i % 16)] = b[i];
  fenceProxyAsync();
  __syncthreads();
  float sum[N / 2];
  for (float& x : sum) x = 1;
  const int row = t / 32 * 16 + t % 32 / 4, column = t % 4 * 2;
  wgmmaFence();
  if (inRegisters) {
    const auto fromA = [&](int r, int k) { return pairOf(a[r * 16 + k], a[r * 16 + k + 1]); };
    const std::uint32_t part[4] = {fromA(row, column), fromA(row + 8, column), fromA(row, column + 8),
                                   fromA(row + 8, column + 8)};
    wgmma<bfloat16, N, TransposeB>(sum, part, descriptorOf(layoutB, sharedB, N), true);
  } else {
    wgmma<bfloat16, N, TransposeA, TransposeB>(sum, descriptorOf(layoutA, s, 64), descriptorOf(layoutB, sharedB, N),
                                               true);
  }
  wgmmaCommit();
  wgmmaWait<0>(sum);
  for (int i = 0; i < N / 2; i++) y[(row + i / 2 % 2 * 8) * N + i / 4 * 8 + column + i % 2] = sum[i] - 1;
}

template <bool TransposeA, bool TransposeB, int N>
bool wgmmaIsRight() {
  bool right = true;
  for (const Swizzle swizzle : {Swizzle::none, Swizzle::bytes32, Swizzle::bytes64, Swizzle::bytes128})
    for (const bool inRegisters : {false, true}) {
      const std::vector<bfloat16> a = harness::wholeNumbers<bfloat16>(64 * 16, 1),
                                  b = harness::wholeNumbers<bfloat16>(N * 16, 2);
      std::vector<float> y(64 * N, NAN);
      launch("oneWgmma", oneWgmma<TransposeA, TransposeB, N>, 1, 128, (64 * 64 + N * 64) * 2, a.data(), b.data(),
             y.data(), swizzle, inRegisters);
      right &= harness::isProduct(y, a, b, 64, N, 16);
    }
  return right;
}

// Loads a box of a tensor of three dimensions, which may be partly outside, and stores it to another tensor.
__global__ void oneBox(const TensorMap from,  // (5, 7, 20)
                       const TensorMap to,    // (5, 7, 20)
                       int* y,                // (2, 4, 8), the box
                       int x0, int x1, int x2) {
  SHARED_MEMORY(int, s);                      // the box, then the mbarrier
  auto* const barrier = reinterpret_cast<std::uint64_t*>(s + 1024);
  if (threadIdx.x == 0) {
    mbarrierInit(barrier, 1);
    mbarrierInitFence();
    mbarrierArriveExpect(barrier, 8 * 4 * 2 * 4);
    tensorLoad(s, &from, barrier, x0, x1, x2);
  }
  __syncthreads();
  mbarrierWait(barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < 64; i += 32)
    y[i] = s[emulator::swizzled(i * 4, Swizzle::bytes32) / 4];
  if (threadIdx.x == 0) {
    tensorStore(&to, s, x0, x1, x2);
    bulkCommit();
    bulkWait<0>();
  }
}

bool boxIsRight() {
  constexpr int dims[] = {20, 7, 5};
  std::vector<int> x(20 * 7 * 5), back(x.size());
  for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<int>(i) + 1;
  const auto mapOf = [&](std::vector<int>& data) {
    const std::uint64_t sizes[] = {20, 7, 5}, strides[] = {80, 560};
    const std::uint32_t box[] = {8, 4, 2};
    return emulator::encodeTensorMap(data.data(), 4, 3, sizes, strides, box, Swizzle::bytes32);
  };
  bool right = true;
  for (const auto& [x0, x1, x2] :
       {std::array{2, 1, 1}, std::array{15, 5, 4}, std::array{-3, -1, -1}, std::array{40, 0, 0}}) {
    std::vector<int> y(64, -1);
    std::fill(back.begin(), back.end(), 0);
    launch("oneBox", oneBox, 1, 32, 4096 + 64, mapOf(x), mapOf(back), y.data(), x0, x1, x2);
    int copied = 0;
    for (int i = 0; i < 64; i++) {
      const int c0 = x0 + i % 8, c1 = x1 + i / 8 % 4, c2 = x2 + i / 32;
      const bool exists = c0 >= 0 && c0 < dims[0] && c1 >= 0 && c1 < dims[1] && c2 >= 0 && c2 < dims[2];
      const int expected = exists ? x[(c2 * 7 + c1) * 20 + c0] : 0;
      right &= y[i] == expected;
      if (exists) right &= back[(c2 * 7 + c1) * 20 + c0] == expected, copied++;
    }
    for (const int value : back) copied -= value != 0;
    right &= copied == 0;
  }
  return right;
}

// Each lane's results of shuffles and votes.
__global__ void lanes(int* y) {  // (64 threads, 8)
  const int t = static_cast<int>(threadIdx.x), lane = t % 32;
  int* const results = y + t * 8;
  results[0] = __shfl_sync(~0u, t, 5);
  results[1] = __shfl_xor_sync(~0u, t, 3);
  results[2] = __shfl_down_sync(~0u, t, 4);
  results[3] = __shfl_up_sync(~0u, t, 4);
  results[4] = static_cast<int>(__ballot_sync(~0u, lane % 3 == 0));
  results[5] = __shfl_down_sync(~0u, t, 3, 8);
  // The two halves of a warp shuffle separately.
  results[6] = lane < 16 ? __shfl_xor_sync(0x0000ffffu, t, 8) : __shfl_xor_sync(0xffff0000u, t, 1);
  results[7] = __any_sync(~0u, lane == 7) + 2 * __all_sync(~0u, lane >= 0) + 4 * __all_sync(~0u, lane > 0);
}

bool lanesAreRight() {
  std::vector<int> y(64 * 8);
  launch("lanes", lanes, 1, 64, 0, y.data());
  bool right = true;
  for (int t = 0; t < 64; t++) {
    const int lane = t % 32, first = t - lane, *results = y.data() + t * 8;
    int votes = 0;
    for (int i = 0; i < 32; i += 3) votes |= static_cast<int>(1u << i);
    right &= results[0] == first + 5 && results[1] == (t ^ 3) && results[2] == (lane < 28 ? t + 4 : t) &&
             results[3] == (lane >= 4 ? t - 4 : t);
    right &= results[4] == votes && results[5] == (lane % 8 < 5 ? t + 3 : t) &&
             results[6] == (lane < 16 ? t ^ 8 : t ^ 1) && results[7] == 3;
  }
  return right;
}

bool halvesAreRight() {
  bool right = true;
  for (unsigned bits = 0; bits < 65536; bits++) {
    const float16 h{static_cast<std::uint16_t>(bits)};
    const bfloat16 b{static_cast<std::uint16_t>(bits)};
    const float x = toFloat(h), y = toFloat(b);
    right &= std::isnan(x) ||
             (emulator::toFloat16(x).bits == bits && emulator::toFloat16(static_cast<double>(x)).bits == bits);
    right &= std::isnan(y) ||
             (emulator::toBfloat16(y).bits == bits && emulator::toBfloat16(static_cast<double>(y)).bits == bits);
    if ((bits & 0x7fff) < 0x7bff) {
      // Ties go to even. A float64 close to a tie is rounded by its side of the tie, which float32 could not represent.
      const double next = toFloat(float16{static_cast<std::uint16_t>(bits + 1)}), tie = (x + next) / 2;
      right &= emulator::toFloat16(static_cast<float>(tie)).bits == bits + bits % 2;
      right &= emulator::toFloat16(tie + (next - tie) * 0x1p-30).bits == bits + 1 &&
               emulator::toFloat16(tie - (next - tie) * 0x1p-30).bits == bits;
    }
  }
  right &= emulator::toFloat16(65519.99f).bits == 0x7bff && emulator::toFloat16(65520.0f).bits == 0x7c00;
  right &= std::isnan(toFloat(emulator::toFloat16(NAN))) && std::isnan(toFloat(emulator::toBfloat16(NAN)));
  return right;
}

}  // namespace

int main() {
  for (const bool detect : {false, true}) {
    emulator::setOptions({7, detect, detect});
    expect("16-bit floats", halvesAreRight());
    expect("shuffles and votes", lanesAreRight());
    expect("mma m16n8k16", mmaIsRight<bfloat16>(16) && mmaIsRight<float16>(16));
    expect("mma m16n8k8", mmaIsRight<bfloat16>(8) && mmaIsRight<float16>(8));
    expect("mma tf32", tf32IsRight());
    expect("ldmatrix and stmatrix", matricesAreRight());
    expect("wgmma m64n64", wgmmaIsRight<false, false, 64>() && wgmmaIsRight<true, true, 64>());
    expect("wgmma m64n128", wgmmaIsRight<false, true, 128>() && wgmmaIsRight<true, false, 128>());
    expect("wgmma m64n256", wgmmaIsRight<false, false, 256>());
    expect("bulk copies", boxIsRight());
    const std::vector<std::string> races = emulator::takeRaces();
    expect("no race", races.empty());
    for (const std::string& race : races) std::printf("  %s\n", race.c_str());
  }
  return harness::failures == 0 ? 0 : 1;
}
