#include "proto/sweep/field_values.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "proto/sweep/fields.h"

namespace fathom {

bool FieldValues::Has(absl::string_view text) const {
  return std::count(texts.begin(), texts.end(), text) > 0;
}

FieldValues ValuesOf(const v1::SweepSpec& spec, absl::string_view path) {
  for (int g = 0; g < spec.axes_size(); ++g) {
    for (const v1::Axis& axis : spec.axes(g).axes()) {
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      if (!field.ok() || *field != path) continue;
      FieldValues values = {.group = g, .texts = {}};
      for (const v1::Value& value : axis.list().values()) {
        values.texts.push_back(ValueText(value));
      }
      return values;
    }
  }
  return {.group = -1, .texts = {ValueText(GetField(spec.trial(), path))}};
}

std::string Companion(const FieldValues& values, absl::string_view text,
                      const FieldValues& others, absl::string_view allowed) {
  const bool zipped = values.group >= 0 && values.group == others.group;
  for (size_t i = 0; i < values.texts.size(); ++i) {
    if (values.texts[i] != text) continue;
    for (size_t j = 0; j < others.texts.size(); ++j) {
      if ((!zipped || i == j) && others.texts[j] != allowed) {
        return others.texts[j];
      }
    }
  }
  return "";
}

}  // namespace fathom
