#include "worker/engine/batch_order.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace fathom::worker {

BatchOrder::BatchOrder(int64_t rows, int64_t batch_size, v1::BatchOrder order,
                       uint64_t seed)
    : rows_(rows),
      batch_size_(batch_size),
      order_(order == v1::BATCH_ORDER_UNSPECIFIED ? v1::BATCH_ORDER_SHUFFLED
                                                  : order),
      random_(seed, kernel::Purpose::kBatchOrder) {
  const bool shuffled = order_ == v1::BATCH_ORDER_SHUFFLED;
  samples_.resize(shuffled ? rows : batch_size);
  std::iota(samples_.begin(), samples_.end(), 0);
  next_ = shuffled ? rows : 0;
}

std::span<const int32_t> BatchOrder::Next() {
  if (order_ == v1::BATCH_ORDER_SHUFFLED) {
    RenewOrder();
    const std::span<const int32_t> batch(samples_.data() + next_, batch_size_);
    next_ += batch_size_;
    return batch;
  }
  for (int32_t& sample : samples_) {
    if (order_ == v1::BATCH_ORDER_DRAWN) {
      sample = Draw(rows_);
    } else {
      sample = static_cast<int32_t>(next_);
      next_ = next_ + 1 == rows_ ? 0 : next_ + 1;
    }
  }
  return samples_;
}

bool BatchOrder::Skip(int64_t batches, absl::FunctionRef<bool()> keep_going) {
  switch (order_) {
    case v1::BATCH_ORDER_DRAWN:
      random_.Skip(static_cast<uint64_t>(batches) *
                   static_cast<uint64_t>(batch_size_));
      return true;
    case v1::BATCH_ORDER_SHUFFLED:
      while (batches > 0) {
        if (!keep_going()) return false;
        RenewOrder();
        const int64_t taken = std::min(batches, (rows_ - next_) / batch_size_);
        next_ += taken * batch_size_;
        batches -= taken;
      }
      return true;
    default:
      next_ = (next_ + batches % rows_ * batch_size_) % rows_;
      return true;
  }
}

void BatchOrder::RenewOrder() {
  if (rows_ - next_ >= batch_size_) return;
  Shuffle();
  next_ = 0;
}

void BatchOrder::Shuffle() {
  for (int64_t i = 0; i + 1 < rows_; ++i) {
    std::swap(samples_[i], samples_[i + Draw(rows_ - i)]);
  }
}

int32_t BatchOrder::Draw(int64_t count) {
  // The high half of a product is uniform below `count` up to 2^-33.
  const auto product = static_cast<unsigned __int128>(random_.Bits()) *
                       static_cast<uint64_t>(count);
  return static_cast<int32_t>(product >> 64);
}

}  // namespace fathom::worker
