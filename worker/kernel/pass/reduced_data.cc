#include "worker/kernel/pass/reduced_data.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/kernel/pass/pass.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {
namespace {

// The number of samples that are reduced at a time. It is part of the numerics.
constexpr int64_t kSamples = 256;

// The number of reflections between two calls of keep_going. A reflection of
// the widest data takes some milliseconds.
constexpr int64_t kReflectionsPerLook = 64;

// The number of panels of a piece: the height of a tile of the data pass. With
// more panels there would be more zeros, and with fewer some registers would be
// idle.
constexpr int64_t kPiecePanels = 2;

// Reduces [X Y], some samples at a time, to the rows of R and S. Each
// reflection moves column j of the new samples into R_jj.
class Reduction {
 public:
  Reduction(int64_t d, int64_t k)
      : d_(d),
        width_(d + k),
        rows_(d * width_),
        block_(width_ * kSamples),
        dots_(width_),
        rests_(k) {}

  // Returns [R S], row by row.
  std::vector<double>& rows() { return rows_; }
  // Returns, for each output, the part of |y|^2 outside the range of X.
  std::vector<double>& rests() { return rests_; }

  // Add takes the kSamples samples that are in block(), column by column;
  // samples of zeros change nothing. Returns false when `keep_going` does.
  double* block() { return block_.data(); }
  bool Add(const std::function<bool()>& keep_going) {
    for (int64_t j = 0; j < d_; ++j) {
      if (j % kReflectionsPerLook == 0 && !keep_going()) return false;
      Reflect(j);
    }
    for (int64_t c = d_; c < width_; ++c) {
      const double* left = block_.data() + c * kSamples;
      rests_[c - d_] += Dot(left, left, kSamples);
    }
    return true;
  }

 private:
  // With v the column, u = R_jj - beta and beta = -+|(R_jj, v)| the reflection
  // is I - tau (1, v/u)(1, v/u)^T, where tau = -u / beta.
  void Reflect(int64_t j) {
    double* v = block_.data() + j * kSamples;
    double* row = rows_.data() + j * width_;
    const double square = Dot(v, v, kSamples);
    if (square == 0) return;
    const double norm = std::sqrt(row[j] * row[j] + square);
    const double beta = row[j] < 0 ? norm : -norm;
    const double u = row[j] - beta;
    const double tau = -u / beta;
    row[j] = beta;
    const int64_t rest = width_ - j - 1;
    double* columns = v + kSamples;
    MultiplyTransposed({v, 1, kSamples, kSamples},
                       {columns, rest, kSamples, kSamples},
                       {dots_.data(), 1, rest, rest});
    for (int64_t c = 0; c < rest; ++c) {
      const double share = tau * (row[j + 1 + c] + dots_[c] / u);
      row[j + 1 + c] -= share;
      dots_[c] = share / u;
    }
    // Subtracting dots_[c] v from column c has the form of a step of gradient
    // descent.
    ActiveFactorKernels().gradient_descent(
        {.left = dots_.data(), .right = v, .rows = rest, .columns = kSamples},
        {.keep = 1, .rate = 1}, columns);
  }

  const int64_t d_, width_;
  std::vector<double> rows_;
  std::vector<double> block_;
  std::vector<double> dots_;
  std::vector<double> rests_;
};

// Returns an exponent for each column, so that the column times 2^-exponent has
// entries below 1: their squares cannot overflow, and do not underflow where
// they matter.
std::vector<int> Exponents(int64_t columns, std::span<const double> numbers) {
  std::vector<double> most(columns);
  for (size_t i = 0; i < numbers.size(); ++i) {
    double& top = most[i % columns];
    top = std::max(top, std::fabs(numbers[i]));
  }
  std::vector<int> exponents(columns);
  for (int64_t c = 0; c < columns; ++c) std::frexp(most[c], &exponents[c]);
  return exponents;
}

}  // namespace

std::optional<ReducedData> ReducedData::Reduce(
    int64_t m, int64_t d, int64_t k, std::span<const double> x,
    std::span<const double> y, const std::function<bool()>& keep_going) {
  Reduction reduction(d, k);
  std::vector<int> exponents = Exponents(d, x);
  const std::vector<int> target_exponents = Exponents(k, y);
  exponents.insert(exponents.end(), target_exponents.begin(),
                   target_exponents.end());
  for (int64_t first = 0; first < m; first += kSamples) {
    const int64_t samples = std::min(kSamples, m - first);
    for (int64_t c = 0; c < d + k; ++c) {
      double* to = reduction.block() + c * kSamples;
      for (int64_t i = 0; i < samples; ++i) {
        const int64_t row = first + i;
        const double number = c < d ? x[row * d + c] : y[row * k + c - d];
        to[i] = std::ldexp(number, -exponents[c]);
      }
      std::fill(to + samples, to + kSamples, 0.0);
    }
    if (!reduction.Add(keep_going)) return std::nullopt;
  }
  for (int64_t i = 0; i < d; ++i) {
    double* row = reduction.rows().data() + i * (d + k);
    for (int64_t c = 0; c < d + k; ++c)
      row[c] = std::ldexp(row[c], exponents[c]);
  }

  ReducedData data;
  data.m_ = m;
  data.d_ = d;
  data.k_ = k;
  data.padded_d_ = PaddedColumns(d);
  data.rests_ = std::move(reduction.rests());
  data.negated_targets_ = AllocateAligned(k * data.padded_d_);
  for (int64_t o = 0; o < k; ++o) {
    data.rests_[o] = std::ldexp(data.rests_[o], 2 * target_exponents[o]);
    for (int64_t i = 0; i < d; ++i) {
      data.negated_targets_[o * data.padded_d_ + i] =
          -reduction.rows()[i * (d + k) + d + o];
    }
  }
  data.Pack(reduction.rows(), d + k);
  return data;
}

// The pieces of R cover j >= i, and those of R^T cover i <= j, both rounded up
// to whole pieces.
void ReducedData::Pack(std::span<const double> rows, int64_t stride) {
  constexpr int64_t kSize = kPiecePanels * kPanel;
  int64_t size = 0;
  const auto cut = [&](int64_t first, int64_t begin, int64_t end,
                       std::vector<Piece>& pieces) {
    const int64_t panels = std::min(kPiecePanels, (padded_d_ - first) / kPanel);
    for (int64_t line = begin; line < end;) {
      const int64_t block = line / kBlock;
      const int64_t length = std::min(end, (block + 1) * kBlock) - line;
      pieces.push_back(
          {size, block, line - block * kBlock, length, first, panels});
      size += length * panels * kPanel;
      line += length;
    }
  };
  for (int64_t i = 0; i < d_; i += kSize) cut(i, i, d_, row_pieces_);
  for (int64_t j = 0; j < d_; j += kSize) {
    cut(j, 0, std::min(d_, j + kSize), feature_pieces_);
  }
  panels_ = AllocateAligned(size);
  for (const bool turned : {false, true}) {
    for (const Piece& piece : turned ? feature_pieces_ : row_pieces_) {
      for (int64_t p = 0; p < piece.panel_count * kPanel; ++p) {
        for (int64_t l = 0; l < piece.length; ++l) {
          int64_t i = piece.first + p;
          int64_t j = piece.block * kBlock + piece.first_line + l;
          if (turned) std::swap(i, j);
          if (i > j || i >= d_ || j >= d_) continue;
          panels_[piece.offset + (p / kPanel * piece.length + l) * kPanel +
                  p % kPanel] = rows[i * stride + j];
        }
      }
    }
  }
}

}  // namespace fathom::worker::kernel
