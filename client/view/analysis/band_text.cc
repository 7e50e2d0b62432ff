// This file shows the bands of stable learning rates as a table.
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/best_tables.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

constexpr size_t kMostNoted = 8;  // Most groups that a note names.

std::string RateSettingText(double rate) {
  v1::Value value;
  value.set_number(rate);
  return SettingText(value);
}

std::string DecadesText(double decades) {
  return absl::StrFormat("%.2f", decades);
}

// Returns a rate with its group: "depth = 1 (0.4)", or the rate alone.
std::string GroupAndRate(const SweepAnalysis& analysis, size_t group,
                         double rate) {
  const std::string name =
      SettingsText(analysis.summary.by, analysis.summary.rows[group].group);
  return name.empty() ? RateSettingText(rate)
                      : absl::StrCat(name, " (", RateSettingText(rate), ")");
}

// Returns what readers should know about the bands beyond their rows.
std::string BandNotes(const SweepAnalysis& analysis) {
  std::vector<std::string> gaps;
  for (size_t group = 0; group < analysis.groups.size(); ++group) {
    if (!analysis.groups[group].band.has_value()) continue;
    const StableBand& band = *analysis.groups[group].band;
    if (band.has_gap) {
      gaps.push_back(GroupAndRate(analysis, group, *band.largest));
    }
  }
  std::string text;
  const auto add = [&](const char* what, std::vector<std::string> where) {
    if (where.empty()) return;
    if (where.size() > kMostNoted) {
      const size_t more = where.size() - kMostNoted;
      where.resize(kMostNoted);
      where.push_back(absl::StrCat("and ", more, " more"));
    }
    absl::StrAppend(&text, what, ": ", absl::StrJoin(where, "; "), "\n");
  };
  add("a rate below the largest stable one diverged", gaps);
  return text;
}

// Returns when trials diverged: "12,300", or "9,622 to 12,300" where they
// diverged at different steps.
std::string DivergenceText(const RateOutcome& outcome) {
  const std::string first = CountText(outcome.first_divergence.value_or(0));
  const std::string last = CountText(outcome.last_divergence.value_or(0));
  return first == last ? first : absl::StrCat(first, " to ", last);
}

}  // namespace

std::string BandTable(const SweepAnalysis& analysis, int width) {
  const auto column =
      [&](const char* header,
          std::function<std::string(const StableBand&)> text) -> GroupColumn {
    return {header, [&analysis, text = std::move(text)](size_t group) {
              const std::optional<StableBand>& band =
                  analysis.groups[group].band;
              return band ? text(*band) : kEmptyCell;
            }};
  };
  const auto rate = [](std::optional<double> StableBand::*of) {
    return [of](const StableBand& band) {
      return band.*of ? RateSettingText(*(band.*of)) : kEmptyCell;
    };
  };
  const bool any = absl::c_any_of(
      analysis.groups,
      [](const GroupAnalysis& group) { return group.band.has_value(); });
  if (!any) return "";
  const std::vector<GroupColumn> columns = {
      column("from", rate(&StableBand::smallest)),
      column("to", rate(&StableBand::largest)),
      column("decades",
             [](const StableBand& band) {
               return band.largest ? DecadesText(band.decades) : kEmptyCell;
             }),
      column("diverges at",
             [](const StableBand& band) {
               return band.divergent ? RateSettingText(band.divergent->rate)
                                     : kEmptyCell;
             }),
      column("at step",
             [](const StableBand& band) {
               return band.divergent ? DivergenceText(*band.divergent)
                                     : kEmptyCell;
             }),
      column("within 2x of best", [](const StableBand& band) {
        if (!band.near_low.has_value()) return std::string(kEmptyCell);
        if (band.near_low == band.near_high) {
          return RateSettingText(*band.near_low);
        }
        return absl::StrCat(RateSettingText(*band.near_low), " to ",
                            RateSettingText(*band.near_high), " (",
                            DecadesText(band.near_decades), ")");
      })};
  return absl::StrCat(
      "\nLearning rates at which every trial trained to its end\n\n",
      RenderGroups(analysis, columns, width), BandNotes(analysis));
}

}  // namespace fathom::client
