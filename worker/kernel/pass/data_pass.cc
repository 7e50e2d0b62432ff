#include "worker/kernel/pass/data_pass.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/kernels_of.h"

namespace fathom::worker::kernel {
namespace {

// The largest even p whose powers are computed in T. Powers of floats soon
// leave the range of floats, which ends below 14^34.
template <class T>
constexpr double kMostPower = sizeof(T) == sizeof(double) ? 64 : 4;

// The most columns with which a pass over doubles or floats waits for memory.
// Floats are computed faster and therefore wait with more columns.
template <class T>
constexpr int64_t kMostTurned = sizeof(T) == sizeof(double) ? 48 : 96;

// Returns the rule that computes `loss` on data with that many outputs.
template <class T>
LossRule RuleOf(const Loss& loss, int64_t outputs) {
  switch (loss.kind) {  // Without a default: the compiler misses a new kind.
    case LossKind::kCrossEntropy:
      return outputs == 1 ? kLogisticRule : kSoftmaxRule;
    case LossKind::kLp:
      break;
  }
  if (std::fmod(loss.p, 2) != 0) return kRealPowerRule;
  return loss.p <= kMostPower<T> ? kEvenPowerRule : kWidePowerRule;
}

}  // namespace

template <class T>
DataPassOf<T>::DataPassOf(const PackedDataOf<T>* data, Isa isa)
    : data_(data), kernels_(&KernelsOf<T>(isa)) {}

template <class T>
DataPassOf<T>::~DataPassOf() = default;

template <class T>
void DataPassOf<T>::Reserve(int64_t columns) {
  if (columns <= capacity_) return;
  weights_ =
      AllocateAlignedArray<T>(RoundUp(data_->d_, data_->feature_block_) /
                              data_->feature_block_ * columns * kBlockOf<T>);
  residuals_ = AllocateAlignedArray<T>(columns * kBlockOf<T>);
  if (data_->padded_d_ > data_->padded_columns()) {
    gradients_ = AllocateAligned(columns * data_->padded_d_);
  }
  error_lanes_ = AllocateAligned(columns * kPanelOf<T>);
  block_errors_ = AllocateAlignedArray<T>(columns * kPanelOf<T>);
  if (WaitsForMemory()) {
    const int64_t width =
        RoundUp(std::min(columns, kMostTurned<T>), kernels_->lanes);
    turned_ = AllocateAlignedArray<T>(width * kBlockOf<T>);
    chains_ = AllocateAlignedArray<T>(width * data_->padded_d_);
    totals_ = AllocateAligned(width * data_->padded_d_);
  }
  zeros_ = AllocateAlignedArray<T>(kBlockOf<T>);
  start_of_.resize(columns);
  residual_of_.resize(columns);
  gradient_of_.resize(columns);
  capacity_ = columns;
}

template <class T>
void DataPassOf<T>::Start(std::span<const Column> columns) {
  const int64_t count = std::ssize(columns);
  const int64_t d = data_->d_;
  const int64_t width = data_->feature_block_;
  for (int64_t c = 0; c < count; ++c) {
    const Column& column = columns[c];
    residual_of_[c] = residuals_.get() + c * kBlockOf<T>;
    gradient_of_[c] = gradients_ == nullptr
                          ? column.gradient
                          : gradients_.get() + c * data_->padded_d_;
    T* copy = weights_.get() + c * kBlockOf<T>;
    for (int64_t j = 0; j < d; j += width, copy += count * kBlockOf<T>) {
      std::transform(column.weights + j,
                     column.weights + std::min(j + width, d), copy,
                     [](double w) { return static_cast<T>(w); });
    }
    std::fill_n(gradient_of_[c], data_->padded_d_, 0.0);
    std::fill_n(error_lanes_.get() + c * kPanelOf<T>, kPanelOf<T>, 0.0);
  }
}

template <class T>
int64_t DataPassOf<T>::GroupEnd(std::span<const Column> columns,
                                int64_t first) const {
  const int64_t count = std::ssize(columns);
  // With several feature blocks the second cache would not hold both packings
  // of a block of X anyway.
  if (data_->d_ > data_->feature_block_) return count;
  const int64_t left = count - first;
  const int64_t groups = (left + kernels_->columns - 1) / kernels_->columns;
  int64_t end = first + (left + groups - 1) / groups;
  // A joint rule needs all columns of a lane together.
  while (end < count && columns[end].output > 0 &&
         RuleOf<T>(columns[end].loss, data_->k_) == kSoftmaxRule) {
    ++end;
  }
  return end;
}

// Takes one group of columns at a time, so that its residuals stay in the first
// cache.
template <class T>
void DataPassOf<T>::RunBlock(std::span<const Column> columns, int64_t first) {
  const int64_t height = std::min(kBlockOf<T>, data_->padded_m_ - first);
  const Rows rows = {first, height, 0, height};
  for (int64_t c = 0; c < std::ssize(columns);) {
    const int64_t end = GroupEnd(columns, c);
    const Group group = {c, end - c};
    Predict(group, columns, rows);
    ApplyLosses(group, columns, rows);
    AddGradients(group, rows);
    c = end;
  }
}

template <class T>
const T* DataPassOf<T>::Samples(Rows rows, int64_t feature) const {
  const int64_t width =
      std::min(data_->feature_block_, data_->padded_d_ - feature);
  return data_->blocks_.get() + rows.block * 2 * data_->padded_d_ +
         rows.height * feature + rows.first * width;
}

template <class T>
void DataPassOf<T>::Predict(Group group, std::span<const Column> columns,
                            Rows rows) {
  T** const residuals = residual_of_.data() + group.first;
  const T** const start = start_of_.data() + group.first;
  for (int64_t c = 0; c < group.count; ++c) {
    const Column& column = columns[group.first + c];
    start[c] =
        column.loss.kind == LossKind::kCrossEntropy
            ? zeros_.get()
            : data_->NegatedTargets(column.output) + rows.block + rows.first;
  }
  const T* weights = weights_.get() + group.first * kBlockOf<T>;
  for (int64_t j = 0; j < data_->d_; j += data_->feature_block_) {
    const int64_t width = std::min(data_->feature_block_, data_->padded_d_ - j);
    kernels_->extend({.panels = Samples(rows, j),
                      .stride = width * kPanelOf<T>,
                      .panel_count = rows.count / kPanelOf<T>,
                      .length = std::min(width, data_->d_ - j),
                      .factors = weights,
                      .column_count = group.count,
                      .out = residuals,
                      .start = j == 0 ? start : residuals,
                      .totals = nullptr,
                      .out_offset = 0});
    weights += std::ssize(columns) * kBlockOf<T>;
  }
}

template <class T>
void DataPassOf<T>::AddGradients(Group group, Rows rows) {
  const int64_t padded_d = data_->padded_d_;
  const T* const features =
      data_->blocks_.get() + rows.block * 2 * padded_d + rows.height * padded_d;
  for (int64_t j = 0; j < padded_d; j += data_->feature_block_) {
    const int64_t width = std::min(data_->feature_block_, padded_d - j);
    kernels_->add({.panels = features + rows.height * j,
                   .stride = rows.height * kPanelOf<T>,
                   .panel_count = width / kPanelOf<T>,
                   .length = rows.height,
                   .factors = residuals_.get() + group.first * kBlockOf<T>,
                   .column_count = group.count,
                   .out = nullptr,
                   .start = nullptr,
                   .totals = gradient_of_.data() + group.first,
                   .out_offset = j});
  }
}

template <class T>
void DataPassOf<T>::ApplyLosses(Group group, std::span<const Column> columns,
                                Rows rows) {
  const int64_t end = group.first + group.count;
  const int64_t first = rows.block + rows.first;
  for (int64_t c = group.first; c < end;) {
    const Column& column = columns[c];
    const LossRule rule = RuleOf<T>(column.loss, data_->k_);
    int64_t joint = 1;
    if (rule == kSoftmaxRule) joint = data_->k_;
    if (rule == kEvenPowerRule || rule == kWidePowerRule) {
      while (c + joint < end && columns[c + joint].loss.p == column.loss.p &&
             columns[c + joint].loss.kind == LossKind::kLp) {
        ++joint;
      }
    }
    assert(rule != kSoftmaxRule || (column.output == 0 && c + joint <= end));
    kernels_->losses[rule](
        {.values = residual_of_[c],
         .negated_targets = data_->NegatedTargets(column.output) + first,
         .target_stride = data_->padded_m_,
         .column_count = joint,
         .rows = rows.count,
         .samples = std::min(rows.count, data_->m_ - first),
         .p = column.loss.p,
         .error_lanes = error_lanes_.get() + c * kPanelOf<T>,
         .block_errors = block_errors_.get() + c * kPanelOf<T>,
         .starts = rows.starts(),
         .ends = rows.ends()});
    c += joint;
  }
}

// The loops with vectors over samples and features are the faster ones unless
// they wait for memory. They do so where neither a block of X nor all of X
// stays in the second cache and there are few columns.
template <class T>
bool DataPassOf<T>::WaitsForMemory() const {
  constexpr int64_t kMuch = (int64_t{8} << 20) / sizeof(T);
  return data_->d_ > data_->feature_block_ &&
         2 * data_->padded_m_ * data_->padded_d_ > kMuch;
}

template <class T>
bool DataPassOf<T>::Turns(int64_t columns) const {
  return WaitsForMemory() && 4 * columns >= 3 * kernels_->lanes &&
         columns <= kMostTurned<T>;
}

template <class T>
void DataPassOf<T>::AddTurned(int64_t columns, Rows rows, Rows next) {
  const int64_t width = RoundUp(columns, kernels_->lanes);
  kernels_->turn({.from = residuals_.get(),
                  .column_count = columns,
                  .length = rows.count,
                  .to = turned_.get(),
                  .width = width});
  for (int64_t j = 0; j < data_->d_; j += data_->feature_block_) {
    const int64_t block = std::min(data_->feature_block_, data_->padded_d_ - j);
    kernels_->add_turned(
        {.panels = Samples(rows, j),
         .stride = block * kPanelOf<T>,
         .panel_count = rows.count / kPanelOf<T>,
         .feature_count = std::min(block, data_->d_ - j),
         .factors = turned_.get(),
         .width = width,
         .chains = chains_.get() + j * width,
         .totals = totals_.get() + j * width,
         .starts = rows.starts(),
         .ends = rows.ends(),
         .next = Samples(next, j),
         .next_bytes = next.count * block * static_cast<int64_t>(sizeof(T))});
  }
}

template <class T>
void DataPassOf<T>::RunTurned(std::span<const Column> columns) {
  const int64_t count = std::ssize(columns);
  const int64_t width = RoundUp(count, kernels_->lanes);
  std::fill_n(totals_.get(), data_->padded_d_ * width, 0.0);
  // The size of a piece that stays in the second cache beside the next one.
  constexpr int64_t kPieceBytes = 800'000;
  const int64_t fits =
      kPieceBytes / (data_->padded_d_ * static_cast<int64_t>(sizeof(T)));
  const int64_t piece = std::clamp(fits / (2 * kPanelOf<T>)*2 * kPanelOf<T>,
                                   2 * kPanelOf<T>, kBlockOf<T>);
  const auto rows_at = [&](int64_t row) -> Rows {
    if (row >= data_->padded_m_) row = 0;
    const int64_t block = row / kBlockOf<T> * kBlockOf<T>;
    const int64_t height = std::min(kBlockOf<T>, data_->padded_m_ - block);
    return {block, height, row - block, std::min(piece, block + height - row)};
  };
  const Group all = {0, count};
  for (int64_t row = 0; row < data_->padded_m_;) {
    const Rows rows = rows_at(row);
    row += rows.count;
    Predict(all, columns, rows);
    ApplyLosses(all, columns, rows);
    AddTurned(count, rows, rows_at(row));
  }
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t j = 0; j < data_->d_; ++j) {
      gradient_of_[c][j] = totals_[j * width + c];
    }
  }
}

