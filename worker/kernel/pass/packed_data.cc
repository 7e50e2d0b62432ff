#include "worker/kernel/pass/packed_data.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <numeric>
#include <vector>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/kernels_of.h"

namespace fathom::worker::kernel {

// The layout of blocks_, with B = kBlockOf<T> and P = kPanelOf<T>. For each row
// block of r <= B samples:
//   for each feature block of f <= B features, r / P sample panels:
//     f lines of P numbers; line j is feature j of the panel's P samples;
//   padded_d / P feature panels:
//     r lines of P numbers; line i is the panel's P features of sample i.
// Row block b starts at b * B * (padded_d + padded_d). The padding is zero, so
// it adds nothing to errors and gradients.
template <class T>
PackedDataOf<T> PackedDataOf<T>::Allocate(int64_t m, int64_t d, int64_t k) {
  PackedDataOf data;
  data.m_ = m;
  data.d_ = d;
  data.k_ = k;
  data.padded_m_ = RoundUp(m, kPanelOf<T>);
  data.padded_d_ = RoundUp(d, kPanelOf<T>);
  const int64_t feature_blocks =
      (data.padded_d_ + kBlockOf<T> - 1) / kBlockOf<T>;
  data.feature_block_ = RoundUp(
      (data.padded_d_ + feature_blocks - 1) / feature_blocks, kPanelOf<T>);
  data.blocks_ = AllocateAlignedArray<T>(2 * data.padded_m_ * data.padded_d_);
  data.negated_targets_ = AllocateAlignedArray<T>(k * data.padded_m_);
  return data;
}

template <class T>
PackedDataOf<T> PackedDataOf<T>::Pack(int64_t m, int64_t d, int64_t k,
                                      std::span<const double> x,
                                      std::span<const double> y) {
  PackedDataOf data = Allocate(m, d, k);
  std::vector<int32_t> all(m);
  std::iota(all.begin(), all.end(), 0);
  data.Gather(all, x, y);
  return data;
}

template <class T>
void PackedDataOf<T>::Gather(std::span<const int32_t> chosen,
                             std::span<const double> x,
                             std::span<const double> y) {
  assert(std::ssize(chosen) == m_);
  const DataPassKernels<T>& kernels = KernelsOf<T>(ActiveIsa());
  for (int64_t first = 0; first < m_; first += kPanelOf<T>) {
    const int64_t count = std::min(kPanelOf<T>, m_ - first);
    const double* rows[kPanelOf<T>];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = chosen[first + i];
      rows[i] = x.data() + row * d_;
      for (int64_t o = 0; o < k_; ++o) {
        negated_targets_[o * padded_m_ + first + i] =
            static_cast<T>(-y[row * k_ + o]);
      }
    }
    PackPanel(kernels, first, std::span(rows, count));
  }
}

template <class T>
void PackedDataOf<T>::PackPanel(const DataPassKernels<T>& kernels,
                                int64_t first,
                                std::span<const double* const> rows) {
  const int64_t block = first / kBlockOf<T> * kBlockOf<T>;
  const int64_t height = std::min(kBlockOf<T>, padded_m_ - block);
  T* const samples = blocks_.get() + block * 2 * padded_d_;
  T* const features = samples + height * padded_d_;
  const int64_t count = std::ssize(rows);
  first -= block;
  for (int64_t j0 = 0; j0 < d_; j0 += feature_block_) {
    const int64_t width = std::min(feature_block_, padded_d_ - j0);
    PanelRows<T> panel = {
        .rows = {},
        .panel_count = std::min(width, d_ - j0) / kPanelOf<T>,
        .samples = samples + height * j0 + first * width,
        .features = features + height * j0 + first * kPanelOf<T>,
        .feature_stride = height * kPanelOf<T>};
    if (count < kPanelOf<T>) panel.panel_count = 0;
    const int64_t whole = panel.panel_count * kPanelOf<T>;
    for (int64_t i = 0; i < count; ++i) panel.rows[i] = rows[i] + j0;
    kernels.pack(panel);
    // Copies the features that do not fill a tile one by one.
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = whole; j < std::min(width, d_ - j0); ++j) {
        const T value = static_cast<T>(rows[i][j0 + j]);
        panel.samples[j * kPanelOf<T> + i] = value;
        panel.features[j / kPanelOf<T> * panel.feature_stride +
                       i * kPanelOf<T> + j % kPanelOf<T>] = value;
      }
    }
  }
}

template class PackedDataOf<double>;
template class PackedDataOf<float>;

}  // namespace fathom::worker::kernel
