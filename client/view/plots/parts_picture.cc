#include "client/view/plots/parts_picture.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/plot_bands.h"
#include "client/view/plots/plot_style.h"

namespace fathom::client {
namespace {

constexpr size_t kMostLinesOfParts = 32;

// Returns the values of a row in words: "depth 1, regularizer.on product,
// learning rate 0.01".
std::string RowLabel(const SweepSummary& summary, const SummaryRow& row,
                     const ShortSettings& settings) {
  std::vector<std::string> words;
  const auto add = [&](const std::vector<std::string>& axes,
                       const std::vector<v1::Value>& values) {
    for (size_t i = 0; i < std::min(axes.size(), values.size()); ++i) {
      words.push_back(absl::StrCat(AxisLabel(axes[i]), " ",
                                   settings.Text(axes[i], values[i])));
    }
  };
  add(summary.by, row.group);
  add(summary.best_over, row.shown_values);
  return absl::StrJoin(words, ", ");
}

}  // namespace

Plot MakePartsPlot(const v1::Sweep& sweep, const SweepAnalysis& analysis) {
  const LossParts& parts = analysis.parts;
  const ShortSettings settings(sweep.spec());
  std::vector<const CurveSet*> all;
  for (const std::vector<LossPart>& row : parts.rows) {
    for (const LossPart& part : row) all.push_back(&part.curves);
  }
  const BandKind bands = BandKindOf(all);
  Plot plot;
  plot.name = sweep.spec().name();
  plot.sweep = sweep.sweep_id();
  plot.subtitle =
      absl::StrCat("what the batch loss is made of", BandText(bands));
  plot.x_label = "step";
  plot.x_scale =
      sweep.spec().trial().record().spacing() == v1::RECORD_SPACING_LINEAR
          ? PlotScale::kLinearSteps
          : PlotScale::kLogSteps;
  const size_t lines = std::min(parts.rows.size(), kMostLinesOfParts);
  plot.left_out =
      static_cast<int>((parts.rows.size() - lines) * parts.metrics.size());
  bool any = false;
  for (size_t m = 0; m < std::min(parts.metrics.size(), kMostPanels); ++m) {
    Plot::Panel& panel = plot.panels.emplace_back();
    panel.title = MetricLabel(parts.metrics[m]);
    for (size_t r = 0; r < lines; ++r) {
      const LossPart& part = parts.rows[r][m];
      any = any || part.curve.steps.size() > 2;
      panel.lines.push_back(
          {.label =
               RowLabel(analysis.summary, analysis.summary.rows[r], settings),
           .curve = PointsOf(part.curve),
           .band = MakeBand(part.curves, bands)});
    }
  }
  // Ends alone make no curve.
  if (!any) plot.panels.clear();
  return plot;
}

}  // namespace fathom::client
