#include "worker/kernel/data_pass.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>

#include "worker/kernel/data_pass_isa.h"

namespace fathom::kernel {
namespace {

int64_t RoundUp(int64_t n, int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

LossRule RuleOf(const Loss& loss, int64_t outputs) {
  if (loss.kind == LossKind::kCrossEntropy) {
    return outputs == 1 ? kLogisticRule : kSoftmaxRule;
  }
  return std::fmod(loss.p, 2) == 0 ? kEvenPowerRule : kRealPowerRule;
}

}  // namespace

const DataPassKernels& KernelsOf(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return Avx512Kernels();
    case Isa::kAvx2:
      return Avx2Kernels();
    case Isa::kPortable:
      break;
  }
  return PortableKernels();
}

// The layout of blocks_. For each row block of r <= kBlock samples:
//   for each feature block of f <= kBlock features, r / 8 sample panels:
//     f lines of 8 doubles; line j is feature j of the panel's 8 samples;
//   padded_d / 8 feature panels:
//     r lines of 8 doubles; line i is the panel's 8 features of sample i.
// Row block b starts at b * kBlock * (padded_d + padded_d). The padding is
// zero, so it adds nothing to errors and gradients.
PackedData PackedData::Allocate(int64_t m, int64_t d, int64_t k) {
  PackedData data;
  data.m_ = m;
  data.d_ = d;
  data.k_ = k;
  data.padded_m_ = RoundUp(m, kPanel);
  data.padded_d_ = PaddedColumns(d);
  const int64_t feature_blocks = (data.padded_d_ + kBlock - 1) / kBlock;
  data.feature_block_ =
      RoundUp((data.padded_d_ + feature_blocks - 1) / feature_blocks, kPanel);
  data.blocks_ = AllocateAligned(2 * data.padded_m_ * data.padded_d_);
  data.negated_targets_ = AllocateAligned(k * data.padded_m_);
  return data;
}

PackedData PackedData::Pack(int64_t m, int64_t d, int64_t k,
                            std::span<const double> x,
                            std::span<const double> y) {
  PackedData data = Allocate(m, d, k);
  std::vector<int32_t> all(m);
  std::iota(all.begin(), all.end(), 0);
  data.Gather(all, x, y);
  return data;
}

void PackedData::Gather(std::span<const int32_t> chosen,
                        std::span<const double> x, std::span<const double> y) {
  assert(std::ssize(chosen) == m_);
  const DataPassKernels& kernels = KernelsOf(ActiveIsa());
  for (int64_t first = 0; first < m_; first += kPanel) {
    const int64_t count = std::min(kPanel, m_ - first);
    const double* rows[kPanel];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = chosen[first + i];
      rows[i] = x.data() + row * d_;
      for (int64_t o = 0; o < k_; ++o) {
        negated_targets_[o * padded_m_ + first + i] = -y[row * k_ + o];
      }
    }
    PackPanel(kernels, first, std::span(rows, count));
  }
}

void PackedData::PackPanel(const DataPassKernels& kernels, int64_t first,
                           std::span<const double* const> rows) {
  const int64_t block = first / kBlock * kBlock;
  const int64_t height = std::min(kBlock, padded_m_ - block);
  double* const samples = blocks_.get() + block * 2 * padded_d_;
  double* const features = samples + height * padded_d_;
  const int64_t count = std::ssize(rows);
  first -= block;
  for (int64_t j0 = 0; j0 < d_; j0 += feature_block_) {
    const int64_t width = std::min(feature_block_, padded_d_ - j0);
    PanelRows panel = {.rows = {},
                       .panel_count = std::min(width, d_ - j0) / kPanel,
                       .samples = samples + height * j0 + first * width,
                       .features = features + height * j0 + first * kPanel,
                       .feature_stride = height * kPanel};
    if (count < kPanel) panel.panel_count = 0;
    const int64_t whole = panel.panel_count * kPanel;
    for (int64_t i = 0; i < count; ++i) panel.rows[i] = rows[i] + j0;
    kernels.pack(panel);
    // What does not fill a tile.
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = whole; j < std::min(width, d_ - j0); ++j) {
        const double value = rows[i][j0 + j];
        panel.samples[j * kPanel + i] = value;
        panel.features[j / kPanel * panel.feature_stride + i * kPanel +
                       j % kPanel] = value;
      }
    }
  }
}

DataPass::DataPass(const PackedData* data, Isa isa)
    : data_(data), kernels_(&KernelsOf(isa)) {}

DataPass::~DataPass() = default;

void DataPass::Reserve(int64_t columns) {
  if (columns <= capacity_) return;
  weights_ = AllocateAligned(RoundUp(data_->d_, data_->feature_block_) /
                             data_->feature_block_ * columns * kBlock);
  residuals_ = AllocateAligned(columns * kBlock);
  error_lanes_ = AllocateAligned(columns * kPanel);
  zeros_ = AllocateAligned(kBlock);
  start_of_.resize(columns);
  residual_of_.resize(columns);
  gradient_of_.resize(columns);
  capacity_ = columns;
}

