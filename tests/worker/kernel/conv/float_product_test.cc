#include "worker/kernel/conv/float_product.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {
namespace {

struct Sizes {
  int64_t rows, length, columns;
};

// Less than a tile, chains and columns in several parts, a batch and a layer.
constexpr Sizes kSizes[] = {{1, 1, 1},    {3, 5, 7},     {13, 600, 10},
                            {64, 40, 33}, {5, 520, 300}, {29, 1030, 31},
                            {17, 2, 96},  {1, 100, 64}};

// A matrix with gaps between its rows that nobody may read or write.
struct Gapped {
  Gapped(int64_t r, int64_t c, int64_t gap, RandomFloats& random)
      : rows(r), columns(c), stride(c + gap), numbers(r * (c + gap)) {
    for (float& x : numbers.span()) x = kGap;
    for (int64_t i = 0; i < r; ++i) {
      for (int64_t j = 0; j < c; ++j) numbers[i * stride + j] = random.Next();
    }
  }
  FloatMatrix View() const { return {numbers.get(), rows, columns, stride}; }
  float At(int64_t r, int64_t c) const { return numbers[r * stride + c]; }

  static constexpr float kGap = 1e30f;
  int64_t rows, columns, stride;
  Floats numbers;
};

Gapped Operand(int64_t rows, int64_t columns, Turn turn, int64_t gap,
               RandomFloats& random) {
  return turn == Turn::kAsIs ? Gapped(rows, columns, gap, random)
                             : Gapped(columns, rows, gap, random);
}

void CheckProduct(const Sizes& sizes, Turn turn_a, Turn turn_b, Into into,
                  int64_t gap) {
  RandomFloats random;
  const Gapped a = Operand(sizes.rows, sizes.length, turn_a, gap, random);
  const Gapped b = Operand(sizes.length, sizes.columns, turn_b, gap, random);
  const Gapped before(sizes.rows, sizes.columns, gap, random);
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    const Gapped out = before;
    Floats workspace(ProductWorkspace(sizes.rows, sizes.length, sizes.columns));
    for (float& x : workspace.span()) {
      x = std::numeric_limits<float>::quiet_NaN();
    }
    Multiply(a.View(), turn_a, b.View(), turn_b, into, out.View(),
             workspace.get(), isa);
    for (int64_t r = 0; r < sizes.rows; ++r) {
      for (int64_t c = 0; c < sizes.columns; ++c) {
        Sum sum(into == Into::kAdd ? before.At(r, c) : 0);
        for (int64_t l = 0; l < sizes.length; ++l) {
          sum.Add(turn_a == Turn::kAsIs ? a.At(r, l) : a.At(l, r),
                  turn_b == Turn::kAsIs ? b.At(l, c) : b.At(c, l));
        }
        ASSERT_TRUE(SameBits(out.At(r, c), sum.chain)) << r << " " << c;
        ASSERT_NEAR(out.At(r, c), sum.value, sum.Bound());
      }
      for (int64_t c = sizes.columns; c < out.stride; ++c) {
        ASSERT_EQ(out.At(r, c), Gapped::kGap) << r << " " << c;
      }
    }
  }
}

TEST(FloatProductTest, EveryNumberIsAChainInOrder) {
  for (const Sizes& sizes : kSizes) {
    for (const Turn turn_a : {Turn::kAsIs, Turn::kTransposed}) {
      for (const Turn turn_b : {Turn::kAsIs, Turn::kTransposed}) {
        for (const Into into : {Into::kReplace, Into::kAdd}) {
          SCOPED_TRACE(std::to_string(sizes.rows) + "x" +
                       std::to_string(sizes.length) + "x" +
                       std::to_string(sizes.columns) +
                       (turn_a == Turn::kAsIs ? " A" : " A^T") +
                       (turn_b == Turn::kAsIs ? " B" : " B^T") +
                       (into == Into::kAdd ? " added" : ""));
          CheckProduct(sizes, turn_a, turn_b, into, 3);
          // Rows that start at multiples of 64 bytes.
          CheckProduct(sizes, turn_a, turn_b, into, 16 - sizes.columns % 16);
        }
      }
    }
  }
}

// A B^T, or A^T B, of matrices of the same form, where numbers below the
// diagonal are others than those above.
void CheckSymmetric(int64_t side, int64_t length, Turn turn, int64_t gap) {
  RandomFloats random;
  const Turn other = turn == Turn::kAsIs ? Turn::kTransposed : Turn::kAsIs;
  const Gapped a = Operand(side, length, turn, gap, random);
  const Gapped b = Operand(side, length, turn, gap, random);
  const Gapped before(side, side, gap, random);
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    const Gapped whole = before, half = before, square = before;
    Floats workspace(ProductWorkspace(side, length, side));
    Multiply(a.View(), turn, b.View(), other, Into::kReplace, whole.View(),
             workspace.get(), isa);
    MultiplySymmetric(a.View(), turn, b.View(), other, half.View(),
                      workspace.get(), isa);
    for (int64_t r = 0; r < side; ++r) {
      for (int64_t c = 0; c < side; ++c) {
        ASSERT_TRUE(
            SameBits(half.At(r, c), whole.At(std::min(r, c), std::max(r, c))))
            << r << " " << c;
      }
      for (int64_t c = side; c < half.stride; ++c) {
        ASSERT_EQ(half.At(r, c), Gapped::kGap) << r << " " << c;
      }
    }
    // With itself, the product is symmetric as it is.
    Multiply(a.View(), turn, a.View(), other, Into::kReplace, whole.View(),
             workspace.get(), isa);
    MultiplySymmetric(a.View(), turn, a.View(), other, square.View(),
                      workspace.get(), isa);
    ExpectSameBits(square.numbers, whole.numbers);
  }
}

TEST(FloatProductTest, ASymmetricProductIsItsUpperHalf) {
  for (const int64_t side : {1, 10, 31, 64, 300}) {
    for (const int64_t length : {3, 520}) {
      for (const Turn turn : {Turn::kAsIs, Turn::kTransposed}) {
        SCOPED_TRACE(std::to_string(side) + " " + std::to_string(length));
        CheckSymmetric(side, length, turn, 3);
        CheckSymmetric(side, length, turn, 16 - side % 16);
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
