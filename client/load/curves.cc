#include "client/load/curves.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostSecondsPerCall = 600;
// The largest number of trials that a coordinator takes in one call.
constexpr size_t kMostTrialsPerCall = 10'000;
// Of more trials it is cheaper to read all than to name them.
constexpr int64_t kMostTrialsByName = 50'000;

template <typename... Parts>
absl::Status Nonsense(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(
      "the coordinator sent curves that make no sense: ", parts...));
}

// Takes the batches of one call apart, and checks everything that they say.
class BatchReader {
 public:
  BatchReader(const v1::ReadCurvesRequest& request, bool finite_only,
              absl::FunctionRef<absl::Status(const TrialCurve&)> consume)
      : request_(request), finite_only_(finite_only), consume_(consume) {}

  absl::Status Read(const v1::CurveBatch& batch);

 private:
  static absl::Status CheckSizes(const v1::CurveBatch& batch);
  static absl::Status CheckGrids(const v1::CurveBatch& batch);
  absl::Status CheckTrial(const v1::CurveBatch& batch, int entry);
  // Makes `curve` show the points of an entry, whose values are `values`.
  void ShowPoints(const v1::CurveBatch& batch, int entry,
                  absl::Span<const double> values, TrialCurve* curve);

  const v1::ReadCurvesRequest& request_;
  const bool finite_only_;
  const absl::FunctionRef<absl::Status(const TrialCurve&)> consume_;
  int64_t last_trial_ = -1;
  // Copies of the points, for curves that cannot be shown as they arrived.
  std::vector<int64_t> steps_;
  std::vector<double> values_;
};

absl::Status BatchReader::CheckSizes(const v1::CurveBatch& batch) {
  const int trials = batch.trials_size();
  for (const int size : {batch.states_size(), batch.steps_size(),
                         batch.final_losses_size(), batch.counts_size(),
                         batch.grid_places_size(), batch.last_steps_size()}) {
    if (size != trials) {
      return Nonsense("found ", size, " entries, expected one for each of ",
                      trials, " trials");
    }
  }
  int64_t values = 0;
  for (const int32_t count : batch.counts()) {
    if (count < 0) return Nonsense("found a curve of ", count, " points");
    values += count;
  }
  if (values == batch.values_size()) return absl::OkStatus();
  return Nonsense("found ", batch.values_size(), " values, expected ", values);
}

absl::Status BatchReader::CheckGrids(const v1::CurveBatch& batch) {
  for (const v1::StepGrid& grid : batch.grids()) {
    const auto wrong =
        absl::c_adjacent_find(grid.steps(), std::greater_equal<>());
    if (wrong == grid.steps().end()) continue;
    return Nonsense("found step ", *(wrong + 1), " after ", *wrong,
                    ", expected ascending steps");
  }
  return absl::OkStatus();
}

absl::Status BatchReader::CheckTrial(const v1::CurveBatch& batch, int entry) {
  const int64_t trial = batch.trials(entry);
  if (trial <= last_trial_) {
    return Nonsense("found trial ", trial, " after ", last_trial_);
  }
  const bool asked =
      request_.trials().empty()
          ? trial >= request_.first_trial() &&
                (request_.end_trial() == 0 || trial < request_.end_trial())
          : absl::c_binary_search(request_.trials(), trial);
  if (!asked)
    return Nonsense("found trial ", trial, ", which was not asked for");
  last_trial_ = trial;
  if (!v1::TrialState_IsValid(batch.states(entry)) ||
      batch.states(entry) == v1::TRIAL_STATE_UNSPECIFIED) {
    return Nonsense("trial ", trial, ": found state number ",
                    int{batch.states(entry)});
  }
  const int count = batch.counts(entry);
  if (request_.detail() == v1::CURVE_DETAIL_ENDS && count > 2) {
    return Nonsense("trial ", trial, ": found ", count,
                    " points, expected two ends");
  }
  if (count < 2) return absl::OkStatus();
  const int place = batch.grid_places(entry);
  const int known = place < 0 || place >= batch.grids_size()
                        ? 0
                        : batch.grids(place).steps_size();
  if (known < count - 1) {
    return Nonsense("trial ", trial, ": found ", known, " steps in grid ",
                    place, ", expected ", count - 1);
  }
  const int64_t before = batch.grids(place).steps(count - 2);
  if (batch.last_steps(entry) > before) return absl::OkStatus();
  return Nonsense("trial ", trial, ": found step ", batch.last_steps(entry),
                  " after ", before, ", expected ascending steps");
}

