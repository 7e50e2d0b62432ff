#include "client/ui/data/groups.h"

#include <algorithm>

#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {

absl::StatusOr<Groups> Groups::Create(const std::vector<AxisValues>& axes,
                                      const std::string& by) {
  Groups groups;
  if (by.empty()) return groups;
  ASSIGN_OR_RETURN(groups.axis_, FindAxis(axes, by));
  groups.by_ = groups.axis_->name;
  return groups;
}

void Groups::Limit(absl::Span<const int64_t> trials, size_t most) {
  if (axis_ == nullptr) return;
  std::vector<int64_t> places;
  for (const int64_t trial : trials) places.push_back(axis_->PlaceOf(trial));
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  absl::flat_hash_map<std::string, int32_t> by_text;
  for (const int64_t place : places) {
    const std::string text = ValueText(axis_->At(place));
    const auto known = by_text.find(text);
    if (known != by_text.end()) {
      numbers_[place] = known->second;
    } else if (places_.size() < most) {
      numbers_[place] = by_text[text] = static_cast<int32_t>(places_.size());
      places_.push_back(place);
    }
  }
}

int32_t Groups::Of(int64_t trial) const {
  if (axis_ == nullptr) return -1;
  const auto found = numbers_.find(axis_->PlaceOf(trial));
  return found == numbers_.end() ? -1 : found->second;
}

nlohmann::ordered_json Groups::Json() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const int64_t place : places_) {
    const v1::Value value = axis_->At(place);
    json.push_back(
        {{"label", ValueText(value)}, {"value", AxisValueJson(value)}});
  }
  return json;
}

}  // namespace fathom::client
