#include "client/view/plots/picture.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/plot_bands.h"
#include "client/view/plots/plot_style.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kMostLines = 32;  // Of one panel.
constexpr char kDepthAxis[] = "depth";

// Says which of the axes in `by` tell lines apart; the other axes tell panels
// apart.
class LineAxes {
 public:
  LineAxes(const v1::SweepSpec& spec, const SweepSummary& summary,
           const std::vector<std::string>& panels)
      : by_(summary.by), is_line_(by_.size(), false), short_(spec) {
    if (by_.empty()) return;
    if (!panels.empty()) {
      for (size_t i = 0; i < by_.size(); ++i) {
        is_line_[i] = absl::c_none_of(panels, [&](const std::string& panel) {
          return FullName(panel) == FullName(by_[i]);
        });
      }
      return;
    }
    const auto depth = absl::c_find(by_, kDepthAxis);
    const std::string& main = depth == by_.end() ? by_.back() : *depth;
    for (size_t i = 0; i < by_.size(); ++i) {
      is_line_[i] = by_[i] == main || MoveTogether(spec, by_[i], main);
    }
  }

  // Returns a key that tells panels apart.
  std::string PanelKey(const std::vector<v1::Value>& group) const {
    std::string key;
    for (size_t i = 0; i < by_.size(); ++i) {
      if (!is_line_[i]) absl::StrAppend(&key, ValueText(group[i]), "\n");
    }
    return key;
  }

  // Returns the title of a panel: "lp = 4, std = 0.1".
  std::string PanelTitle(const std::vector<v1::Value>& group) const {
    std::vector<std::string> axes;
    std::vector<std::string> values;
    for (size_t i = 0; i < by_.size(); ++i) {
      if (is_line_[i]) continue;
      axes.push_back(by_[i]);
      values.push_back(short_.Text(by_[i], group[i]));
    }
    return SettingsText(axes, values);
  }

  // Returns the name of a line: "depth 2", "optimizer adam, depth 1".
  std::string LineName(const std::vector<v1::Value>& group) const {
    std::vector<std::string> parts;
    for (size_t i = 0; i < by_.size(); ++i) {
      if (!is_line_[i]) continue;
      parts.push_back(AxisAndValue(by_[i], group[i]));
    }
    return absl::StrJoin(parts, ", ");
  }

  // Returns the values of a group by full path: those of all axes, or with
  // `of_panel` of the axes that tell panels apart.
  Plot::Settings SettingsOf(const std::vector<v1::Value>& group,
                            bool of_panel) const {
    Plot::Settings settings;
    for (size_t i = 0; i < by_.size(); ++i) {
      if (of_panel && is_line_[i]) continue;
      settings[ResolveAxisField(by_[i]).value_or(by_[i])] = group[i];
    }
    return settings;
  }

  // Returns a value with its axis: "learning rate 0.01".
  std::string AxisAndValue(const std::string& axis,
                           const v1::Value& value) const {
    return absl::StrCat(AxisLabel(axis), " ", short_.Text(axis, value));
  }

  // Returns the axes that tell lines apart: "depth", "optimizer and depth";
  // empty without axes.
  std::string Names() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < by_.size(); ++i) {
      if (is_line_[i]) names.push_back(AxisLabel(by_[i]));
    }
    return absl::StrJoin(names, " and ");
  }

 private:
  static std::string FullName(const std::string& axis) {
    return ResolveAxisField(axis).value_or(axis);
  }
  static bool MoveTogether(const v1::SweepSpec& spec, const std::string& a,
                           const std::string& b) {
    return absl::c_any_of(spec.axes(), [&](const v1::AxisGroup& group) {
      const auto has = [&](const std::string& name) {
        return absl::c_any_of(group.axes(), [&](const v1::Axis& axis) {
          return ShortFieldName(axis.field()) == name;
        });
      };
      return has(a) && has(b);
    });
  }

  const std::vector<std::string>& by_;
  std::vector<bool> is_line_;
  const ShortSettings short_;
};

// The position of a row's line in the plot.
struct Place {
  size_t panel = 0;
  size_t line = 0;
};

// Returns where the setting that is drawn for row `r` lies in the grid.
const std::vector<AxisEdge>& EdgesOfRow(const SweepAnalysis& analysis,
                                        size_t r) {
  for (const Race& race : analysis.races) {
    for (const Racer& racer : race.racers) {
      if (static_cast<size_t>(racer.group) == r && racer.quoted) {
        return racer.edges;
      }
    }
  }
  return analysis.groups[r].edges;
}

// Returns " (largest tried)" or " (smallest tried)" for a value at an edge,
// beyond which there may be a better one; otherwise "".
std::string EdgeMark(const std::vector<AxisEdge>& edges,
                     const std::string& axis) {
  for (const AxisEdge& edge : edges) {
    if (edge.axis != axis || edge.is_tied()) continue;
    if (edge.kind == AxisEdge::Kind::kSmallest) return " (smallest tried)";
    if (edge.kind == AxisEdge::Kind::kLargest) return " (largest tried)";
  }
  return "";
}

