#include "proto/sweep/names.h"

#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

std::string NameOf(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : EnumText(*value);
}

}  // namespace

std::string MetricName(v1::Metric metric) {
  return NameOf(*v1::Metric_descriptor(), metric);
}

std::string FamilyName(v1::ModelFamily family) {
  return NameOf(*v1::ModelFamily_descriptor(), family);
}

std::string StateName(v1::SweepState state) {
  return NameOf(*v1::SweepState_descriptor(), state);
}

std::string StateName(v1::TrialState state) {
  return NameOf(*v1::TrialState_descriptor(), state);
}

}  // namespace fathom
