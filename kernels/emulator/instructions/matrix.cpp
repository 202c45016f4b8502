// The matrix instructions of a warp (matrix.h). Each is a collective: every lane brings its fragments, and the last
// lane to arrive gathers them into matrices, multiplies, and scatters the result to the lanes' registers.
#include "emulator/instructions/matrix.h"

#include <bit>
#include <cstring>

#include "emulator/types/half.h"

namespace emulator {

namespace {

constexpr std::uint32_t allLanes = 0xffffffffu;
using Row __attribute__((vector_size(32))) = float;  // 8 columns: a row of b or d

/// The registers of one lane.
struct Fragments {
  float* d;                // (4)
  const std::uint32_t* a;  // (4), or 2 for k = 8
  const std::uint32_t* b;  // (2), or 1
};

inline float low(std::uint32_t pair, bfloat16) { return std::bit_cast<float>(pair << 16); }
inline float high(std::uint32_t pair, bfloat16) { return std::bit_cast<float>(pair & 0xffff0000u); }
inline float low(std::uint32_t pair, float16) { return toFloat(float16{static_cast<std::uint16_t>(pair)}); }
inline float high(std::uint32_t pair, float16) { return toFloat(float16{static_cast<std::uint16_t>(pair >> 16)}); }

/// The operands of a warp as matrices.
struct Operands {
  float a[16][16];  // (16, K)
  Row b[16];        // (K, 8)
  Row d[16];        // (16, 8)
};

/// d += a b, four rows at a time. Lane l holds d at rows l / 4 and l / 4 + 8, columns 2 (l % 4) and 2 (l % 4) + 1.
template <int K>
void multiply(Operands& m, void* const* slots) {
  for (int lane = 0; lane < 32; lane++) {
    const float* d = static_cast<const Fragments*>(slots[lane])->d;
    for (int i = 0; i < 4; i++) m.d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2] = d[i];
  }
  for (int row = 0; row < 16; row += 4) {
    Row d0 = m.d[row], d1 = m.d[row + 1], d2 = m.d[row + 2], d3 = m.d[row + 3];
    for (int k = 0; k < K; k++) {
      const Row b = m.b[k];
      d0 += m.a[row][k] * b;
      d1 += m.a[row + 1][k] * b;
      d2 += m.a[row + 2][k] * b;
      d3 += m.a[row + 3][k] * b;
    }
    m.d[row] = d0, m.d[row + 1] = d1, m.d[row + 2] = d2, m.d[row + 3] = d3;
  }
  for (int lane = 0; lane < 32; lane++) {
    float* d = static_cast<const Fragments*>(slots[lane])->d;
    for (int i = 0; i < 4; i++) d[i] = m.d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
  }
}

/// m16n8k16 and m16n8k8 of 16-bit numbers, two in a register, with the fragment layout of ptx.cuh.
template <class T, int K>
void combineHalf(void* const* slots, std::uint32_t, const void*) {
  Operands m;
  for (int lane = 0; lane < 32; lane++) {
    const Fragments& f = *static_cast<const Fragments*>(slots[lane]);
    const int row = lane / 4, column = lane % 4 * 2;
    for (int i = 0; i < K / 4; i++) {
      float* const a = &m.a[row + i % 2 * 8][column + i / 2 * 8];
      a[0] = low(f.a[i], T());
      a[1] = high(f.a[i], T());
    }
    for (int i = 0; i < K / 8; i++) {
      m.b[column + i * 8][row] = low(f.b[i], T());
      m.b[column + i * 8 + 1][row] = high(f.b[i], T());
    }
  }
  multiply<K>(m, slots);
}

/// m16n8k8 of tf32, one number in a register, whose low 13 bits are ignored.
void combineTf32(void* const* slots, std::uint32_t, const void*) {
  const auto number = [](std::uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); };
  Operands m;
  for (int lane = 0; lane < 32; lane++) {
    const Fragments& f = *static_cast<const Fragments*>(slots[lane]);
    for (int i = 0; i < 4; i++) m.a[lane / 4 + i % 2 * 8][lane % 4 + i / 2 * 4] = number(f.a[i]);
    for (int i = 0; i < 2; i++) m.b[lane % 4 + i * 4][lane / 4] = number(f.b[i]);
  }
  multiply<8>(m, slots);
}

