#ifndef FATHOM_WORKER_KERNEL_CONV_SUM_TREE_H_
#define FATHOM_WORKER_KERNEL_CONV_SUM_TREE_H_

#include <algorithm>
#include <bit>
#include <cstdint>

// Sums over groups of images as a tree: the sum of n groups is that of the
// first p plus that of the others, where p is the greatest power of two below
// n. Groups come one after the other, and sums that wait for others are levels:
// one for each 1 of the number of groups in binary, the last one the newest.
namespace fathom::worker::kernel {

// How many levels there are at most.
inline int64_t SumLevels(int64_t groups) {
  return std::bit_width(static_cast<uint64_t>(std::max<int64_t>(1, groups)));
}

// Before group number `group`, from 0 on: calls merge(level) where that level
// is to be added to the one before, and opens a level for the group.
template <class Merge>
void OpenGroup(int64_t group, int64_t& levels, const Merge& merge) {
  for (int64_t n = group; n > 0 && n % 2 == 0; n /= 2) merge(--levels);
  ++levels;
}

// After the last group: leaves one level.
template <class Merge>
void CloseGroups(int64_t& levels, const Merge& merge) {
  while (levels > 1) merge(--levels);
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_SUM_TREE_H_
