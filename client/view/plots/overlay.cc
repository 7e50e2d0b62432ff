#include "client/view/plots/overlay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

bool SameValue(const v1::Value& a, const v1::Value& b) {
  return ValueText(a) == ValueText(b);
}

// Returns whether no axis has different values in the two maps.
bool Agree(const Plot::Settings& settings, const Plot::Settings& others) {
  return absl::c_all_of(settings, [&](const auto& setting) {
    const auto other = others.find(setting.first);
    return other == others.end() || SameValue(setting.second, other->second);
  });
}

absl::Status CheckAxes(const Overlay& overlay, const Plot& plot) {
  for (const OverlayCurve& curve : overlay.curves) {
    for (const auto& [path, value] : curve.settings) {
      if (absl::c_linear_search(plot.by, path)) continue;
      std::vector<std::string> names;
      for (const std::string& by : plot.by) names.push_back(ShortFieldName(by));
      return absl::InvalidArgumentError(absl::StrCat(
          overlay.source, ": found the axis ", path, ", expected ",
          names.empty() ? "none, as the picture has a single curve"
                        : absl::StrCat("one by which sweep ", plot.sweep,
                                       " is summarized (",
                                       absl::StrJoin(names, ", "), ")")));
    }
  }
  return absl::OkStatus();
}

// Returns the only line of the panel that agrees in all settings of the curve;
// nothing when none agrees or several do.
std::optional<size_t> LineOf(const OverlayCurve& curve,
                             const Plot::Panel& panel) {
  std::optional<size_t> line;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!Agree(curve.settings, panel.lines[l].settings)) continue;
    if (line.has_value()) return std::nullopt;
    line = l;
  }
  return line;
}

// Returns the label of a curve: "1-layer (published, 4.4 steps/iteration, +
// 0.001)".
std::string LabelOf(const OverlayCurve& curve, double updates) {
  std::string label = absl::StrCat(curve.name, " (published");
  if (updates != 1) {
    absl::StrAppend(&label, ", ", NumberText(updates), " steps/iteration");
  }
  if (curve.offset != 0) {
    absl::StrAppend(&label, curve.offset < 0 ? ", - " : ", + ",
                    NumberText(std::abs(curve.offset)));
  }
  return label + ")";
}

// Adds the curves that belong to the panel, and their updates per iteration to
// its lines.
void AddToPanel(const Overlay& overlay, std::optional<double> updates,
                Plot::Panel* panel) {
  for (const OverlayCurve& curve : overlay.curves) {
    if (!Agree(curve.settings, panel->settings)) continue;
    const double factor = updates.value_or(curve.updates_per_iteration);
    Plot::Mark mark{.label = LabelOf(curve, factor),
                    .line = LineOf(curve, *panel),
                    .steps = curve.iterations,
                    .values = curve.values};
    for (double& value : mark.values) value += curve.offset;
    if (mark.line.has_value()) {
      panel->lines[*mark.line].updates_per_iteration = factor;
    }
    panel->marks.push_back(std::move(mark));
  }
}

}  // namespace

absl::Status AddOverlay(const Overlay& overlay,
                        std::optional<double> updates_per_iteration,
                        Plot* plot) {
  if (absl::Status status = CheckAxes(overlay, *plot); !status.ok()) {
    return status;
  }
  std::set<double> factors;
  for (const OverlayCurve& curve : overlay.curves) {
    factors.insert(updates_per_iteration.value_or(curve.updates_per_iteration));
  }
  if (factors.empty()) return absl::OkStatus();
  const bool divided = *factors.rbegin() != 1 || *factors.begin() != 1;
  if (divided) plot->x_label = "published iteration";
  for (Plot::Panel& panel : plot->panels) {
    for (Plot::Line& line : panel.lines) {
      line.updates_per_iteration = *factors.begin();
      if (divided) line.crossing.reset();
    }
    if (divided) panel.reference.reset();
    AddToPanel(overlay, updates_per_iteration, &panel);
  }
  return absl::OkStatus();
}

}  // namespace fathom::client
