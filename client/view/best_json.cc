#include "client/view/best_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

using Json = nlohmann::ordered_json;

Json BoundedJson(const Bounded& bounded) {
  const char* bound = bounded.kind == Bounded::Kind::kExact     ? "exact"
                      : bounded.kind == Bounded::Kind::kAtLeast ? "at_least"
                                                                : "at_most";
  return {{"value", bounded.value}, {"bound", bound}};
}

Json IntegerOrNull(const std::optional<int64_t>& integer) {
  return integer.has_value() ? Json(*integer) : Json(nullptr);
}

// {axis: value}.
Json SettingsJson(const std::vector<std::string>& axes,
                  const std::vector<v1::Value>& values) {
  Json json = Json::object();
  for (size_t i = 0; i < axes.size(); ++i) json[axes[i]] = ToJson(values[i]);
  return json;
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

Json ReachJson(const Reach& reach) {
  Json trials = Json::array();
  for (const std::optional<double>& step : reach.trials) {
    trials.push_back(NumberOrNull(step));
  }
  return {{"epsilon", reach.epsilon},
          {"mean_curve", BoundedJson(reach.mean_curve)},
          {"median", BoundedJson(reach.median)},
          {"censored", reach.censored},
          {"trials", trials}};
}

Json SpeedUpJson(const SpeedUp& speed_up) {
  Json json = {{"factor", nullptr}, {"interval", nullptr}};
  if (speed_up.factor.has_value()) {
    json["factor"] = BoundedJson(*speed_up.factor);
  }
  if (speed_up.interval.has_value()) {
    json["interval"] = {{"low", BoundedJson(speed_up.interval->low)},
                        {"high", BoundedJson(speed_up.interval->high)},
                        {"level", kLevel},
                        {"resamples", kResamples},
                        {"undefined", speed_up.undefined},
                        {"paired", speed_up.paired}};
  }
  return json;
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

Json GroupJson(const BestReport& report, const GroupBest& group) {
  Json json = {{"by", SettingsJson(report.summary.by, group.group)},
               {"finished", group.finished},
               {"diverged", group.diverged},
               {"failed", group.failed},
               {"best", nullptr},
               {"reach", nullptr},
               {"base_depth", IntegerOrNull(group.base_depth)},
               {"speed_up", nullptr},
               {"band", nullptr}};
  if (group.best.has_value()) {
    json["best"] = {{"value", group.best->value},
                    {"settings", SettingsJson(report.summary.best_over,
                                              group.best->settings)},
                    {"trials", group.best->trials},
                    {"values", group.best->values},
                    {"statistics", StatisticsJson(*group.statistics)},
                    {"diverged_later", group.best->diverged_later},
                    {"stopped_earlier", group.best->stopped_earlier}};
  }
  if (group.reach.has_value()) json["reach"] = ReachJson(*group.reach);
  if (group.speed_up.has_value()) {
    json["speed_up"] = SpeedUpJson(*group.speed_up);
  }
  if (group.band.has_value()) json["band"] = BandJson(*group.band);
  return json;
}

}  // namespace

Json BestJson(const BestReport& report) {
  Json groups = Json::array();
  for (const GroupBest& group : report.groups) {
    groups.push_back(GroupJson(report, group));
  }
  return {{"metric", MetricName(report.summary.metric)},
          {"step", report.summary.steps.back()},
          {"by", report.summary.by},
          {"best_over", report.summary.best_over},
          {"average_over", report.summary.average_over},
          {"epsilon", NumberOrNull(report.epsilon)},
          {"trials", report.trials},
          {"groups", groups}};
}

}  // namespace fathom
