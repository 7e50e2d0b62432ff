// The documentation, the dashboard and the alerts name metrics that there are,
// and the documentation all of them.
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "proto/telemetry/families.h"

namespace fathom {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

std::string FileOf(const std::string& path) {
  std::ifstream file(absl::StrCat(FATHOM_SOURCE_DIR, "/", path));
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

const char* KindWord(v1::TelemetryKind kind) {
  return kind == v1::TELEMETRY_KIND_COUNTER ? "counter"
         : kind == v1::TELEMETRY_KIND_GAUGE ? "gauge"
                                            : "histogram";
}

TEST(MonitoringTest, TheDocumentationHasTheTableOfAllMetrics) {
  std::string table =
      "| metric | kind | labels | what it says |\n|---|---|---|---|\n";
  for (const TelemetryRow& row : TelemetryFamilies()) {
    std::vector<std::string> labels =
        absl::StrSplit(row.labels, ',', absl::SkipEmpty());
    for (std::string& label : labels) label = absl::StrCat("`", label, "`");
    absl::StrAppend(&table, "| `", row.name, "` | ", KindWord(row.kind), " | ",
                    absl::StrJoin(labels, ", "), " | ", row.help, " |\n");
  }
  const std::vector<std::string> parts =
      absl::StrSplit(FileOf("docs/monitoring.md"), "<!-- metrics: begin -->\n");
  ASSERT_THAT(parts, SizeIs(2));
  const std::vector<std::string> rest =
      absl::StrSplit(parts[1], "<!-- metrics: end -->");
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_EQ(rest[0], table) << "put the expected table into the file";
}

// The series of the metrics, each with the labels that it has.
std::map<std::string, std::set<std::string>> AllSeries() {
  std::map<std::string, std::set<std::string>> all;
  for (const TelemetryRow& row : TelemetryFamilies()) {
    std::set<std::string> labels;
    for (const absl::string_view label :
         absl::StrSplit(row.labels, ',', absl::SkipEmpty())) {
      labels.emplace(label);
    }
    if (row.kind != v1::TELEMETRY_KIND_HISTOGRAM) {
      all[row.name] = labels;
      continue;
    }
    all[absl::StrCat(row.name, "_sum")] = labels;
    all[absl::StrCat(row.name, "_count")] = labels;
    labels.insert("le");
    all[absl::StrCat(row.name, "_bucket")] = labels;
  }
  return all;
}

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// Returns the words of an expression that begin with fathom_.
std::vector<std::string> NamesIn(const std::string& expression) {
  std::vector<std::string> names;
  for (size_t at = expression.find("fathom_"); at != std::string::npos;
       at = expression.find("fathom_", at + 1)) {
    size_t end = at;
    while (end < expression.size() && IsWord(expression[end])) ++end;
    names.push_back(expression.substr(at, end - at));
  }
  return names;
}

// Returns the labels that an expression groups by.
std::set<std::string> GroupedBy(const std::string& expression) {
  std::set<std::string> labels;
  for (size_t at = expression.find(" by ("); at != std::string::npos;
       at = expression.find(" by (", at + 1)) {
    const size_t begin = at + 5;
    const size_t end = expression.find(')', begin);
    for (const absl::string_view label :
         absl::StrSplit(expression.substr(begin, end - begin),
                        absl::ByAnyChar(", "), absl::SkipEmpty())) {
      labels.emplace(label);
    }
  }
  return labels;
}

void CheckExpression(const std::string& expression) {
  static const auto* const series =
      new std::map<std::string, std::set<std::string>>(AllSeries());
  const std::vector<std::string> names = NamesIn(expression);
  EXPECT_FALSE(names.empty()) << expression;
  for (const std::string& name : names) {
    const auto known = series->find(name);
    ASSERT_NE(known, series->end()) << name << " in " << expression;
    EXPECT_THAT(known->second, IsSupersetOf(GroupedBy(expression)))
        << name << " in " << expression;
    // What only grows is of no use as it is.
    if (absl::EndsWith(name, "_total") || absl::EndsWith(name, "_bucket")) {
      EXPECT_TRUE(
          absl::StrContains(expression, absl::StrCat("rate(", name)) ||
          absl::StrContains(expression, absl::StrCat("increase(", name)))
          << name << " in " << expression;
    }
  }
}

TEST(MonitoringTest, TheDashboardAsksForWhatThereIs) {
  const nlohmann::json dashboard =
      nlohmann::json::parse(FileOf("deploy/grafana/fathom.json"));
  std::set<int> ids;
  int expressions = 0;
  for (const nlohmann::json& panel : dashboard["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
    EXPECT_LE(
        panel["gridPos"]["x"].get<int>() + panel["gridPos"]["w"].get<int>(),
        24);
    for (const nlohmann::json& target : panel["targets"]) {
      CheckExpression(target["expr"]);
      ++expressions;
    }
  }
  EXPECT_GT(expressions, 20);
}

TEST(MonitoringTest, TheAlertsAskForWhatThereIsAndAreDescribed) {
  const std::string text = FileOf("deploy/prometheus/alerts.yml");
  const std::string docs = FileOf("docs/monitoring.md");
  int alerts = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    if (parts.size() != 2) continue;
    if (absl::EndsWith(parts[0], "expr")) CheckExpression(parts[1]);
    if (!absl::EndsWith(parts[0], "alert")) continue;
    ++alerts;
    EXPECT_TRUE(absl::StrContains(docs, absl::StrCat("| `", parts[1], "` |")))
        << parts[1];
  }
  EXPECT_GT(alerts, 5);
}

}  // namespace
}  // namespace fathom
