#include "client/view/plots/profile_script.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/view/format.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_layout.h"
#include "client/view/plots/plot_style.h"
#include "client/view/table.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kProfileColumns = 3;
constexpr int kProfileWidth = 420;
constexpr int kPanelHeight = 360;
constexpr int kProfileTitleHeight = 60;  // Height with one line.
constexpr int kProfileTitleRow = 20;     // Height of each further line.
constexpr double kProfileLetter = 9.2;

bool IsDrawn(const AtGoal& at) {
  return at.speed_up.has_value() &&
         at.speed_up->kind == Bounded::Kind::kExact && at.speed_up->value > 0;
}

bool IsDrawn(const Racer& racer) {
  return absl::c_any_of(racer.at, [](const AtGoal& at) { return IsDrawn(at); });
}

std::vector<const Race*> PanelsOf(const SweepAnalysis& analysis) {
  std::vector<const Race*> panels;
  for (const Race& race : analysis.races) {
    if (panels.size() == kMostPanels) break;
    if (absl::c_any_of(race.racers,
                       [](const Racer& racer) { return IsDrawn(racer); })) {
      panels.push_back(&race);
    }
  }
  return panels;
}

// Returns a gnuplot block of goals, speed-ups, and the ends of their intervals.
std::string Block(const std::string& name, const Race& race,
                  const Racer& racer) {
  std::string text = absl::StrCat("$", name, " << EOD\n");
  for (size_t k = 0; k < racer.at.size(); ++k) {
    const AtGoal& at = racer.at[k];
    if (!IsDrawn(at)) continue;
    const double value = at.speed_up->value;
    const Interval ends = at.interval.value_or(Interval{value, value});
    absl::StrAppend(&text, NumberText(race.goals[k]), " ", NumberText(value),
                    " ", NumberText(ends.low), " ", NumberText(ends.high),
                    "\n");
  }
  return absl::StrCat(text, "EOD\n");
}

// Returns the range that the axis of speed-ups must show, which includes 1.
// Bands may be cut off, so that one wide interval does not flatten all lines.
std::pair<double, double> RangeOfRace(const Race& race) {
  double low = 1;
  double high = 1;
  for (const Racer& racer : race.racers) {
    for (const AtGoal& at : racer.at) {
      if (!IsDrawn(at)) continue;
      low = std::min(low, at.speed_up->value);
      high = std::max(high, at.speed_up->value);
    }
  }
  return {low / 1.25, high * 1.25};
}

std::string Panel(const Race& race, size_t p, const SweepAnalysis& analysis) {
  const auto [low, high] = RangeOfRace(race);
  std::vector<std::string> bands = {
      "1 with lines linewidth 1 linecolor rgb \"#777777\" notitle"};
  std::vector<std::string> lines;
  const size_t count = race.racers.size() - 1;
  for (size_t i = 1; i < race.racers.size(); ++i) {
    const Racer& racer = race.racers[i];
    if (!IsDrawn(racer)) continue;
    const std::string block = absl::StrCat("$profile_", p, "_", i);
    const std::string colour = LineColour(i - 1, count);
    bands.push_back(absl::StrCat(
        block,
        " using 1:3:4 with filledcurves fillstyle transparent solid 0.2 "
        "noborder linecolor rgb \"",
        colour, "\" notitle"));
    lines.push_back(absl::StrCat(
        block,
        " using 1:2 with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
        "linecolor rgb \"",
        colour, "\" title ",
        GnuplotString(absl::StrCat("depth ", racer.depth.value_or(1)))));
  }
  bands.insert(bands.end(), lines.begin(), lines.end());
  const std::string family = SettingsText(race.axes, race.values);
  return absl::StrCat(
      "set title ", GnuplotString(family), "\nset xrange [",
      NumberText(race.goals.front() * 1.1), ":",
      NumberText(race.goals.back() / 1.1), "]\nset yrange [", NumberText(low),
      ":", NumberText(high), "]\nset xtics (",
      TickList(LogTicks(race.goals.back() / 1.1, race.goals.front() * 1.1)),
      ")\nset ytics (", TickList(LogTicks(low, high)), ")\nset xlabel ",
      GnuplotString(
          absl::StrCat("goal: ", FactsOf(analysis.summary.metric).label)),
      "\nset ylabel ",
      GnuplotString(absl::StrCat("times faster than depth ",
                                 race.racers[0].depth.value_or(1))),
      "\nplot ", absl::StrJoin(bands, ", \\\n  "), "\n");
}

// Returns the text above all panels, in lines of at most `letters` characters.
std::vector<std::string> TitleLines(const v1::Sweep& sweep, bool intervals,
                                    int letters) {
  const std::string number = absl::StrCat(" (sweep ", sweep.sweep_id(), "):");
  const std::string text = absl::StrCat(
      Shortened(sweep.spec().name(), letters - DisplayWidth(number)), number,
      " speed-up by goal, each depth at its best setting for the goal",
      intervals ? ", bands: 95\u00a0% intervals" : "");
  std::vector<std::string> lines =
      absl::StrSplit(WrapLines(text, letters), '\n');
  for (std::string& line : lines) absl::StripLeadingAsciiWhitespace(&line);
  return lines;
}

bool HasIntervals(const std::vector<const Race*>& panels) {
  return absl::c_any_of(panels, [](const Race* race) {
    return absl::c_any_of(race->racers, [](const Racer& racer) {
      return absl::c_any_of(
          racer.at, [](const AtGoal& at) { return at.interval.has_value(); });
    });
  });
}

}  // namespace

bool HasProfile(const SweepAnalysis& analysis) {
  return !PanelsOf(analysis).empty();
}

std::string ProfileScript(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                          PictureFormat format, const std::string& output) {
  const std::vector<const Race*> panels = PanelsOf(analysis);
  const size_t columns = std::min(panels.size(), kProfileColumns);
  const size_t rows = (panels.size() + columns - 1) / columns;
  const int width = static_cast<int>(columns) * kProfileWidth;
  std::vector<std::string> title = TitleLines(
      sweep, HasIntervals(panels), static_cast<int>(width / kProfileLetter));
  const int title_height =
      kProfileTitleHeight +
      kProfileTitleRow * (static_cast<int>(title.size()) - 1);
  for (std::string& line : title) line = GnuplotString(line);
  std::string script = absl::StrCat(
      PlotTerminal(format, width,
                   static_cast<int>(rows) * kPanelHeight + title_height),
      "set output ", GnuplotString(output), "\n", PlotStyle(),
      "set logscale xy\nset key below center horizontal\nset bmargin 5.5\n");
  for (size_t p = 0; p < panels.size(); ++p) {
    for (size_t i = 1; i < panels[p]->racers.size(); ++i) {
      script += Block(absl::StrCat("profile_", p, "_", i), *panels[p],
                      panels[p]->racers[i]);
    }
  }
  absl::StrAppend(&script, "set multiplot layout ", rows, ",", columns,
                  " title ", absl::StrJoin(title, ".\"\\n\"."),
                  " font \",13\"\n");
  for (size_t p = 0; p < panels.size(); ++p) {
    script += Panel(*panels[p], p, analysis);
  }
  return script + "unset multiplot\nset output\n";
}

}  // namespace fathom::client
