#include "client/ui/data/sweep_json.h"

#include <algorithm>

#include "client/ui/data/number_json.h"
#include "client/view/format.h"
#include "google/protobuf/util/time_util.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/message_json.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostValues = 10'000;

}  // namespace

nlohmann::ordered_json SweepJson(const v1::Sweep& sweep,
                                 const Rates::Rate& rate) {
  using google::protobuf::util::TimeUtil;
  const v1::Progress& progress = sweep.progress();
  nlohmann::ordered_json ended = nullptr;
  if (sweep.has_end_time()) ended = TimeUtil::ToString(sweep.end_time());
  nlohmann::ordered_json eta = nullptr;
  if (rate.remaining.has_value()) {
    eta = NumberJson(absl::ToDoubleSeconds(*rate.remaining));
  }
  return {{"id", sweep.sweep_id()},
          {"name", sweep.spec().name()},
          {"title", sweep.spec().name()},
          {"state", StateName(sweep.state())},
          {"paused", sweep.paused()},
          {"interrupted", sweep.interrupted()},
          {"unreadable", sweep.unreadable()},
          {"owner", sweep.owner()},
          {"priority", sweep.priority()},
          {"weight", sweep.weight()},
          {"created", TimeUtil::ToString(sweep.create_time())},
          {"ended", ended},
          {"trials", sweep.trial_count()},
          {"counts",
           {{"pending", progress.pending()},
            {"leased", progress.leased()},
            {"succeeded", progress.succeeded()},
            {"diverged", progress.diverged()},
            {"stopped", progress.stopped()},
            {"failed", progress.failed()},
            {"cancelled", progress.cancelled()}}},
          {"fraction", progress.fraction()},
          {"rate", NumberJson(rate.trials_per_second)},
          {"eta_s", eta}};
}

nlohmann::ordered_json AxisValueJson(const v1::Value& value) {
  return ToJson(value);
}

nlohmann::ordered_json AxisJson(const AxisValues& axis) {
  nlohmann::ordered_json values = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < std::min(axis.length, kMostValues); ++i) {
    values.push_back(AxisValueJson(axis.At(i)));
  }
  return {{"name", axis.name},
          {"label", AxisLabel(axis.name)},
          {"kind", axis.is_number ? "number" : "word"},
          {"values", values},
          {"count", axis.length},
          {"log", axis.IsLog()}};
}

bool IsLogMetric(v1::Metric metric) {
  // What falls towards 0 is looked at by its order of magnitude.
  return FactsOf(metric).use == MetricUse::kRaced;
}

nlohmann::ordered_json MetricJson(v1::Metric metric) {
  return {{"name", MetricName(metric)},
          {"label", MetricLabel(metric)},
          {"log", IsLogMetric(metric)}};
}

}  // namespace fathom::client
