#include "client/view/plots/picture_json.h"

#include <cmath>
#include <vector>

namespace fathom::client {
namespace {

nlohmann::ordered_json Finite(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

nlohmann::ordered_json FiniteList(const std::vector<double>& values) {
  auto json = nlohmann::ordered_json::array();
  for (const double value : values) json.push_back(Finite(value));
  return json;
}

nlohmann::ordered_json LineJson(const Plot& plot, const Plot::Line& line) {
  std::vector<double> at = line.curve.at;
  for (double& x : at) x /= line.updates_per_iteration;
  nlohmann::ordered_json json = {{"label", line.label}};
  if (plot.x_scale == PlotScale::kWords) {
    auto words = nlohmann::ordered_json::array();
    for (const double x : at) {
      words.push_back(plot.x_words[static_cast<size_t>(x)]);
    }
    json["x"] = words;
  } else {
    json["x"] = FiniteList(at);
  }
  json["y"] = FiniteList(line.curve.values);
  if (!line.band.low.empty()) {
    json["low"] = FiniteList(line.band.low);
    json["high"] = FiniteList(line.band.high);
  }
  if (!line.diverged.empty()) json["diverged"] = FiniteList(line.diverged);
  return json;
}

nlohmann::ordered_json PlotJson(const Plot& plot) {
  auto panels = nlohmann::ordered_json::array();
  for (const Plot::Panel& panel : plot.panels) {
    auto lines = nlohmann::ordered_json::array();
    for (const Plot::Line& line : panel.lines) {
      lines.push_back(LineJson(plot, line));
    }
    panels.push_back({{"title", panel.title}, {"lines", lines}});
  }
  return {{"subtitle", plot.subtitle},
          {"x", plot.x_label},
          {"y", plot.y_label},
          {"left_out", plot.left_out},
          {"panels", panels}};
}

nlohmann::ordered_json HeatJson(const Heat& heat) {
  auto cells = nlohmann::ordered_json::array();
  for (const Heat::Cell& cell : heat.cells) {
    cells.push_back(
        {{"x", heat.across[cell.x]},
         {"y", heat.up[cell.y]},
         {"value", cell.value.has_value() ? Finite(*cell.value)
                                          : nlohmann::ordered_json(nullptr)},
         {"diverged", cell.diverged},
         {"finished", cell.finished}});
  }
  return {{"subtitle", heat.subtitle},
          {"x", heat.x_label},
          {"y", heat.y_label},
          {"cells", cells}};
}

}  // namespace

nlohmann::ordered_json PictureJson(const PictureSet& set) {
  auto drawn = nlohmann::ordered_json::array();
  for (const Drawing& drawing : set.drawings) {
    nlohmann::ordered_json json = {{"picture", drawing.kind}};
    if (const Plot* const plot = std::get_if<Plot>(&drawing.what)) {
      json.update(PlotJson(*plot));
    } else if (const Heat* const heat = std::get_if<Heat>(&drawing.what)) {
      json.update(HeatJson(*heat));
    }
    drawn.push_back(json);
  }
  return drawn;
}

}  // namespace fathom::client
