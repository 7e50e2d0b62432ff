#include "client/view/plots/cell_words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

std::string AxisNames(const std::vector<std::string>& axes) {
  std::vector<std::string> labels;
  for (const std::string& axis : axes) labels.push_back(AxisLabel(axis));
  return absl::StrJoin(labels, " and ");
}

}  // namespace

std::string QuantityLabel(const CellTable& table) {
  const char* const title = FactsOf(table.metric).title;
  const std::string metric = MetricLabel(table.metric);
  switch (table.question.quantity) {
    case Quantity::kFinal:
      return title != nullptr ? title : metric;
    case Quantity::kBest:
      return absl::StrCat("best ", metric, " of the curve");
    case Quantity::kSteps:
      return absl::StrCat("steps to ", metric, " ",
                          NumberText(table.question.goal));
    case Quantity::kDiverged:
      return "share that diverged";
  }
  return metric;
}

std::string ChoiceText(const CellTable& table) {
  if (table.question.quantity == Quantity::kDiverged) {
    std::vector<std::string> over = table.best_over;
    over.insert(over.end(), table.average_over.begin(),
                table.average_over.end());
    return over.empty() ? "" : absl::StrCat(", over all ", AxisNames(over));
  }
  const bool steps = table.question.quantity == Quantity::kSteps;
  return absl::StrCat(
      table.best_over.empty()
          ? ""
          : absl::StrCat(", best ", AxisNames(table.best_over)),
      table.average_over.empty()
          ? ""
          : absl::StrCat(steps ? ", median over " : ", mean over ",
                         AxisNames(table.average_over)));
}

}  // namespace fathom::client
