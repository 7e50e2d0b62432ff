#include "client/view/plots/heat.h"

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/format.h"
#include "client/view/plots/cell_words.h"
#include "client/view/plots/plot_style.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr size_t kMostCells = 64;  // Along an axis.
constexpr size_t kHeatShades = 101;

// Values that differ in their exact text only, as steps of a grid do, have
// short names of their own.
struct HeatPlaces {
  std::vector<std::string> exact = {};
  std::vector<std::string> shown = {};
};

// Returns the place of a value, which is added where it is new. Groups are in
// the order of their axes, and so are the places.
size_t HeatPlaceOf(const ShortSettings& names, const std::string& axis,
                   const v1::Value& value, HeatPlaces* places) {
  const std::string text = SettingText(value);
  const auto found = absl::c_find(places->exact, text);
  if (found != places->exact.end()) return found - places->exact.begin();
  places->exact.push_back(text);
  places->shown.push_back(names.Text(axis, value));
  return places->exact.size() - 1;
}

absl::Status ChooseColours(std::optional<bool> log, Heat* heat) {
  if (heat->is_share) {
    if (log.value_or(false)) {
      return absl::InvalidArgumentError(
          "--log: found x,y or y for shares, expected none: a share may be 0");
    }
    heat->low = 0;
    heat->high = 1;
    return absl::OkStatus();
  }
  for (const Heat::Cell& cell : heat->cells) {
    if (!cell.value.has_value()) continue;
    heat->low = std::min(heat->low.value_or(*cell.value), *cell.value);
    heat->high = std::max(heat->high.value_or(*cell.value), *cell.value);
  }
  const bool can = heat->low.value_or(1) > 0;
  if (log.value_or(false) && !can) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--log: found values down to ", HeatNumber(*heat, *heat->low),
        ", expected values above 0 for logarithmic colours"));
  }
  heat->logarithmic = log.value_or(can);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Heat> MakeHeat(const v1::Sweep& sweep, const CellTable& table,
                              std::optional<bool> log) {
  if (table.by.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("--heat: found ", table.by.size(), " axes to draw by",
                     ", expected two"));
  }
  const ShortSettings names(sweep.spec());
  HeatPlaces across;
  HeatPlaces up;
  Heat heat = {
      .name = sweep.spec().name(),
      .sweep = sweep.sweep_id(),
      .subtitle = absl::StrCat(QuantityLabel(table), ChoiceText(table)),
      .x_label = AxisLabel(table.by[0]),
      .y_label = AxisLabel(table.by[1]),
      .is_share = table.question.quantity == Quantity::kDiverged};
  int64_t finished = 0;
  for (const Cell& from : table.cells) {
    Heat::Cell& cell = heat.cells.emplace_back();
    cell.x = HeatPlaceOf(names, table.by[0], from.group[0], &across);
    cell.y = HeatPlaceOf(names, table.by[1], from.group[1], &up);
    cell.diverged = DivergedShare(from.counts).value_or(0);
    cell.finished = from.counts.finished;
    finished += cell.finished;
    if (from.value.has_value() && std::isfinite(*from.value)) {
      cell.value = from.value;
    }
    if (across.exact.size() > kMostCells || up.exact.size() > kMostCells) {
      return absl::InvalidArgumentError(
          absl::StrCat("--heat: expected at most ", kMostCells,
                       " values of each axis; --where leaves some out"));
    }
  }
  if (finished == 0) {
    return absl::FailedPreconditionError(
        "no picture: no trial of these is finished");
  }
  heat.across = across.shown;
  heat.up = up.shown;
  RETURN_IF_ERROR(ChooseColours(log, &heat));
  return heat;
}

double HeatShare(const Heat& heat, double value) {
  if (!heat.low.has_value() || *heat.high == *heat.low) return 0;
  // Halves, because the distance of two doubles may be more than one.
  const double share =
      heat.logarithmic
          ? (std::log(value) - std::log(*heat.low)) /
                (std::log(*heat.high) - std::log(*heat.low))
          : (value / 2 - *heat.low / 2) / (*heat.high / 2 - *heat.low / 2);
  return std::clamp(share, 0.0, 1.0);
}

std::string HeatColour(const Heat& heat, double value) {
  return LineColour(
      static_cast<size_t>(std::lround(HeatShare(heat, value) *
                                      static_cast<double>(kHeatShades - 1))),
      kHeatShades);
}

std::string HeatNumber(const Heat& heat, double value) {
  if (heat.is_share) return absl::StrFormat("%.0f %%", 100 * value);
  // Two digits of a step count would have an exponent.
  const double size = std::abs(value);
  return size >= 100 && size < 1e5 ? absl::StrFormat("%.0f", value)
                                   : absl::StrFormat("%.2g", value);
}

std::string HeatText(const Heat& heat, const Heat::Cell& cell) {
  return cell.value.has_value() ? HeatNumber(heat, *cell.value)
         : cell.diverged > 0    ? "diverged"
                                : "none";
}

std::vector<double> HeatScale(const Heat& heat, size_t count) {
  std::vector<double> values;
  if (!heat.low.has_value()) return values;
  for (size_t i = 0; i < count; ++i) {
    const double share =
        static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(heat.logarithmic
                         ? std::exp(std::log(*heat.low) * (1 - share) +
                                    std::log(*heat.high) * share)
                         : *heat.low * (1 - share) + *heat.high * share);
    if (*heat.high == *heat.low) break;
  }
  return values;
}

}  // namespace fathom::client
