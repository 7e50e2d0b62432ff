#include "client/view/plots/compared_picture.h"

#include <cstddef>
#include <map>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/view/plots/plot_style.h"

namespace fathom::client {
namespace {

constexpr size_t kMostComparedLines = 32;

// Numbers of the names of lines, which choose colours.
using Colours = std::map<std::string, size_t>;

void AddLines(const Plot::Panel& from, const std::string& name, bool dashed,
              Colours* colours, Plot::Panel* to) {
  for (Plot::Line line : from.lines) {
    line.label =
        line.label.empty() ? name : absl::StrCat(name, ": ", line.label);
    line.dashed = dashed;
    line.colour = colours->emplace(line.name, colours->size()).first->second;
    // Both sides would have references of their own.
    line.crossing.reset();
    to->lines.push_back(std::move(line));
  }
}

}  // namespace

Plot ComparedPlot(const Plot& first, const std::string& first_name,
                  const Plot& second, const std::string& second_name) {
  Plot plot = first;
  plot.name = absl::StrCat(first_name, " and ", second_name);
  plot.subtitle = absl::StrCat(first.subtitle, ", ", second_name, " dashed");
  plot.panels.clear();
  plot.left_out = first.left_out + second.left_out;
  Colours colours;
  const auto add = [&](const Plot& side, const std::string& name, bool dashed) {
    for (const Plot::Panel& panel : side.panels) {
      auto own = absl::c_find_if(plot.panels, [&](const Plot::Panel& other) {
        return other.title == panel.title;
      });
      if (own == plot.panels.end()) {
        plot.panels.push_back(
            {.title = panel.title, .settings = panel.settings});
        own = plot.panels.end() - 1;
      }
      AddLines(panel, name, dashed, &colours, &*own);
    }
  };
  add(first, first_name, false);
  add(second, second_name, true);
  CutPlot(kMostComparedLines, &plot);
  return plot;
}

}  // namespace fathom::client