void DataPass::Start(std::span<const Column> columns) {
  const int64_t count = std::ssize(columns);
  const int64_t d = data_->d_;
  const int64_t width = data_->feature_block_;
  for (int64_t c = 0; c < count; ++c) {
    const Column& column = columns[c];
    residual_of_[c] = residuals_.get() + c * kBlock;
    gradient_of_[c] = column.gradient;
    double* copy = weights_.get() + c * kBlock;
    for (int64_t j = 0; j < d; j += width, copy += count * kBlock) {
      std::copy_n(column.weights + j, std::min(width, d - j), copy);
    }
    std::fill_n(column.gradient, data_->padded_d_, 0.0);
    std::fill_n(error_lanes_.get() + c * kPanel, kPanel, 0.0);
  }
}

int64_t DataPass::GroupEnd(std::span<const Column> columns,
                           int64_t first) const {
  const int64_t count = std::ssize(columns);
  // The second cache would not hold both packings of a wider block of X.
  if (data_->d_ > data_->feature_block_) return count;
  const int64_t left = count - first;
  const int64_t groups = (left + kernels_->columns - 1) / kernels_->columns;
  int64_t end = first + (left + groups - 1) / groups;
  // A joint rule needs its columns together.
  while (end < count && columns[end].output > 0 &&
         RuleOf(columns[end].loss, data_->k_) == kSoftmaxRule) {
    ++end;
  }
  return end;
}

// A group of columns at a time, so that its residuals stay in the first cache.
void DataPass::RunBlock(std::span<const Column> columns, int64_t first) {
  const int64_t rows = std::min(kBlock, data_->padded_m_ - first);
  for (int64_t c = 0; c < std::ssize(columns);) {
    const int64_t end = GroupEnd(columns, c);
    const Group group = {c, end - c};
    Predict(group, columns, first, rows);
    ApplyLosses(group, columns, first, rows);
    AddGradients(group, first, rows);
    c = end;
  }
}

void DataPass::Predict(Group group, std::span<const Column> columns,
                       int64_t first, int64_t rows) {
  const double* const samples =
      data_->blocks_.get() + first * 2 * data_->padded_d_;
  double** const residuals = residual_of_.data() + group.first;
  const double** const start = start_of_.data() + group.first;
  for (int64_t c = 0; c < group.count; ++c) {
    const Column& column = columns[group.first + c];
    start[c] = column.loss.kind == LossKind::kCrossEntropy
                   ? zeros_.get()
                   : data_->NegatedTargets(column.output) + first;
  }
  const double* weights = weights_.get() + group.first * kBlock;
  for (int64_t j = 0; j < data_->d_; j += data_->feature_block_) {
    const int64_t width = std::min(data_->feature_block_, data_->padded_d_ - j);
    kernels_->extend({.panels = samples + rows * j,
                      .stride = width * kPanel,
                      .panel_count = rows / kPanel,
                      .length = std::min(width, data_->d_ - j),
                      .factors = weights,
                      .out = residuals,
                      .out_offset = 0,
                      .start = j == 0 ? start : residuals,
                      .column_count = group.count});
    weights += std::ssize(columns) * kBlock;
  }
}

void DataPass::AddGradients(Group group, int64_t first, int64_t rows) {
  const int64_t padded_d = data_->padded_d_;
  const double* const features =
      data_->blocks_.get() + first * 2 * padded_d + rows * padded_d;
  for (int64_t j = 0; j < padded_d; j += data_->feature_block_) {
    const int64_t width = std::min(data_->feature_block_, padded_d - j);
    kernels_->add({.panels = features + rows * j,
                   .stride = rows * kPanel,
                   .panel_count = width / kPanel,
                   .length = rows,
                   .factors = residuals_.get() + group.first * kBlock,
                   .out = gradient_of_.data() + group.first,
                   .out_offset = j,
                   .start = nullptr,
                   .column_count = group.count});
  }
}

void DataPass::ApplyLosses(Group group, std::span<const Column> columns,
                           int64_t first, int64_t rows) {
  const int64_t end = group.first + group.count;
  for (int64_t c = group.first; c < end;) {
    const Column& column = columns[c];
    const LossRule rule = RuleOf(column.loss, data_->k_);
    const int64_t joint = rule == kSoftmaxRule ? data_->k_ : 1;
    assert(joint == 1 || (column.output == 0 && c + joint <= end));
    kernels_->losses[rule](
        {.values = residual_of_[c],
         .negated_targets = data_->NegatedTargets(column.output) + first,
         .target_stride = data_->padded_m_,
         .column_count = joint,
         .rows = rows,
         .samples = std::min(rows, data_->m_ - first),
         .p = column.loss.p,
         .error_lanes = error_lanes_.get() + c * kPanel});
    c += joint;
  }
}

void DataPass::Finish(std::span<const Column> columns) const {
  const double scale = 1.0 / static_cast<double>(data_->m_);
  for (size_t c = 0; c < columns.size(); ++c) {
    const double* lanes = error_lanes_.get() + c * kPanel;
    double sum = 0;
    for (int64_t l = 0; l < kPanel; ++l) sum += lanes[l];
    *columns[c].error = sum * scale;
    double* gradient = columns[c].gradient;
    for (int64_t j = 0; j < data_->d_; ++j) gradient[j] *= scale;
    // A residual that is not finite leaves NaN here.
    std::fill(gradient + data_->d_, gradient + data_->padded_d_, 0.0);
  }
}

void DataPass::Run(std::span<const Column> columns) {
  if (columns.empty()) return;
  Reserve(std::ssize(columns));
  Start(columns);
  for (int64_t first = 0; first < data_->padded_m_; first += kBlock) {
    RunBlock(columns, first);
  }
  Finish(columns);
}

}  // namespace fathom::kernel
