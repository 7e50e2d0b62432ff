#include "client/spec/spec_places.h"

#include <utility>

namespace fathom::client {

Position Locate(absl::string_view path, const FieldPositions& positions) {
  while (true) {
    const auto found = positions.find(path);
    if (found != positions.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    path = path.substr(0, end == absl::string_view::npos ? 0 : end);
  }
}

SpecPlaces::SpecPlaces(std::string file_name, FieldPositions positions,
                       std::vector<std::string> settings)
    : file_name_(std::move(file_name)),
      positions_(std::move(positions)),
      settings_(std::move(settings)) {}

absl::Status SpecPlaces::ToStatus(
    absl::Span<const Violation> violations) const {
  ErrorList errors;
  errors.NameSettings(settings_);
  for (const Violation& violation : violations) {
    errors.Add(Locate(violation.field, positions_), violation.found,
               violation.expected);
  }
  return errors.ToStatus(file_name_);
}

}  // namespace fathom::client
