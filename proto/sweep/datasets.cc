#include "proto/sweep/datasets.h"

namespace fathom {

bool IsDatasetField(absl::string_view path) {
  return path == kFileField || path == kTargetField || path == kDigestField;
}

const v1::Axis* AxisOver(const v1::SweepSpec& spec, const std::string& path) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      if (axis.field() == path) return &axis;
    }
  }
  return nullptr;
}

std::vector<std::string> DigestsOf(const v1::SweepSpec& spec) {
  std::vector<std::string> digests;
  if (const v1::Axis* const axis = AxisOver(spec, kDigestField)) {
    for (const v1::Value& value : axis->list().values()) {
      digests.push_back(value.text());
    }
  } else if (!spec.trial().data().digest().empty()) {
    digests.push_back(spec.trial().data().digest());
  }
  return digests;
}

}  // namespace fathom
