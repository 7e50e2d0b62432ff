#ifndef FATHOM_CLIENT_UI_DATA_GROUPS_H_
#define FATHOM_CLIENT_UI_DATA_GROUPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/ui/data/axis_values.h"
#include "client/ui/exchange.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Trials in groups by the value of one axis, which the parameter `by` of a
// request names; or all in no group. Values that occur several times on the
// axis are one group.
class Groups {
 public:
  // INVALID_ARGUMENT for an axis that is not there.
  static absl::StatusOr<Groups> Create(const std::vector<AxisValues>& axes,
                                       const std::string& by);

  // Makes groups of the values that these trials have, in the order of the
  // axis; of more than `most` values the first ones.
  void Limit(absl::Span<const int64_t> trials, size_t most);

  // Returns the group of a trial, or -1.
  int32_t Of(int64_t trial) const;

  size_t size() const { return places_.size(); }
  const std::string& by() const { return by_; }
  // Returns [{label, value}].
  nlohmann::ordered_json Json() const;

 private:
  const AxisValues* axis_ = nullptr;
  std::string by_;
  std::vector<int64_t> places_;                    // Of the axis, by group.
  absl::flat_hash_map<int64_t, int32_t> numbers_;  // Groups by place.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_GROUPS_H_
