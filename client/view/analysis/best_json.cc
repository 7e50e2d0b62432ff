#include "client/view/analysis/analysis_json.h"
#include "client/view/analysis/best_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

using Json = nlohmann::ordered_json;

Json IntegerOrNull(const std::optional<int64_t>& integer) {
  return integer.has_value() ? Json(*integer) : Json(nullptr);
}

Json StatisticsJson(const SampleStatistics& statistics) {
  return {{"count", statistics.count},
          {"mean", statistics.mean},
          {"standard_error", NumberOrNull(statistics.standard_error)},
          {"least", statistics.least},
          {"p5", statistics.p5},
          {"p25", statistics.p25},
          {"median", statistics.median},
          {"p75", statistics.p75},
          {"p95", statistics.p95},
          {"most", statistics.most}};
}

Json RateJson(const RateOutcome& outcome) {
  return {{"learning_rate", outcome.rate},
          {"complete", outcome.complete},
          {"diverged", outcome.diverged},
          {"failed", outcome.failed},
          {"first_divergence", IntegerOrNull(outcome.first_divergence)},
          {"last_divergence", IntegerOrNull(outcome.last_divergence)},
          {"value", NumberOrNull(outcome.value)}};
}

const char* KindName(AxisEdge::Kind kind) {
  switch (kind) {
    case AxisEdge::Kind::kInside:
      return "inside";
    case AxisEdge::Kind::kSmallest:
      return "smallest";
    case AxisEdge::Kind::kLargest:
      return "largest";
    case AxisEdge::Kind::kOnly:
      return "only";
  }
  return "inside";
}

Json EdgesJson(const std::vector<AxisEdge>& edges) {
  Json json = Json::array();
  for (const AxisEdge& edge : edges) {
    json.push_back({{"axis", edge.axis},
                    {"value", edge.value},
                    {"place", KindName(edge.kind)},
                    {"below", NumberOrNull(edge.below)},
                    {"above", NumberOrNull(edge.above)},
                    {"below_diverged", edge.below_diverged},
                    {"above_diverged", edge.above_diverged}});
  }
  return json;
}

Json EdgeJson(const std::optional<StableBand::Edge>& edge) {
  if (!edge.has_value()) return nullptr;
  switch (*edge) {
    case StableBand::Edge::kInside:
      return "inside";
    case StableBand::Edge::kSmallest:
      return "smallest";
    case StableBand::Edge::kLargest:
      return "largest";
    case StableBand::Edge::kOnly:
      return "only";
  }
  return nullptr;
}

Json BandJson(const StableBand& band) {
  Json rates = Json::array();
  for (const RateOutcome& outcome : band.rates) {
    rates.push_back(RateJson(outcome));
  }
  Json json = {{"smallest", NumberOrNull(band.smallest)},
               {"largest", NumberOrNull(band.largest)},
               {"decades", band.largest ? Json(band.decades) : Json(nullptr)},
               {"has_gap", band.has_gap},
               {"divergent", nullptr},
               {"near_best", nullptr},
               {"best_edge", EdgeJson(band.best_edge)},
               {"rates", rates}};
  if (band.divergent.has_value()) json["divergent"] = RateJson(*band.divergent);
  if (band.near_low.has_value()) {
    json["near_best"] = {{"smallest", *band.near_low},
                         {"largest", *band.near_high},
                         {"decades", band.near_decades}};
  }
  return json;
}

Json GroupJson(const SweepAnalysis& analysis, size_t i) {
  const SweepSummary& summary = analysis.summary;
  const GroupAnalysis& group = analysis.groups[i];
  const std::optional<Best>& best = summary.rows[i].best.back();
  Json json = {{"by", SettingsJson(summary.by, summary.rows[i].group)},
               {"counts", CountsJson(group.counts)},
               {"best", nullptr},
               {"band", nullptr}};
  if (best.has_value()) {
    json["best"] = {
        {"value", best->value},
        {"settings", SettingsJson(summary.best_over, best->settings)},
        {"trials", best->trials},
        {"values", best->values},
        {"statistics", StatisticsJson(*group.statistics)},
        {"edges", EdgesJson(group.edges)},
        {"diverged_later", best->diverged_later},
        {"stopped_earlier", best->stopped_earlier}};
  }
  if (group.band.has_value()) json["band"] = BandJson(*group.band);
  return json;
}

}  // namespace

Json BestJson(const SweepAnalysis& analysis) {
  const SweepSummary& summary = analysis.summary;
  Json groups = Json::array();
  for (size_t i = 0; i < analysis.groups.size(); ++i) {
    groups.push_back(GroupJson(analysis, i));
  }
  return {{"metric", MetricName(summary.metric)},
          {"use", UseName(summary.metric)},
          {"step", StepJson(summary.steps.back())},
          {"by", summary.by},
          {"best_over", summary.best_over},
          {"average_over", summary.average_over},
          {"epsilon", NumberOrNull(analysis.options.goal)},
          {"arrive", analysis.options.arrive},
          {"trials", analysis.trials},
          {"finished", analysis.finished},
          {"groups", groups},
          {"races", RacesJson(analysis)},
          {"levels", LevelsJson(analysis)}};
}

}  // namespace fathom::client
