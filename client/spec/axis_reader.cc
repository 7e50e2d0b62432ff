#include "client/spec/axis_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "client/spec/scalar_reader.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Returns the names of the formulas that an axis can be written as.
std::vector<std::string> FormulaNames() {
  std::vector<std::string> names;
  const Descriptor& type = *v1::Axis::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() != nullptr &&
        type.field(i)->number() != v1::Axis::kListFieldNumber) {
      names.push_back(type.field(i)->name());
    }
  }
  return names;
}

void ReadList(const YamlNode& node, const std::string& path, v1::Axis* axis,
              ReadContext* context) {
  const FieldDescriptor& field = FieldAt(axis->field());
  v1::ValueList* list = axis->mutable_list();
  context->positions[absl::StrCat(path, ".list")] = node.position;
  for (size_t i = 0; i < node.items.size(); ++i) {
    context->positions[absl::StrCat(path, ".list.values[", i, "]")] =
        node.items[i]->position;
    if (const std::optional<v1::Value> value =
            ReadScalar(*node.items[i], field, &context->errors)) {
      *list->add_values() = *value;
    }
  }
}

// Reads the items of [from, to] or [from, to, step], in order, as the fields of
// a range.
void ReadRangeList(const YamlNode& node, const std::string& path,
                   v1::IntegerRange* range, ReadContext* context) {
  const Descriptor& type = *v1::IntegerRange::descriptor();
  if (node.items.size() < 2 || node.items.size() > 3) {
    context->errors.Add(node.position,
                        absl::StrCat("a list of ", node.items.size()),
                        "[from, to] or [from, to, step]");
    return;
  }
  YamlNode map;
  map.kind = YamlNode::Kind::kMap;
  map.position = node.position;
  for (size_t i = 0; i < node.items.size(); ++i) {
    map.entries.push_back({type.field(static_cast<int>(i))->name(),
                           node.items[i]->position, node.items[i]});
  }
  ReadMessage(map, path, range, context);
}

void ReadFormula(const YamlNode& node, const std::string& path, v1::Axis* axis,
                 ReadContext* context) {
  const std::vector<std::string> names = FormulaNames();
  if (node.entries.size() != 1) {
    context->errors.Add(
        node.position, absl::StrCat("a map of ", node.entries.size(), " keys"),
        absl::StrCat("exactly one of ", absl::StrJoin(names, ", ")));
    return;
  }
  const YamlEntry& entry = node.entries[0];
  if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
    context->errors.Add(entry.position,
                        absl::StrCat("unknown key ", Quoted(entry.key)),
                        absl::StrCat("one of ", absl::StrJoin(names, ", ")),
                        NearestName(entry.key, names));
    return;
  }
  const std::string formula_path = absl::StrCat(path, ".", entry.key);
  context->positions[formula_path] = entry.value->position;
  const FieldDescriptor* formula =
      v1::Axis::descriptor()->FindFieldByName(entry.key);
  if (formula->number() == v1::Axis::kRangeFieldNumber &&
      entry.value->kind == YamlNode::Kind::kList) {
    ReadRangeList(*entry.value, formula_path, axis->mutable_range(), context);
    return;
  }
  ReadMessage(*entry.value, formula_path,
              axis->GetReflection()->MutableMessage(axis, formula), context);
}

// Reads one axis and appends it to `group`, whose path is `group_path`.
void ReadAxis(const YamlEntry& entry, const std::string& group_path,
              v1::AxisGroup* group, ReadContext* context) {
  const YamlNode& node = *entry.value;
  const std::string path =
      absl::StrCat(group_path, ".axes[", group->axes_size(), "]");
  context->positions[path] = node.position;
  context->positions[absl::StrCat(path, ".field")] = entry.position;
  const absl::StatusOr<std::string> field = ResolveAxisField(entry.key);
  if (!field.ok()) {
    context->errors.Add(entry.position,
                        absl::StrCat("unknown axis ", Quoted(entry.key)),
                        AxisFieldHint(entry.key));
    return;
  }
  v1::Axis* axis = group->add_axes();
  axis->set_field(*field);
  if (node.kind == YamlNode::Kind::kList) {
    ReadList(node, path, axis, context);
  } else if (node.kind == YamlNode::Kind::kMap) {
    ReadFormula(node, path, axis, context);
  } else {
    context->errors.Add(node.position, Describe(node),
                        absl::StrCat("a list of values, or a map with one of ",
                                     absl::StrJoin(FormulaNames(), ", ")),
                        node.kind == YamlNode::Kind::kScalar
                            ? absl::StrCat("[", Excerpt(node.text), "]")
                            : "");
  }
}

