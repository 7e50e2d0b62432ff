#ifndef FATHOM_CLIENT_ANALYSIS_POSITIONS_H_
#define FATHOM_CLIENT_ANALYSIS_POSITIONS_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace fathom::client {

// A set of positions on an axis group, as ascending ranges that do not touch.
class Positions {
 public:
  // All positions of a group of this length.
  explicit Positions(int64_t length) : ranges_({{0, length}}) { CountUp(); }
  // The positions of `ranges`, in any order.
  explicit Positions(std::vector<std::pair<int64_t, int64_t>> ranges);

  void IntersectWith(const Positions& other);
  int64_t count() const { return count_; }
  // Returns the k-th position, 0 <= k < count().
  int64_t At(int64_t k) const;
  bool Contains(int64_t position) const;
  // Returns how many positions are below `position`.
  int64_t CountBelow(int64_t position) const;

 private:
  void CountUp();

  std::vector<std::pair<int64_t, int64_t>> ranges_;  // First, and past the end.
  std::vector<int64_t> before_;  // Positions in the ranges before each.
  int64_t count_ = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_POSITIONS_H_
