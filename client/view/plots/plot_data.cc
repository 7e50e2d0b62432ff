#include "client/view/plots/plot_data.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/view/plots/plot_axes.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

void AddLine(const Plot& plot, const Plot::Line& line, const PlotRange& range,
             std::string* text) {
  for (size_t i = 0; i < line.curve.at.size(); ++i) {
    if (!HasPlace(line.curve.values[i], plot.y_scale)) {
      // Between values of an axis a line is broken; curves of steps only have a
      // point less.
      if (!HasSteps(plot)) *text += "\n";
      continue;
    }
    const double x = line.curve.at[i] / line.updates_per_iteration;
    absl::StrAppend(text, NumberText(PlaceOn(x, plot.x_scale)), " ",
                    NumberText(line.curve.values[i]));
    if (!line.band.low.empty()) {
      // An end that is no number is that of a value near the largest one.
      const auto within = [&](double end) {
        return std::isnan(end) ? range.high
                               : std::clamp(end, range.low, range.high);
      };
      absl::StrAppend(text, " ", NumberText(within(line.band.low[i])), " ",
                      NumberText(within(line.band.high[i])));
    }
    *text += "\n";
  }
}

void AddMark(const Plot& plot, const Plot::Mark& mark, std::string* text) {
  for (size_t i = 0; i < mark.steps.size(); ++i) {
    if (!HasPlace(mark.values[i], plot.y_scale)) continue;
    absl::StrAppend(text, NumberText(PlaceOn(mark.steps[i], plot.x_scale)), " ",
                    NumberText(mark.values[i]), "\n");
  }
}

// Returns the height of the crosses of line `l`. Those of the next line are a
// little lower, so that both are seen where both diverged.
double RimOf(const Plot& plot, const PlotRange& range, size_t l) {
  constexpr double kBetween = 0.03;
  constexpr double kLowest = 0.6;
  const double share = std::max(1 - kBetween * static_cast<double>(l), kLowest);
  if (plot.y_scale == PlotScale::kLog) {
    return std::exp(std::log(range.low) * (1 - share) +
                    std::log(range.high) * share);
  }
  return range.low * (1 - share) + range.high * share;
}

bool Crosses(const Plot::Panel& panel, const Plot::Line& line) {
  return line.crossing.has_value() && panel.reference.has_value();
}

// Adds the steps that depth saved: the piece of the reference from the first
// crossing to where the shallowest depth gets there, and the crossings
// themselves.
void AddSaved(const Plot::Panel& panel, size_t p, PlotScale scale,
              std::string* text) {
  if (!HasSaved(panel)) return;
  const std::string reference = NumberText(*panel.reference);
  std::optional<double> first;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!Crosses(panel, panel.lines[l])) continue;
    const double place = PlaceOn(*panel.lines[l].crossing, scale);
    first = std::min(first.value_or(place), place);
    absl::StrAppend(text, "$cross_", p, "_", l, " << EOD\n", NumberText(place),
                    " ", reference, "\nEOD\n");
  }
  absl::StrAppend(text, "$saved_", p, " << EOD\n", NumberText(*first), " ",
                  reference, "\n",
                  NumberText(PlaceOn(panel.reference_step, scale)), " ",
                  reference, "\nEOD\n");
}

}  // namespace

bool HasSteps(const Plot& plot) {
  return plot.x_scale == PlotScale::kLogSteps ||
         plot.x_scale == PlotScale::kLinearSteps;
}

bool HasPoint(const Plot::Line& line, PlotScale scale) {
  return absl::c_any_of(line.curve.values,
                        [&](double value) { return HasPlace(value, scale); });
}

bool HasPoint(const Plot::Mark& mark, PlotScale scale) {
  return absl::c_any_of(mark.values,
                        [&](double value) { return HasPlace(value, scale); });
}

bool HasSaved(const Plot::Panel& panel) {
  return absl::c_any_of(panel.lines, [&](const Plot::Line& line) {
    return Crosses(panel, line);
  });
}

std::string PlotData(const Plot& plot) {
  std::string text;
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    const Plot::Panel& panel = plot.panels[p];
    const PlotRange range = RangeOf(plot, p);
    for (size_t l = 0; l < panel.lines.size(); ++l) {
      absl::StrAppend(&text, "$curve_", p, "_", l, " << EOD\n");
      AddLine(plot, panel.lines[l], range, &text);
      absl::StrAppend(&text, "EOD\n$rim_", p, "_", l, " << EOD\n");
      for (const double x : panel.lines[l].diverged) {
        absl::StrAppend(&text, NumberText(PlaceOn(x, plot.x_scale)), " ",
                        NumberText(RimOf(plot, range, l)), "\n");
      }
      text += "EOD\n";
    }
    for (size_t m = 0; m < panel.marks.size(); ++m) {
      absl::StrAppend(&text, "$mark_", p, "_", m, " << EOD\n");
      AddMark(plot, panel.marks[m], &text);
      text += "EOD\n";
    }
    AddSaved(panel, p, plot.x_scale, &text);
  }
  return text;
}

}  // namespace fathom::client
