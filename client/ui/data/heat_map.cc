#include "client/ui/data/heat_map.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/analysis/statistics/statistics.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/sweep_json.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostPlaces = 2000;
constexpr size_t kMostHeatCells = 100'000;

const char* HowText(HeatKind kind) {
  switch (kind) {
    case HeatKind::kLoss:
      return "geometric mean of the trials that did not diverge";
    case HeatKind::kLevel:
      return "mean of the trials that did not diverge";
    case HeatKind::kSteps:
      return "median of the steps; inf where half of the trials never arrive";
    case HeatKind::kShare:
      return "share of the trials that diverged";
  }
  return "";
}

}  // namespace

HeatMap::Side HeatMap::MakeSide(const Selection& selection,
                                const AxisValues& axis) {
  Side side = {.axis = axis};
  absl::flat_hash_map<std::string, size_t> by_text;
  for (const int64_t place : selection.PlacesOf(axis, kMostPlaces + 1)) {
    const auto [known, added] =
        by_text.emplace(ValueText(axis.At(place)), side.places.size());
    if (added) side.places.push_back(place);
    side.position[place] = known->second;
  }
  return side;
}

absl::StatusOr<HeatMap> HeatMap::Create(const Selection& selection,
                                        const AxisValues& x,
                                        const AxisValues& y, HeatKind kind) {
  HeatMap map;
  map.kind_ = kind;
  map.x_ = MakeSide(selection, x);
  map.y_ = MakeSide(selection, y);
  const size_t cells = map.x_.places.size() * map.y_.places.size();
  if (map.x_.places.size() > kMostPlaces ||
      map.y_.places.size() > kMostPlaces || cells > kMostHeatCells) {
    return absl::InvalidArgumentError(
        absl::StrCat("a heat map of ", x.name, " and ", y.name, " has ",
                     map.x_.places.size(), " x ", map.y_.places.size(),
                     " cells or more, expected at most ", kMostHeatCells,
                     "; choose fewer values with where"));
  }
  map.cells_.resize(cells);
  return map;
}

void HeatMap::Add(int64_t trial, bool diverged, std::optional<double> value) {
  const auto x = x_.position.find(x_.axis.PlaceOf(trial));
  const auto y = y_.position.find(y_.axis.PlaceOf(trial));
  if (x == x_.position.end() || y == y_.position.end()) return;
  Cell& cell = cells_[y->second * x_.places.size() + x->second];
  ++cell.trials;
  if (diverged) ++cell.diverged;
  if (kind_ == HeatKind::kSteps) {
    cell.steps.push_back(static_cast<float>(value.value_or(INFINITY)));
    return;
  }
  if (diverged || !value.has_value() || !std::isfinite(*value)) return;
  ++cell.counted;
  cell.sum += *value;
  if (*value > 0) {
    cell.logs += std::log(*value);
  } else {
    cell.positive = false;
  }
}

nlohmann::ordered_json HeatMap::ValueOf(const Cell& cell) const {
  if (cell.trials == 0) return nullptr;
  const auto count = static_cast<double>(cell.counted);
  switch (kind_) {
    case HeatKind::kShare:
      return static_cast<double>(cell.diverged) /
             static_cast<double>(cell.trials);
    case HeatKind::kSteps: {
      std::vector<double> steps(cell.steps.begin(), cell.steps.end());
      std::sort(steps.begin(), steps.end());
      const double low = steps[(steps.size() - 1) / 2];
      const double high = steps[steps.size() / 2];
      return NumberJson(std::isinf(high) ? high : (low + high) / 2);
    }
    case HeatKind::kLoss:
    case HeatKind::kLevel:
      break;
  }
  if (cell.counted == 0) {
    // All of them diverged, or nothing is known.
    return cell.diverged == cell.trials ? nlohmann::ordered_json("inf")
                                        : nlohmann::ordered_json(nullptr);
  }
  // A zero makes the geometric mean zero, and below zero there is none.
  if (kind_ == HeatKind::kLoss && cell.positive) {
    return NumberJson(std::exp(cell.logs / count));
  }
  return NumberJson(cell.sum / count);
}

nlohmann::ordered_json HeatMap::SideJson(const Side& side) {
  nlohmann::ordered_json values = nlohmann::ordered_json::array();
  for (const int64_t place : side.places) {
    values.push_back(AxisValueJson(side.axis.At(place)));
  }
  return {
      {"axis", side.axis.name}, {"values", values}, {"log", side.axis.IsLog()}};
}

nlohmann::ordered_json HeatMap::Json(const std::string& value,
                                     double done) const {
  nlohmann::ordered_json cells = nlohmann::ordered_json::array();
  nlohmann::ordered_json trials = nlohmann::ordered_json::array();
  nlohmann::ordered_json diverged = nlohmann::ordered_json::array();
  const size_t columns = x_.places.size();
  for (size_t y = 0; y < y_.places.size(); ++y) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    nlohmann::ordered_json counts = nlohmann::ordered_json::array();
    nlohmann::ordered_json shares = nlohmann::ordered_json::array();
    for (size_t x = 0; x < columns; ++x) {
      const Cell& cell = cells_[y * columns + x];
      row.push_back(ValueOf(cell));
      counts.push_back(cell.trials);
      shares.push_back(
          cell.trials == 0
              ? nlohmann::ordered_json(nullptr)
              : nlohmann::ordered_json(static_cast<double>(cell.diverged) /
                                       static_cast<double>(cell.trials)));
    }
    cells.push_back(row);
    trials.push_back(counts);
    diverged.push_back(shares);
  }
  return {{"x", SideJson(x_)},
          {"y", SideJson(y_)},
          {"value", value},
          {"log", kind_ == HeatKind::kLoss || kind_ == HeatKind::kSteps},
          {"how", HowText(kind_)},
          {"cells", cells},
          {"trials", trials},
          {"diverged", diverged},
          {"done", done}};
}

}  // namespace fathom::client