// Reads the axes of one group, which was written at `position`. A group with an
// error is left out of the spec, because checks of a group that is incomplete
// would only report consequences of that error.
void ReadGroup(absl::Span<const YamlEntry> entries, Position position,
               v1::SweepSpec* spec, ReadContext* context) {
  const size_t errors_before = context->errors.size();
  const std::string path = absl::StrCat("axes[", spec->axes_size(), "]");
  context->positions[path] = position;
  v1::AxisGroup* group = spec->add_axes();
  for (const YamlEntry& entry : entries) ReadAxis(entry, path, group, context);
  if (context->errors.size() != errors_before) {
    spec->mutable_axes()->RemoveLast();
  }
}

void ReadZipGroup(const YamlNode& node, v1::SweepSpec* spec,
                  ReadContext* context) {
  if (node.kind != YamlNode::Kind::kMap || node.entries.empty()) {
    context->errors.Add(node.position, Describe(node),
                        "a map of axes that move together");
    return;
  }
  ReadGroup(node.entries, node.position, spec, context);
}

// Turns an axis as JSON writes it, {field: F, list: {values: [...]}} or {field:
// F, log: {...}}, into the entry "F: [...]" or "F: {log: {...}}" of a map.
// Returns nothing when `node` is no such axis.
std::optional<YamlEntry> EntryOfJsonAxis(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) return std::nullopt;
  const YamlEntry* field = nullptr;
  auto values = std::make_shared<YamlNode>();
  values->kind = YamlNode::Kind::kMap;
  values->position = node.position;
  for (const YamlEntry& entry : node.entries) {
    if (entry.key == "field") {
      field = &entry;
    } else {
      values->entries.push_back(entry);
    }
  }
  if (field == nullptr || field->value->kind != YamlNode::Kind::kScalar) {
    return std::nullopt;
  }
  YamlEntry axis = {field->value->text, field->value->position, values};
  if (values->entries.size() != 1 || values->entries[0].key != "list") {
    return axis;
  }
  const YamlNode& list = *values->entries[0].value;
  if (list.kind != YamlNode::Kind::kMap || list.entries.size() != 1 ||
      list.entries[0].key != "values") {
    return std::nullopt;
  }
  axis.value = list.entries[0].value;
  return axis;
}

// Reads a group as JSON writes it: `node` is the list in {axes: [...]}.
void ReadJsonGroup(const YamlNode& node, v1::SweepSpec* spec,
                   ReadContext* context) {
  std::vector<YamlEntry> entries;
  for (const auto& item : node.items) {
    std::optional<YamlEntry> entry = EntryOfJsonAxis(*item);
    if (!entry.has_value()) {
      context->errors.Add(item->position, Describe(*item),
                          "an axis with its field and one of list (with its "
                          "values), range, log, linspace");
      return;
    }
    entries.push_back(*std::move(entry));
  }
  ReadGroup(entries, node.position, spec, context);
}

void ReadAxesMap(const YamlNode& node, v1::SweepSpec* spec,
                 ReadContext* context) {
  if (node.kind != YamlNode::Kind::kMap) {
    context->errors.Add(node.position, Describe(node),
                        "a map from fields to lists of values");
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    if (entry.key == "axes" && entry.value->kind == YamlNode::Kind::kList) {
      ReadJsonGroup(*entry.value, spec, context);
    } else if (entry.key != "zip") {
      ReadGroup({&entry, 1}, entry.value->position, spec, context);
    } else if (entry.value->kind == YamlNode::Kind::kList) {
      for (const auto& item : entry.value->items) {
        ReadZipGroup(*item, spec, context);
      }
    } else {
      ReadZipGroup(*entry.value, spec, context);
    }
  }
}

}  // namespace

void ReadAxes(const YamlNode& node, v1::SweepSpec* spec, ReadContext* context) {
  if (node.kind != YamlNode::Kind::kList) {
    ReadAxesMap(node, spec, context);
    return;
  }
  for (const auto& item : node.items) ReadAxesMap(*item, spec, context);
}

}  // namespace fathom::client
