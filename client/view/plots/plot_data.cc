#include "client/view/plots/plot_data.h"

#include <algorithm>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/view/plots/plot_axes.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

void AddLine(const Plot::Line& line, const PlotRange& range, bool linear,
             std::string* text) {
  for (size_t i = 0; i < line.curve.steps.size(); ++i) {
    if (!(line.curve.values[i] > 0)) continue;
    const double step =
        static_cast<double>(line.curve.steps[i]) / line.updates_per_iteration;
    absl::StrAppend(text, NumberText(StepPlace(step, linear)), " ",
                    NumberText(line.curve.values[i]));
    if (!line.band.low.empty()) {
      absl::StrAppend(text, " ",
                      NumberText(std::max(line.band.low[i], range.low)), " ",
                      NumberText(std::max(line.band.high[i], range.low)));
    }
    *text += "\n";
  }
}

void AddMark(const Plot::Mark& mark, bool linear, std::string* text) {
  for (size_t i = 0; i < mark.steps.size(); ++i) {
    if (!(mark.values[i] > 0)) continue;
    absl::StrAppend(text, NumberText(StepPlace(mark.steps[i], linear)), " ",
                    NumberText(mark.values[i]), "\n");
  }
}

bool Crosses(const Plot::Panel& panel, const Plot::Line& line) {
  return line.crossing.has_value() && panel.reference.has_value();
}

// Adds the steps that depth saved: the piece of the reference from the first
// crossing to where the shallowest depth gets there, and the crossings
// themselves.
void AddSaved(const Plot::Panel& panel, size_t p, bool linear,
              std::string* text) {
  if (!HasSaved(panel)) return;
  const std::string reference = NumberText(*panel.reference);
  std::optional<double> first;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!Crosses(panel, panel.lines[l])) continue;
    const double place = StepPlace(*panel.lines[l].crossing, linear);
    first = std::min(first.value_or(place), place);
    absl::StrAppend(text, "$cross_", p, "_", l, " << EOD\n", NumberText(place),
                    " ", reference, "\nEOD\n");
  }
  absl::StrAppend(text, "$saved_", p, " << EOD\n", NumberText(*first), " ",
                  reference, "\n",
                  NumberText(StepPlace(panel.reference_step, linear)), " ",
                  reference, "\nEOD\n");
}

}  // namespace

bool HasPoint(const Plot::Line& line) {
  return absl::c_any_of(line.curve.values,
                        [](double value) { return value > 0; });
}

bool HasPoint(const Plot::Mark& mark) {
  return absl::c_any_of(mark.values, [](double value) { return value > 0; });
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
    const PlotRange range = RangeOf(panel);
    for (size_t l = 0; l < panel.lines.size(); ++l) {
      absl::StrAppend(&text, "$curve_", p, "_", l, " << EOD\n");
      AddLine(panel.lines[l], range, plot.linear_steps, &text);
      text += "EOD\n";
    }
    for (size_t m = 0; m < panel.marks.size(); ++m) {
      absl::StrAppend(&text, "$mark_", p, "_", m, " << EOD\n");
      AddMark(panel.marks[m], plot.linear_steps, &text);
      text += "EOD\n";
    }
    AddSaved(panel, p, plot.linear_steps, &text);
  }
  return text;
}

}  // namespace fathom::client
