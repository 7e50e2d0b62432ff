#include "client/presets/presets.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

struct EmbeddedFile {
  const char* name;
  const char* text;
  const char* published;
};

constexpr EmbeddedFile kFiles[] = {
#include "preset_texts.inc"
};

// Returns the first line of `text` without "#", or "" when that line is no
// comment.
std::string FirstComment(absl::string_view text) {
  absl::string_view line = text.substr(0, text.find('\n'));
  if (!absl::ConsumePrefix(&line, "#")) return "";
  return std::string(absl::StripAsciiWhitespace(line));
}

}  // namespace

const std::vector<Preset>& Presets() {
  static const auto* const presets = [] {
    auto* all = new std::vector<Preset>;
    for (const EmbeddedFile& file : kFiles) {
      all->push_back(
          {file.name, FirstComment(file.text), file.text, file.published});
    }
    return all;
  }();
  return *presets;
}

absl::StatusOr<const Preset*> FindPreset(absl::string_view name) {
  for (const Preset& preset : Presets()) {
    if (preset.name == name) return &preset;
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no preset \"", Excerpt(name), "\"; ", PresetAdvice(name)));
}

std::string NearestPreset(absl::string_view name,
                          absl::Span<const std::string> names) {
  std::vector<std::string> last_parts;
  for (const std::string& known : names) {
    last_parts.push_back(known.substr(known.rfind('/') + 1));
    if (last_parts.back() == name) return known;
  }
  const std::string nearest = NearestName(name, names);
  if (!nearest.empty()) return nearest;
  const std::string part = NearestName(name, last_parts);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!part.empty() && last_parts[i] == part) return names[i];
  }
  return "";
}

std::string PresetAdvice(absl::string_view name) {
  std::vector<std::string> names;
  for (const Preset& preset : Presets()) names.push_back(preset.name);
  const std::string nearest = NearestPreset(name, names);
  return nearest.empty()
             ? absl::StrCat("presets are ", absl::StrJoin(names, ", "))
             : absl::StrCat("did you mean ", nearest, "?");
}

}  // namespace fathom::client
