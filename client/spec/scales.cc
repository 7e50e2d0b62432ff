#include "client/spec/scales.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr size_t kLongestName = 63;

bool IsScaleName(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName &&
         absl::c_all_of(name, [](char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-';
         });
}

// Returns whether `entry` is a valid scale; adds what is wrong to `errors`.
bool CheckScale(const YamlEntry& entry, ErrorList* errors) {
  if (entry.key == kDefaultScale || !IsScaleName(entry.key)) {
    errors->Add(
        entry.position, absl::StrCat("the scale ", Quoted(entry.key)),
        absl::StrCat("a name of letters, digits, _ and -, other than ",
                     kDefaultScale, ", which is the file as it stands"));
    return false;
  }
  if (entry.value->kind != YamlNode::Kind::kMap) {
    errors->Add(entry.value->position, Describe(*entry.value),
                "a map of top-level keys that this scale replaces");
    return false;
  }
  for (const YamlEntry& replaced : entry.value->entries) {
    if (replaced.key != "name" && replaced.key != kScalesKey) continue;
    errors->Add(replaced.position, absl::StrCat("the key ", replaced.key),
                absl::StrCat("any other key of the file: a scale does not "
                             "change the ",
                             replaced.key));
    return false;
  }
  return true;
}

// Returns a copy of the map `plain` in which the keys of `scale` replace the
// keys of the same name.
YamlNode Replace(const YamlNode& plain, const YamlNode& scale) {
  YamlNode root = plain;
  root.position = scale.position;
  for (const YamlEntry& entry : scale.entries) {
    const auto found = absl::c_find_if(root.entries, [&](const YamlEntry& own) {
      return own.key == entry.key;
    });
    if (found == root.entries.end()) {
      root.entries.push_back(entry);
    } else {
      *found = entry;
    }
  }
  return root;
}

}  // namespace

std::vector<ScaledTree> SplitScales(const YamlNode& root, ErrorList* errors) {
  std::vector<ScaledTree> scaled = {{kDefaultScale, root}};
  scaled[0].root.position = Position();
  std::vector<YamlEntry>& entries = scaled[0].root.entries;
  const auto found = absl::c_find_if(
      entries, [](const YamlEntry& entry) { return entry.key == kScalesKey; });
  if (found == entries.end()) return scaled;
  const YamlEntry scales = *found;
  entries.erase(found);
  if (scales.value->kind != YamlNode::Kind::kMap) {
    errors->Add(scales.value->position, Describe(*scales.value),
                "a map from the names of scales to the keys they replace");
    return scaled;
  }
  if (scales.value->entries.size() > kMostScales) {
    errors->Add(scales.position,
                absl::StrCat(scales.value->entries.size(), " scales"),
                absl::StrCat("at most ", kMostScales));
    return scaled;
  }
  const YamlNode plain = scaled[0].root;
  for (const YamlEntry& scale : scales.value->entries) {
    if (!CheckScale(scale, errors)) continue;
    scaled.push_back({scale.key, Replace(plain, *scale.value)});
  }
  return scaled;
}

}  // namespace fathom::client
