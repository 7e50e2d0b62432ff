#include "client/spec/settings.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/spec/scales.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kAxes[] = "axes";
constexpr char kZip[] = "zip";

using Keys = std::vector<std::string>;

// Returns a copy of `node` whose nodes and keys all stand at `position`.
std::shared_ptr<const YamlNode> Moved(const YamlNode& node, Position position) {
  auto moved = std::make_shared<YamlNode>(node);
  moved->position = position;
  for (auto& item : moved->items) item = Moved(*item, position);
  for (YamlEntry& entry : moved->entries) {
    entry.position = position;
    entry.value = Moved(*entry.value, position);
  }
  return moved;
}

bool IsTopLevelKey(const std::string& key) {
  return key == kScalesKey ||
         v1::SweepSpec::descriptor()->FindFieldByName(key) != nullptr ||
         v1::TrialSpec::descriptor()->FindFieldByName(key) != nullptr;
}

// Splits a path at its points, except that the name of an axis, which may have
// points itself, stays whole.
Keys KeysOf(absl::string_view path) {
  Keys keys = absl::StrSplit(path, '.');
  if (keys[0] != kAxes || keys.size() < 2) {
    if (keys.size() == 1 && IsTopLevelKey(keys[0])) return keys;
    // A first word that is no top-level key may be the short name of a field:
    // "learning_rate", "init.std".
    if (!IsTopLevelKey(keys[0])) {
      const absl::StatusOr<std::string> field = ResolveAxisField(path);
      if (field.ok()) return absl::StrSplit(*field, '.');
    }
    return keys;
  }
  const size_t names = keys[1] == kZip && keys.size() > 2 ? 2 : 1;
  const std::string axis = absl::StrJoin(keys.begin() + names, keys.end(), ".");
  keys.resize(names);
  keys.push_back(axis);
  return keys;
}

// Returns whether two keys of `axes` mean the same field.
bool AreSameAxis(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const absl::StatusOr<std::string> first = ResolveAxisField(a);
  const absl::StatusOr<std::string> second = ResolveAxisField(b);
  return first.ok() && second.ok() && *first == *second;
}

// Returns whether `axes`, in any of its forms, has an axis over the field at
// `path`.
bool HasAxis(const YamlNode& axes, const std::string& path) {
  return absl::c_any_of(
             axes.items,
             [&](const auto& item) { return HasAxis(*item, path); }) ||
         absl::c_any_of(axes.entries, [&](const YamlEntry& entry) {
           return entry.key == kZip ? HasAxis(*entry.value, path)
                                    : AreSameAxis(entry.key, path);
         });
}

// Applies one setting to the tree of a sweep file.
class Setter {
 public:
  Setter(Position position, ErrorList* errors)
      : position_(position), errors_(*errors) {}

  void Set(absl::string_view path, std::shared_ptr<const YamlNode> value,
           YamlNode* root) {
    const Keys keys = KeysOf(path);
    if (absl::c_any_of(keys, [](const auto& key) { return key.empty(); })) {
      errors_.Add(position_, absl::StrCat("the path ", Quoted(path)),
                  "keys with points between them");
      return;
    }
    if (keys[0] != kAxes) {
      const YamlEntry* const axes = Find(*root, kAxes, false);
      if (axes != nullptr && HasAxis(*axes->value, absl::StrJoin(keys, "."))) {
        errors_.Add(position_,
                    absl::StrCat(path, ", which is an axis of the sweep"),
                    absl::StrCat("axes.", path, "=[...]"));
        return;
      }
    }
    if (auto whole = With(root, keys, 0, value)) *root = *whole;
  }

 private:
  static const YamlEntry* Find(const YamlNode& node, const std::string& key,
                               bool axes) {
    const auto found =
        absl::c_find_if(node.entries, [&](const YamlEntry& entry) {
          return axes ? AreSameAxis(entry.key, key) : entry.key == key;
        });
    return found == node.entries.end() ? nullptr : &*found;
  }

  // Returns a copy of `node` (null: of an empty map) that has `value` under
  // keys[depth], keys[depth + 1], ... Returns null, with an error, when a value
  // that is no map stands where a map is needed.
  std::shared_ptr<YamlNode> With(const YamlNode* node, const Keys& keys,
                                 size_t depth,
                                 const std::shared_ptr<const YamlNode>& value) {
    auto changed = std::make_shared<YamlNode>();
    if (node != nullptr && node->kind != YamlNode::Kind::kNothing) {
      *changed = *node;
    } else {
      changed->kind = YamlNode::Kind::kMap;
      changed->position = position_;
    }
    if (changed->kind != YamlNode::Kind::kMap) {
      errors_.Add(
          position_,
          absl::StrCat("a value at ", depth == 0 ? "the top" : keys[depth - 1]),
          "a map that has keys");
      return nullptr;
    }
    const bool axes = depth > 0 && keys[0] == kAxes;
    const YamlEntry* const known = Find(*changed, keys[depth], axes);
    YamlEntry entry = {known == nullptr ? keys[depth] : known->key, position_,
                       value};
    if (depth + 1 < keys.size()) {
      entry.value = With(known == nullptr ? nullptr : known->value.get(), keys,
                         depth + 1, value);
      if (entry.value == nullptr) return nullptr;
      if (known != nullptr) entry.position = known->position;
    }
    if (known == nullptr) {
      changed->entries.push_back(std::move(entry));
    } else {
      changed->entries[known - changed->entries.data()] = std::move(entry);
    }
    return changed;
  }

  const Position position_;
  ErrorList& errors_;
};

}  // namespace

void ApplySettings(absl::Span<const std::string> settings, YamlNode* root,
                   ErrorList* errors) {
  std::vector<std::string> names;
  for (const std::string& setting : settings) {
    names.push_back(absl::StrCat("--set ", Excerpt(setting)));
  }
  errors->NameSettings(std::move(names));
  for (size_t i = 0; i < settings.size(); ++i) {
    const Position position = {-1 - static_cast<int>(i), 1};
    const size_t equal = settings[i].find('=');
    if (equal == std::string::npos) {
      errors->Add(position, "no =", "a key, = and a value, as in steps=100");
      continue;
    }
    ErrorList of_value;
    const std::shared_ptr<const YamlNode> value =
        ParseYaml(settings[i].substr(equal + 1), &of_value);
    if (value == nullptr || !of_value.empty()) {
      errors->Add(position,
                  absl::StrCat(
                      "the value ",
                      Quoted(absl::string_view(settings[i]).substr(equal + 1))),
                  "one in YAML, such as 0.1 or [1, 2]");
      continue;
    }
    Setter(position, errors)
        .Set(absl::StripAsciiWhitespace(
                 absl::string_view(settings[i]).substr(0, equal)),
             Moved(*value, position), root);
  }
}

}  // namespace fathom::client