template <class T>
void DataPassOf<T>::Finish(std::span<const Column> columns) const {
  const double scale = 1.0 / static_cast<double>(data_->m_);
  for (size_t c = 0; c < columns.size(); ++c) {
    const double* lanes = error_lanes_.get() + c * kPanelOf<T>;
    double sum = 0;
    for (int64_t l = 0; l < kPanelOf<T>; ++l) sum += lanes[l];
    *columns[c].error = sum * scale;
    const double* const total = gradient_of_[c];
    double* const gradient = columns[c].gradient;
    for (int64_t j = 0; j < data_->d_; ++j) gradient[j] = total[j] * scale;
    // The padding is set to zero, because a residual that is not finite has
    // left NaN there.
    std::fill(gradient + data_->d_, gradient + data_->padded_columns(), 0.0);
  }
}

template <class T>
void DataPassOf<T>::Run(std::span<const Column> columns) {
  if (columns.empty()) return;
  Reserve(std::ssize(columns));
  Start(columns);
  if (Turns(std::ssize(columns))) {
    RunTurned(columns);
  } else {
    for (int64_t first = 0; first < data_->padded_m_; first += kBlockOf<T>) {
      RunBlock(columns, first);
    }
  }
  Finish(columns);
}

template class DataPassOf<double>;
template class DataPassOf<float>;

}  // namespace fathom::worker::kernel
