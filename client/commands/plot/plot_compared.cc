#include "client/commands/plot/plot_compared.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/analysis/difference.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/plots/cell_words.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

std::string WithInterval(const std::optional<double>& value,
                         const std::optional<Interval>& interval) {
  if (!value.has_value()) return kEmptyCell;
  if (!interval.has_value()) return MeasureText(*value);
  return absl::StrCat(MeasureText(*value), " (", MeasureText(interval->low),
                      " to ", MeasureText(interval->high), ")");
}

std::string SideText(const CellTable& table, std::optional<size_t> cell) {
  if (!cell.has_value() || !table.cells[*cell].value.has_value()) {
    return kEmptyCell;
  }
  const Cell& found = table.cells[*cell];
  return absl::StrCat(MeasureText(*found.value),
                      found.sample.size() > 1
                          ? absl::StrCat(" (", found.sample.size(), ")")
                          : "");
}

nlohmann::ordered_json IntervalJson(const std::optional<Interval>& interval) {
  if (!interval.has_value()) return nullptr;
  return {interval->low, interval->high};
}

nlohmann::ordered_json SideJson(
    const CellTable& table, std::optional<size_t> cell,
    const std::optional<SampleStatistics>& statistics) {
  if (!cell.has_value()) return nullptr;
  const Cell& found = table.cells[*cell];
  return {{"value", NumberOrNull(found.value)},
          {"count", statistics.has_value() ? statistics->count : 0},
          {"standard_error", statistics.has_value()
                                 ? NumberOrNull(statistics->standard_error)
                                 : nlohmann::ordered_json(nullptr)},
          {"settings", found.settings.empty()
                           ? nlohmann::ordered_json::object()
                           : SettingsJson(table.best_over, found.settings)},
          {"trials", found.trials},
          {"finished", found.counts.finished},
          {"diverged", found.counts.diverged}};
}

}  // namespace

std::string ComparedText(const PlotMaterial& material, int width) {
  const PlotSide& first = material.compared[0];
  const PlotSide& second = material.compared[1];
  Table table;
  for (const std::string& axis : first.cells.by) {
    table.header.push_back(Printable(axis));
    table.right.push_back(true);
  }
  table.keys = std::max<size_t>(first.cells.by.size(), 1);
  for (const std::string& name :
       {Printable(first.name), Printable(second.name),
        std::string("difference (95 %)"), std::string("ratio (95 %)")}) {
    table.header.push_back(name);
    table.right.push_back(true);
  }
  const ShortSettings names(material.sweep.spec());
  for (const ComparedCell& row : CompareCells(first.cells, second.cells)) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (size_t i = 0; i < row.group.size(); ++i) {
      cells.push_back(Printable(names.Text(first.cells.by[i], row.group[i])));
    }
    cells.push_back(SideText(first.cells, row.first));
    cells.push_back(SideText(second.cells, row.second));
    cells.push_back(
        WithInterval(row.difference.difference, row.difference.interval));
    cells.push_back(
        WithInterval(row.difference.ratio, row.difference.ratio_interval));
  }
  return absl::StrCat(
      WrapLines(
          absl::StrCat(QuantityLabel(first.cells), ChoiceText(first.cells),
                       "; differences and ratios are of the second to "
                       "the first\n"),
          width),
      RenderTable(table, width));
}

nlohmann::ordered_json ComparedJson(const PlotMaterial& material) {
  const PlotSide& first = material.compared[0];
  const PlotSide& second = material.compared[1];
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ComparedCell& row : CompareCells(first.cells, second.cells)) {
    const Difference& found = row.difference;
    rows.push_back(
        {{"by", SettingsJson(first.cells.by, row.group)},
         {"first", SideJson(first.cells, row.first, found.first)},
         {"second", SideJson(second.cells, row.second, found.second)},
         {"difference",
          {{"value", NumberOrNull(found.difference)},
           {"interval", IntervalJson(found.interval)}}},
         {"ratio",
          {{"value", NumberOrNull(found.ratio)},
           {"interval", IntervalJson(found.ratio_interval)}}}});
  }
  return {{"first", first.name},
          {"second", second.name},
          {"value", QuantityLabel(first.cells)},
          {"rows", rows}};
}

}  // namespace fathom::client
