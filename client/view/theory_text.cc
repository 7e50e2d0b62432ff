#include "client/view/theory_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/view/format.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

// The settings of one check, and the setting that is shown for all of them.
struct Group {
  const v1::TheoryCheck* shown = nullptr;
  int settings = 0;
  int holding = 0;
};

// Returns whether `a` uses more of its tolerance than `b`. A check that fails
// counts as using more than one that holds.
bool IsWorse(const v1::TheoryCheck& a, const v1::TheoryCheck& b) {
  if (a.holds() != b.holds()) return b.holds();
  return a.residual() * b.tolerance() > b.residual() * a.tolerance();
}

// Returns one group per claim and statement, in the order of the report, or one
// group per check with `all`.
std::vector<Group> Groups(const v1::TheoryReport& report, bool all) {
  std::vector<Group> groups;
  for (const v1::TheoryCheck& check : report.checks()) {
    Group* group = nullptr;
    for (Group& known : groups) {
      if (!all && known.shown->claim() == check.claim() &&
          known.shown->statement() == check.statement()) {
        group = &known;
      }
    }
    if (group == nullptr) {
      groups.push_back({.shown = &check});
      group = &groups.back();
    }
    if (IsWorse(check, *group->shown)) group->shown = &check;
    ++group->settings;
    group->holding += check.holds() ? 1 : 0;
  }
  return groups;
}

Table TheoryTable(const v1::TheoryReport& report, bool all) {
  Table table;
  table.header = {"claim",    "check",    "setting",   "predicted",
                  "measured", "residual", "tolerance", "verdict"};
  table.right = {false, false, false, true, true, true, true, false};
  for (const Group& group : Groups(report, all)) {
    const v1::TheoryCheck& check = *group.shown;
    std::string verdict = check.holds() ? "holds" : "FAILS";
    if (group.settings > 1) {
      absl::StrAppend(&verdict, " (", group.holding, " of ", group.settings,
                      ")");
    }
    table.rows.push_back({check.claim(), check.statement(), check.setting(),
                          MeasureText(check.predicted()),
                          MeasureText(check.measured()),
                          MeasureText(check.residual()),
                          MeasureText(check.tolerance()), std::move(verdict)});
  }
  return table;
}

}  // namespace

std::string TheoryText(const v1::TheoryReport& report, bool all, int width) {
  int failing = 0;
  for (const v1::TheoryCheck& check : report.checks()) {
    failing += check.holds() ? 0 : 1;
  }
  const std::string count = CountText(report.checks_size(), "check");
  return absl::StrCat(
      RenderTable(TheoryTable(report, all), width), "\n",
      failing == 0
          ? absl::StrCat("all of ", count, " hold on this machine\n")
          : absl::StrCat(CountText(failing), " of ", count, " failed\n"));
}

}  // namespace fathom::client
