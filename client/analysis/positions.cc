#include "client/analysis/positions.h"

#include <algorithm>

namespace fathom::client {

using Range = std::pair<int64_t, int64_t>;

Positions::Positions(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end());
  for (const Range& range : ranges) {
    if (range.first >= range.second) continue;
    if (!ranges_.empty() && range.first <= ranges_.back().second) {
      ranges_.back().second = std::max(ranges_.back().second, range.second);
    } else {
      ranges_.push_back(range);
    }
  }
  CountUp();
}

void Positions::CountUp() {
  before_.clear();
  count_ = 0;
  for (const Range& range : ranges_) {
    before_.push_back(count_);
    count_ += range.second - range.first;
  }
}

void Positions::IntersectWith(const Positions& other) {
  std::vector<Range> both;
  size_t i = 0;
  size_t j = 0;
  while (i < ranges_.size() && j < other.ranges_.size()) {
    const int64_t first = std::max(ranges_[i].first, other.ranges_[j].first);
    const int64_t end = std::min(ranges_[i].second, other.ranges_[j].second);
    if (first < end) both.push_back({first, end});
    if (ranges_[i].second < other.ranges_[j].second) {
      ++i;
    } else {
      ++j;
    }
  }
  ranges_ = std::move(both);
  CountUp();
}

int64_t Positions::At(int64_t k) const {
  const size_t at =
      std::upper_bound(before_.begin(), before_.end(), k) - before_.begin() - 1;
  return ranges_[at].first + k - before_[at];
}

bool Positions::Contains(int64_t position) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), position,
                       [](int64_t p, const Range& r) { return p < r.first; });
  return after != ranges_.begin() && position < (after - 1)->second;
}

int64_t Positions::CountBelow(int64_t position) const {
  const size_t after =
      std::lower_bound(ranges_.begin(), ranges_.end(), position,
                       [](const Range& r, int64_t p) { return r.first < p; }) -
      ranges_.begin();
  if (after == 0) return 0;
  const Range& range = ranges_[after - 1];
  return before_[after - 1] + std::min(position, range.second) - range.first;
}

}  // namespace fathom::client
