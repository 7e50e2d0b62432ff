#include "client/data/tables/table_columns.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kMaxNamesShown = 10;
constexpr absl::string_view kUtf8Expected =
    "a name in UTF-8, as `iconv -f LATIN1 -t UTF-8 FILE` writes it";

using Role = Column::Role;

// Gives columns their roles, in one call of Assign.
class RoleAssigner {
 public:
  RoleAssigner(const v1::DataImport& import, HeaderError error,
               std::vector<Column>* columns)
      : import_(import), error_(error), columns_(*columns) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      positions_[columns_[i].name].push_back(i);
    }
  }

  absl::Status Assign();

 private:
  // Returns the columns with a name that the settings use as a `what`.
  absl::StatusOr<const std::vector<size_t>*> Find(const std::string& name,
                                                  absl::string_view what) const;
  // Returns whether a text consists of the names of several columns, one after
  // the other.
  bool NamesSeveral(absl::string_view text) const;
  absl::Status Set(const std::string& name, Role role, size_t slot);
  absl::Status SetCategorical(const std::string& name);
  absl::Status CheckName(const Column& column) const;
  std::string DescribeColumns() const;

  const v1::DataImport& import_;
  const HeaderError error_;
  std::vector<Column>& columns_;
  absl::flat_hash_map<std::string, std::vector<size_t>> positions_;  // By name.
};

absl::Status RoleAssigner::Assign() {
  if (import_.target().empty()) {
    return error_(0, "no target among the settings",
                  absl::StrCat("`target`, the name of at least one of ",
                               DescribeColumns()));
  }
  for (const std::string& name : import_.ignore()) {
    RETURN_IF_ERROR(Set(name, Role::kIgnored, 0));
  }
  for (int i = 0; i < import_.target_size(); ++i) {
    RETURN_IF_ERROR(Set(import_.target(i), Role::kTarget, i));
  }
  for (const std::string& name : import_.categorical()) {
    RETURN_IF_ERROR(SetCategorical(name));
  }
  for (Column& column : columns_) {
    if (column.name.empty() && column.role == Role::kFeature) {
      column.role = Role::kNameless;
    }
    RETURN_IF_ERROR(CheckName(column));
  }
  if (absl::c_none_of(columns_, [](const Column& column) {
        return column.role == Role::kFeature;
      })) {
    return error_(0, "only targets and ignored columns",
                  "at least one column as a feature");
  }
  return absl::OkStatus();
}

absl::StatusOr<const std::vector<size_t>*> RoleAssigner::Find(
    const std::string& name, absl::string_view what) const {
  const auto position = positions_.find(name);
  if (position != positions_.end()) return &position->second;
  if (NamesSeveral(name)) {
    return error_(0, absl::StrCat(QuoteText(name), " as one name of a ", what),
                  "each name alone: `--target` and `--ignore` once per column, "
                  "or a list such as [a, b] in a sweep");
  }
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  const std::string near = NearestName(name, names);
  return error_(
      0, absl::StrCat("no column ", QuoteText(name), " for the ", what),
      near.empty() ? absl::StrCat("one of ", DescribeColumns())
                   : absl::StrCat("a name of the header; did you mean ",
                                  QuoteText(near), "?"));
}

bool RoleAssigner::NamesSeveral(absl::string_view text) const {
  for (const char mark : {',', ' '}) {
    const std::vector<absl::string_view> parts =
        absl::StrSplit(text, mark, absl::SkipWhitespace());
    if (parts.size() > 1 && absl::c_all_of(parts, [&](absl::string_view part) {
          return positions_.contains(absl::StripAsciiWhitespace(part));
        })) {
      return true;
    }
  }
  return false;
}

absl::Status RoleAssigner::Set(const std::string& name, Role role,
                               size_t slot) {
  ASSIGN_OR_RETURN(
      const std::vector<size_t>* same,
      Find(name, role == Role::kTarget ? "target" : "column to ignore"));
  for (const size_t i : *same) {
    Column& column = columns_[i];
    if (column.role != Role::kFeature) {
      return error_(column.offset,
                    absl::StrCat(QuoteText(name), " named a second time"),
                    "each column once among `target` and `ignore`");
    }
    column.role = role;
    column.slot = slot;
  }
  return absl::OkStatus();
}

absl::Status RoleAssigner::SetCategorical(const std::string& name) {
  ASSIGN_OR_RETURN(const std::vector<size_t>* same,
                   Find(name, "column of categories"));
  for (const size_t i : *same) {
    Column& column = columns_[i];
    column.categorical = true;
    if (column.kind == Column::Kind::kNumbers) {
      column.kind = Column::Kind::kUnknown;
    }
  }
  return absl::OkStatus();
}

absl::Status RoleAssigner::CheckName(const Column& column) const {
  if (column.role == Role::kIgnored || column.role == Role::kNameless) {
    return absl::OkStatus();
  }
  const std::vector<size_t>& same = positions_.at(column.name);
  if (same.size() > 1) {
    return error_(
        columns_[same[1]].offset,
        absl::StrCat("the name ", QuoteText(column.name), " of column ",
                     same[0] + 1, " again"),
        "different names, or this one among the columns to `ignore`; a table "
        "without names takes `header: false`");
  }
  if (!IsUtf8(column.name)) {
    return error_(column.offset, QuoteText(column.name), kUtf8Expected);
  }
  return absl::OkStatus();
}

std::string RoleAssigner::DescribeColumns() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (names.size() == kMaxNamesShown) break;
    names.push_back(QuoteText(column.name));
  }
  return absl::StrCat(absl::StrJoin(names, ", "),
                      names.size() < columns_.size()
                          ? absl::StrCat(" ... (", columns_.size(), " columns)")
                          : "");
}

bool IsFlag(const std::string& text) {
  return absl::EqualsIgnoreCase(text, "true") ||
         absl::EqualsIgnoreCase(text, "false");
}

// Returns, for each of several texts, how many of the other texts come before
// it.
std::vector<size_t> RanksOf(const std::vector<std::string>& texts) {
  // Numbers come before other texts, and are compared as numbers, so that 10
  // comes after 9.
  const auto key = [&](size_t place) {
    const std::optional<double> number = ParseNumber(texts[place]);
    return std::make_tuple(!number.has_value(), number.value_or(0),
                           absl::string_view(texts[place]));
  };
  std::vector<size_t> order(texts.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  absl::c_sort(order, [&](size_t a, size_t b) { return key(a) < key(b); });
  std::vector<size_t> ranks(texts.size());
  for (size_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

}  // namespace

bool HoldsFlags(const Column& column) {
  return column.kind == Column::Kind::kTexts && !column.texts.empty() &&
         std::all_of(column.texts.begin(), column.texts.end(), IsFlag);
}

std::vector<size_t> ValuesOf(const Column& column) {
  std::vector<size_t> values(column.texts.size());
  if (HoldsFlags(column)) {
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = absl::EqualsIgnoreCase(column.texts[i], "true") ? 1 : 0;
    }
    return values;
  }
  if (!column.declared) return RanksOf(column.texts);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i;
  return values;
}

std::vector<std::string> TextsInOrder(const Column& column) {
  if (HoldsFlags(column)) return {"false", "true"};
  const std::vector<size_t> values = ValuesOf(column);
  std::vector<std::string> texts(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    texts[values[i]] = column.texts[i];
  }
  return texts;
}

absl::Status AssignRoles(const v1::DataImport& import, HeaderError error,
                         std::vector<Column>* columns) {
  return RoleAssigner(import, error, columns).Assign();
}

}  // namespace fathom::client