/// One lane's part of ldmatrix or stmatrix: the row that it points to, and its registers.
struct MatrixRows {
  unsigned char* row;
  std::uint32_t* registers;
};

/// The address of the 16-bit element of matrix `matrix` that belongs to half `which` of the register of `lane`.
unsigned char* elementOf(void* const* slots, int matrix, int lane, int which, bool transposed) {
  const int row = transposed ? lane % 4 * 2 + which : lane / 4;
  const int column = transposed ? lane / 4 : lane % 4 * 2 + which;
  return static_cast<const MatrixRows*>(slots[matrix * 8 + row])->row + column * 2;
}

template <int Count, bool Transposed, bool IsStore>
void combineRows(void* const* slots, std::uint32_t, const void*) {
  for (int matrix = 0; matrix < Count; matrix++)
    for (int lane = 0; lane < 32; lane++) {
      auto* const at =
          reinterpret_cast<unsigned char*>(static_cast<const MatrixRows*>(slots[lane])->registers + matrix);
      for (int which = 0; which < 2; which++) {
        unsigned char* const element = elementOf(slots, matrix, lane, which, Transposed);
        if (IsStore) std::memcpy(element, at + which * 2, 2);
        else std::memcpy(at + which * 2, element, 2);
      }
    }
}

/// ldmatrix or stmatrix of `count` matrices, for one lane. Lanes 0 to 8 count - 1 point to rows, which are checked
/// here.
template <bool IsStore>
void moveRows(std::uint32_t* registers, const void* row, int count, bool transposed) {
  constexpr const char* name = IsStore ? "stmatrix" : "ldmatrix";
  Block& block = *Block::current;
  const int number = block.thread().number;
  if (number % 32 < count * 8) {
    const std::size_t offset = block.sharedOffset(row, 16, 16, name);
    if (Detector* detector = block.detector()) detector->access(number, offset, 16, IsStore);
  }
  MatrixRows slot{static_cast<unsigned char*>(const_cast<void*>(row)), registers};
  const Block::Combine combine =
      count == 4   ? (transposed ? combineRows<4, true, IsStore> : combineRows<4, false, IsStore>)
      : count == 2 ? (transposed ? combineRows<2, true, IsStore> : combineRows<2, false, IsStore>)
                   : (transposed ? combineRows<1, true, IsStore> : combineRows<1, false, IsStore>);
  block.collective(allLanes, name, &slot, combine);
}

}  // namespace

void mmaBfloat16(float* d, const std::uint32_t* a, const std::uint32_t* b, int k) {
  Fragments slot{d, a, b};
  Block::current->collective(allLanes, "mma", &slot, k == 16 ? combineHalf<bfloat16, 16> : combineHalf<bfloat16, 8>);
}

void mmaFloat16(float* d, const std::uint32_t* a, const std::uint32_t* b, int k) {
  Fragments slot{d, a, b};
  Block::current->collective(allLanes, "mma", &slot, k == 16 ? combineHalf<float16, 16> : combineHalf<float16, 8>);
}

void mmaTf32(float* d, const std::uint32_t* a, const std::uint32_t* b) {
  Fragments slot{d, a, b};
  Block::current->collective(allLanes, "mma", &slot, combineTf32);
}

void loadMatrix(std::uint32_t* registers, const void* row, int count, bool transposed) {
  moveRows<false>(registers, row, count, transposed);
}

void storeMatrix(void* row, const std::uint32_t* registers, int count, bool transposed) {
  moveRows<true>(const_cast<std::uint32_t*>(registers), row, count, transposed);
}

}  // namespace emulator
