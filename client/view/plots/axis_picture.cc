#include "client/view/plots/axis_picture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/cell_words.h"
#include "client/view/plots/plot_bands.h"
#include "client/view/plots/plot_style.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kMostLinesOfPanel = 32;
constexpr double kLeastLogSpan = 10;
constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

std::optional<double> AxisNumber(const v1::Value& value) {
  if (value.has_number()) return value.number();
  if (value.has_integer()) return static_cast<double>(value.integer());
  return std::nullopt;
}

// Chooses the axis of places: where each value of the last axis in `by` lies.
class PlaceAxis {
 public:
  PlaceAxis(const ShortSettings& names, const CellTable& table) {
    for (const Cell& cell : table.cells) {
      const v1::Value& value = cell.group.back();
      const std::optional<double> number = AxisNumber(value);
      if (number.has_value()) {
        least_ = std::min(least_, *number);
        most_ = std::max(most_, *number);
        continue;
      }
      const std::string text = ValueText(value);
      if (word_of_.emplace(text, words_.size()).second) {
        words_.push_back(names.Text(table.by.back(), value));
      }
    }
  }

  absl::StatusOr<PlotScale> Scale(std::optional<bool> log) const {
    if (!words_.empty()) {
      if (!log.value_or(false)) return PlotScale::kWords;
      return absl::InvalidArgumentError(
          "--log: found x for an axis of words, expected y or none");
    }
    if (log.value_or(false) && !(least_ > 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--log: found x for an axis from ", NumberText(least_),
                       " on, expected numbers above 0"));
    }
    const bool spans = least_ > 0 && most_ / kLeastLogSpan >= least_;
    return log.value_or(spans) ? PlotScale::kLog : PlotScale::kLinear;
  }

  double PlaceOf(const v1::Value& value) const {
    const std::optional<double> number = AxisNumber(value);
    if (number.has_value()) return *number;
    return static_cast<double>(word_of_.at(ValueText(value)));
  }

  const std::vector<std::string>& words() const { return words_; }

 private:
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
  std::map<std::string, size_t> word_of_;
  std::vector<std::string> words_;
};

// The axes that tell panels and lines apart, as positions in `by`.
struct CellAxes {
  std::vector<size_t> panels = {};
  std::vector<size_t> lines = {};
};

CellAxes CellAxesOf(const CellTable& table,
                    const std::vector<std::string>& panels) {
  CellAxes axes;
  for (size_t i = 0; i + 1 < table.by.size(); ++i) {
    const std::string path = ResolveAxisField(table.by[i]).value_or("");
    const bool panel = absl::c_any_of(panels, [&](const std::string& name) {
      return ResolveAxisField(name).value_or(name) == path;
    });
    (panel ? axes.panels : axes.lines).push_back(i);
  }
  return axes;
}

std::string KeyOf(const Cell& cell, const std::vector<size_t>& axes) {
  std::string key;
  for (const size_t i : axes)
    absl::StrAppend(&key, ValueText(cell.group[i]), "\n");
  return key;
}

std::string WordsOf(const Cell& cell, const CellTable& table,
                    const std::vector<size_t>& axes,
                    const ShortSettings& names) {
  std::vector<std::string> words;
  for (const size_t i : axes) {
    words.push_back(absl::StrCat(AxisLabel(table.by[i]), " ",
                                 names.Text(table.by[i], cell.group[i])));
  }
  return absl::StrJoin(words, ", ");
}

// Adds a cell to its line, in ascending order of places.
void AddCell(const Cell& cell, double place, BandKind bands, bool is_share,
             Plot::Line* line) {
  const auto at = absl::c_lower_bound(line->curve.at, place);
  const auto i = at - line->curve.at.begin();
  line->curve.at.insert(at, place);
  const double value = cell.value.value_or(kNoValue);
  line->curve.values.insert(line->curve.values.begin() + i, value);
  if (!cell.value.has_value() && cell.counts.diverged > 0 && !is_share) {
    line->diverged.push_back(place);
  }
  if (bands == BandKind::kNone) return;
  std::pair<double, double> ends = {value, value};
  const bool finite = absl::c_all_of(
      cell.sample, [](double number) { return std::isfinite(number); });
  if (cell.sample.size() > 1 && finite) ends = BandEnds(cell.sample, bands);
  line->band.low.insert(line->band.low.begin() + i, ends.first);
  line->band.high.insert(line->band.high.begin() + i, ends.second);
}

bool AllAbove0(const CellTable& table) {
  return absl::c_all_of(table.cells, [](const Cell& cell) {
    return !cell.value.has_value() || *cell.value > 0;
  });
}

}  // namespace

absl::StatusOr<Plot> MakeAxisPlot(const v1::Sweep& sweep,
                                  const CellTable& table,
                                  const PlotChoice& choice) {
  if (absl::c_none_of(table.cells, [](const Cell& cell) {
        return cell.counts.finished > 0;
      })) {
    return absl::FailedPreconditionError(
        "no picture: no trial of these is finished");
  }
  const ShortSettings names(sweep.spec());
  const PlaceAxis places(names, table);
  const bool is_share = table.question.quantity == Quantity::kDiverged;
  std::vector<size_t> counts;
  for (const Cell& cell : table.cells) counts.push_back(cell.sample.size());
  const BandKind bands = BandKindOfCounts(counts, choice.band);
  Plot plot;
  plot.name = sweep.spec().name();
  plot.sweep = sweep.sweep_id();
  plot.x_label = AxisLabel(table.by.back());
  plot.y_label = QuantityLabel(table);
  plot.subtitle =
      absl::StrCat(plot.y_label, ChoiceText(table), BandText(bands));
  ASSIGN_OR_RETURN(plot.x_scale, places.Scale(choice.log_x));
  plot.x_words = places.words();
  plot.y_scale = choice.log_y.value_or(!is_share && AllAbove0(table))
                     ? PlotScale::kLog
                     : PlotScale::kLinear;
  for (const std::string& axis : table.by) {
    plot.by.push_back(ResolveAxisField(axis).value_or(axis));
  }
  const CellAxes axes = CellAxesOf(table, choice.panels);
  std::map<std::string, size_t> panel_of;
  std::map<std::string, std::pair<size_t, size_t>> line_of;
  for (const Cell& cell : table.cells) {
    const auto [panel_at, new_panel] =
        panel_of.emplace(KeyOf(cell, axes.panels), plot.panels.size());
    if (new_panel) {
      plot.panels.push_back(
          {.title = WordsOf(cell, table, axes.panels, names)});
    }
    std::vector<Plot::Line>& lines = plot.panels[panel_at->second].lines;
    const auto [line_at, new_line] = line_of.emplace(
        absl::StrCat(panel_at->first, "\t", KeyOf(cell, axes.lines)),
        std::pair(panel_at->second, lines.size()));
    if (new_line) {
      const std::string label = WordsOf(cell, table, axes.lines, names);
      lines.push_back(
          {.name = label, .label = label.empty() ? plot.y_label : label});
    }
    AddCell(cell, places.PlaceOf(cell.group.back()), bands, is_share,
            &lines[line_at->second.second]);
  }
  CutPlot(kMostLinesOfPanel, &plot);
  return plot;
}

}  // namespace fathom::client
