#include "worker/kernel/pass/reduced_pass.h"

#include <algorithm>
#include <iterator>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/kernels_of.h"

namespace fathom::worker::kernel {

ReducedPass::ReducedPass(const ReducedData* data, Isa isa)
    : data_(data),
      kernels_(&KernelsOf<double>(isa)),
      blocks_((data->padded_d_ + kBlock - 1) / kBlock) {}

void ReducedPass::Reserve(int64_t columns) {
  if (columns <= capacity_) return;
  weights_ = AllocateAligned(blocks_ * columns * kBlock);
  residuals_ = AllocateAligned(blocks_ * columns * kBlock);
  error_lanes_ = AllocateAligned(columns * kPanel);
  residual_of_.resize(blocks_ * columns);
  gradient_of_.resize(columns);
  capacity_ = columns;
}

void ReducedPass::Start(std::span<const Column> columns) {
  const int64_t count = std::ssize(columns);
  const int64_t padded_d = data_->padded_d_;
  for (int64_t c = 0; c < count; ++c) {
    const Column& column = columns[c];
    const double* targets =
        data_->negated_targets_.get() + column.output * padded_d;
    for (int64_t b = 0; b < blocks_; ++b) {
      const int64_t first = b * kBlock;
      const int64_t size = std::min(kBlock, padded_d - first);
      const int64_t at = (b * count + c) * kBlock;
      std::copy_n(column.weights + first, size, weights_.get() + at);
      std::copy_n(targets + first, size, residuals_.get() + at);
      residual_of_[b * count + c] = residuals_.get() + at;
    }
    gradient_of_[c] = column.gradient;
    std::fill_n(column.gradient, padded_d, 0.0);
    std::fill_n(error_lanes_.get() + c * kPanel, kPanel, 0.0);
  }
}

void ReducedPass::Run(std::span<const Column> columns) {
  if (columns.empty()) return;
  Reserve(std::ssize(columns));
  Start(columns);
  const int64_t count = std::ssize(columns);
  const auto product =
      [&](const ReducedData::Piece& piece,
          const AlignedDoubles& factors) -> BlockProduct<double> {
    return {.panels = data_->panels_.get() + piece.offset,
            .stride = piece.length * kPanel,
            .panel_count = piece.panel_count,
            .length = piece.length,
            .factors =
                factors.get() + piece.block * count * kBlock + piece.first_line,
            .column_count = count,
            .out = nullptr,
            .start = nullptr,
            .totals = gradient_of_.data(),
            .out_offset = piece.first};
  };
  for (const ReducedData::Piece& piece : data_->row_pieces_) {
    BlockProduct<double> rows = product(piece, weights_);
    rows.out = residual_of_.data() + piece.first / kBlock * count;
    rows.out_offset = piece.first % kBlock;
    rows.start = rows.out;
    kernels_->extend(rows);
  }
  for (int64_t b = 0; b < blocks_; ++b) {
    const int64_t rows = std::min(kBlock, data_->padded_d_ - b * kBlock);
    for (int64_t c = 0; c < count; ++c) {
      kernels_->losses[kEvenPowerRule](
          {.values = residual_of_[b * count + c],
           .negated_targets = nullptr,
           .target_stride = 0,
           .column_count = 1,
           .rows = rows,
           .samples = rows,
           .p = 2,
           .error_lanes = error_lanes_.get() + c * kPanel,
           .block_errors = nullptr,
           .starts = true,
           .ends = true});
    }
  }
  for (const ReducedData::Piece& piece : data_->feature_pieces_) {
    kernels_->add(product(piece, residuals_));
  }
  Finish(columns);
}

void ReducedPass::Finish(std::span<const Column> columns) const {
  const double scale = 1.0 / static_cast<double>(data_->m_);
  for (size_t c = 0; c < columns.size(); ++c) {
    const double* lanes = error_lanes_.get() + c * kPanel;
    double sum = 0;
    for (int64_t l = 0; l < kPanel; ++l) sum += lanes[l];
    *columns[c].error = (sum + data_->rests_[columns[c].output]) * scale;
    double* gradient = columns[c].gradient;
    for (int64_t j = 0; j < data_->d_; ++j) gradient[j] *= scale;
    // The padding is set to zero, because a residual that is not finite has
    // left NaN there.
    std::fill(gradient + data_->d_, gradient + data_->padded_d_, 0.0);
  }
}

}  // namespace fathom::worker::kernel