Plot::Line MakeLine(const SweepAnalysis& analysis, size_t r,
                    const LineAxes& axes) {
  const SweepSummary& summary = analysis.summary;
  const SummaryRow& row = summary.rows[r];
  const std::vector<AxisEdge>& edges = EdgesOfRow(analysis, r);
  Plot::Line line{.name = axes.LineName(row.group),
                  .settings = axes.SettingsOf(row.group, false),
                  .curve = PointsOf(row.curve)};
  std::vector<std::string> label;
  if (!line.name.empty()) label.push_back(line.name);
  for (size_t i = 0; i < row.shown_values.size(); ++i) {
    label.push_back(absl::StrCat(
        axes.AxisAndValue(summary.best_over[i], row.shown_values[i]),
        EdgeMark(edges, summary.best_over[i])));
  }
  line.label = absl::StrJoin(label, ", ");
  return line;
}

// Marks where the deeper curves get to the lowest quoted goal before the
// reference does.
void MarkCrossings(const SweepAnalysis& analysis,
                   const std::map<size_t, Place>& places, Plot* plot) {
  for (const Race& race : analysis.races) {
    const Racer& reference = race.racers.front();
    const auto base = places.find(reference.group);
    if (base == places.end() || !reference.quoted || race.racers.size() < 2) {
      continue;
    }
    Plot::Panel& panel = plot->panels[base->second.panel];
    if (panel.reference.has_value()) continue;
    panel.reference = race.goals[*reference.quoted];
    panel.reference_step = reference.at[*reference.quoted].median;
    for (const Racer& racer : race.racers) {
      const auto place = places.find(racer.group);
      if (place == places.end() || racer.quoted != reference.quoted) continue;
      const AtGoal& at = racer.at[*racer.quoted];
      if (at.verdict != Verdict::kFaster) continue;
      panel.lines[place->second.line].crossing = at.median;
    }
  }
}

std::string Subtitle(const SweepSummary& summary, const LineAxes& axes,
                     BandKind bands) {
  std::vector<std::string> mean;
  for (const std::string& axis : summary.average_over) {
    mean.push_back(AxisLabel(axis));
  }
  const std::string names = axes.Names();
  return absl::StrCat(
      summary.best_over.empty()
          ? "one curve per setting"
          : absl::StrCat("best setting",
                         names.empty() ? "" : absl::StrCat(" per ", names)),
      mean.empty() ? ""
                   : absl::StrCat(", mean over ", absl::StrJoin(mean, " and ")),
      BandText(bands));
}

std::vector<const CurveSet*> CurvesOf(const SweepSummary& summary) {
  std::vector<const CurveSet*> curves;
  for (const SummaryRow& row : summary.rows) curves.push_back(&row.curves);
  return curves;
}

}  // namespace

Plot::Points PointsOf(const Curve& curve) {
  return {.at = {curve.steps.begin(), curve.steps.end()},
          .values = curve.values};
}

void CutPlot(size_t most_lines, Plot* plot) {
  for (size_t p = 0; p < plot->panels.size(); ++p) {
    std::vector<Plot::Line>& lines = plot->panels[p].lines;
    const size_t kept =
        p < kMostPanels ? std::min(lines.size(), most_lines) : 0;
    plot->left_out += static_cast<int>(lines.size() - kept);
    lines.resize(kept);
  }
  if (plot->panels.size() > kMostPanels) plot->panels.resize(kMostPanels);
}

Plot MakePlot(const v1::Sweep& sweep, const SweepAnalysis& analysis,
              const PlotChoice& choice) {
  const SweepSummary& summary = analysis.summary;
  const LineAxes axes(sweep.spec(), summary, choice.panels);
  const BandKind bands = BandKindOf(CurvesOf(summary), choice.band);
  Plot plot;
  plot.name = sweep.spec().name();
  plot.sweep = sweep.sweep_id();
  plot.subtitle = Subtitle(summary, axes, bands);
  plot.x_label = "step";
  const char* const title = FactsOf(summary.metric).title;
  plot.y_label = title != nullptr ? title : MetricLabel(summary.metric);
  plot.x_scale =
      choice.log_x.value_or(sweep.spec().trial().record().spacing() !=
                            v1::RECORD_SPACING_LINEAR)
          ? PlotScale::kLogSteps
          : PlotScale::kLinearSteps;
  plot.y_scale =
      choice.log_y.value_or(true) ? PlotScale::kLog : PlotScale::kLinear;
  for (const std::string& axis : summary.by) {
    plot.by.push_back(ResolveAxisField(axis).value_or(axis));
  }
  std::map<std::string, size_t> panel_of;
  std::map<size_t, Place> places;
  for (size_t r = 0; r < summary.rows.size(); ++r) {
    const SummaryRow& row = summary.rows[r];
    if (row.curve.steps.empty()) continue;
    const auto [found, added] =
        panel_of.emplace(axes.PanelKey(row.group), plot.panels.size());
    if (added) {
      plot.panels.push_back({.title = axes.PanelTitle(row.group),
                             .settings = axes.SettingsOf(row.group, true)});
    }
    std::vector<Plot::Line>& lines = plot.panels[found->second].lines;
    if (lines.size() == kMostLines) {
      ++plot.left_out;
      continue;
    }
    places[r] = {found->second, lines.size()};
    lines.push_back(MakeLine(analysis, r, axes));
    lines.back().band = MakeBand(row.curves, bands);
  }
  MarkCrossings(analysis, places, &plot);
  CutPlot(kMostLines, &plot);
  return plot;
}

}  // namespace fathom::client
