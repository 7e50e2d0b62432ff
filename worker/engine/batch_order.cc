#include "worker/engine/batch_order.h"

#include <iterator>
#include <numeric>
#include <utility>

namespace fathom::worker {

BatchOrder::BatchOrder(int64_t rows, int64_t batch_size, uint64_t seed)
    : batch_size_(batch_size),
      random_(seed, kernel::Purpose::kBatchOrder),
      order_(rows),
      next_(rows) {
  std::iota(order_.begin(), order_.end(), 0);
}

std::span<const int32_t> BatchOrder::Next() {
  if (std::ssize(order_) - next_ < batch_size_) {
    Shuffle();
    next_ = 0;
  }
  const std::span<const int32_t> batch(order_.data() + next_, batch_size_);
  next_ += batch_size_;
  return batch;
}

void BatchOrder::Shuffle() {
  const int64_t rows = std::ssize(order_);
  for (int64_t i = 0; i + 1 < rows; ++i) {
    // The high half of a product is uniform below `rows - i` up to 2^-33.
    const auto product = static_cast<unsigned __int128>(random_.Bits()) *
                         static_cast<uint64_t>(rows - i);
    std::swap(order_[i], order_[i + static_cast<int64_t>(product >> 64)]);
  }
}

}  // namespace fathom::worker
