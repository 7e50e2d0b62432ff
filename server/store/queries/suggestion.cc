#include "server/store/queries/suggestion.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/fields.h"
#include "server/store/views.h"

namespace fathom::server {
namespace {

// Returns the names of the columns of a view.
std::vector<std::string> ColumnsOf(const std::string& view, sqlite3* db) {
  const std::string sql = absl::StrCat("SELECT * FROM ", view, " LIMIT 0");
  std::vector<std::string> columns;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) ==
      SQLITE_OK) {
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const char* name = sqlite3_column_name(statement, i);
      if (name != nullptr) columns.emplace_back(name);
    }
  }
  sqlite3_finalize(statement);
  return columns;
}

std::vector<std::string> MetricNames() {
  std::vector<std::string> names;
  const auto& type = *v1::Metric_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != v1::METRIC_UNSPECIFIED) {
      names.push_back(EnumText(*type.value(i)));
    }
  }
  return names;
}

std::string DidYouMean(absl::string_view name) {
  return name.empty() ? "" : absl::StrCat("did you mean ", name, "?");
}

// Columns of the views that the statement names come first, then metrics, which
// are no columns, then the columns of other views.
std::string ForColumn(absl::string_view column, absl::string_view sql,
                      sqlite3* db) {
  std::vector<std::string> here;
  std::string elsewhere;
  const std::string lower = absl::AsciiStrToLower(sql);
  for (const View& view : StableViews()) {
    const std::vector<std::string> columns = ColumnsOf(view.name, db);
    if (absl::StrContains(lower, view.name)) {
      here.insert(here.end(), columns.begin(), columns.end());
    } else if (elsewhere.empty() && std::find(columns.begin(), columns.end(),
                                              column) != columns.end()) {
      elsewhere = absl::StrCat("the view ", view.name, " has it");
    }
  }
  if (const std::string near = NearestName(column, here); !near.empty()) {
    return DidYouMean(
        near);  // Also of "results.state" where that is "r.state".
  }
  const std::string metric = NearestName(column, MetricNames());
  if (!metric.empty()) {
    return absl::StrCat(
        metric == column ? "" : DidYouMean(metric) + " ", metric,
        " is a metric: SELECT step, value FROM metric_points WHERE metric = '",
        metric, "'");
  }
  return elsewhere;
}

}  // namespace

std::string SuggestionFor(absl::string_view message, absl::string_view sql,
                          absl::Span<const absl::string_view> functions,
                          sqlite3* db) {
  if (absl::ConsumePrefix(&message, "no such column: ")) {
    // Newer versions of SQLite say more behind the name.
    message = message.substr(0, message.find(" - "));
    message = absl::StripPrefix(absl::StripSuffix(message, "\""), "\"");
    const std::string near =
        ForColumn(message.substr(message.rfind('.') + 1), sql, db);
    // There is such a column, but not where it is asked for.
    return near == DidYouMean(message) ? "" : near;
  }
  std::vector<std::string> known;
  if (absl::ConsumePrefix(&message, "no such table: ")) {
    for (const View& view : StableViews()) known.push_back(view.name);
  } else if (absl::ConsumePrefix(&message, "no such function: ")) {
    for (const absl::string_view name : functions) known.emplace_back(name);
  }
  const std::string near = NearestName(message, known);
  return near == message ? "" : DidYouMean(near);
}

}  // namespace fathom::server