void BatchReader::ShowPoints(const v1::CurveBatch& batch, int entry,
                             absl::Span<const double> values,
                             TrialCurve* curve) {
  const size_t count = values.size();
  absl::Span<const int64_t> grid;
  if (count > 1) grid = batch.grids(batch.grid_places(entry)).steps();
  const int64_t last = batch.last_steps(entry);
  // These are plain loops, which compilers turn into vector instructions.
  bool finite = true;
  for (const double value : values) finite &= std::isfinite(value);
  const bool all = finite || !finite_only_;
  if (count > 1 && all && grid.size() >= count && grid[count - 1] == last) {
    curve->at = grid.first(count);
    curve->values = values;
    return;
  }
  steps_.clear();
  values_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (!all && !std::isfinite(values[i])) continue;
    steps_.push_back(i + 1 < count ? grid[i] : last);
    values_.push_back(values[i]);
  }
  curve->at = steps_;
  curve->values = values_;
}

absl::Status BatchReader::Read(const v1::CurveBatch& batch) {
  RETURN_IF_ERROR(CheckSizes(batch));
  RETURN_IF_ERROR(CheckGrids(batch));
  absl::Span<const double> values = batch.values();
  for (int i = 0; i < batch.trials_size(); ++i) {
    RETURN_IF_ERROR(CheckTrial(batch, i));
    TrialCurve curve;
    curve.trial = batch.trials(i);
    curve.state = batch.states(i);
    curve.steps = batch.steps(i);
    if (std::isfinite(batch.final_losses(i))) {
      curve.final_loss = batch.final_losses(i);
    }
    ShowPoints(batch, i, values.first(batch.counts(i)), &curve);
    values.remove_prefix(batch.counts(i));
    RETURN_IF_ERROR(consume_(curve));
  }
  return absl::OkStatus();
}

absl::Status ReadCurves(
    Connection& connection, const v1::ReadCurvesRequest& request,
    bool finite_only,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume) {
  BatchReader reader(request, finite_only, consume);
  return connection.ReadCurves(
      request, [&](const v1::CurveBatch& batch) { return reader.Read(batch); });
}

}  // namespace

absl::Status ForEachCurve(
    Connection& connection, int64_t sweep_id, v1::Metric metric,
    const CurveChoice& choice,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume) {
  v1::ReadCurvesRequest request;
  // The "+" names a sweep by its number, even where another sweep has that
  // number as its name.
  request.set_sweep(absl::StrCat("+", sweep_id));
  request.set_metric(metric);
  request.set_detail(choice.detail);
  request.mutable_time_limit()->set_seconds(kMostSecondsPerCall);
  if (!choice.trials.has_value()) {
    request.set_first_trial(choice.first);
    request.set_end_trial(choice.end);
    return ReadCurves(connection, request, choice.finite_only, consume);
  }
  std::vector<int64_t> trials(choice.trials->begin(), choice.trials->end());
  absl::c_sort(trials);
  trials.erase(std::unique(trials.begin(), trials.end()), trials.end());
  for (size_t at = 0; at < trials.size(); at += kMostTrialsPerCall) {
    const auto some = absl::MakeSpan(trials).subspan(at, kMostTrialsPerCall);
    request.mutable_trials()->Assign(some.begin(), some.end());
    RETURN_IF_ERROR(
        ReadCurves(connection, request, choice.finite_only, consume));
  }
  return absl::OkStatus();
}

absl::Status ForEachCurveOf(
    const TrialFilter& filter, Connection& connection, int64_t sweep_id,
    v1::Metric metric, const CurveChoice& choice,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume) {
  if (filter.TakesAll()) {
    return ForEachCurve(connection, sweep_id, metric, choice, consume);
  }
  CurveChoice narrow = choice;
  const std::optional<std::vector<int64_t>> few =
      filter.Trials(kMostTrialsByName);
  if (few.has_value() && !choice.trials.has_value() && choice.first == 0 &&
      choice.end == 0) {
    narrow.trials = absl::MakeConstSpan(*few);
  }
  return ForEachCurve(
      connection, sweep_id, metric, narrow, [&](const TrialCurve& curve) {
        return filter.Takes(curve.trial) ? consume(curve) : absl::OkStatus();
      });
}

}  // namespace fathom::client
