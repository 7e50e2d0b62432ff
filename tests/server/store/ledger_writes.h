#ifndef FATHOM_TESTS_SERVER_STORE_LEDGER_WRITES_H_
#define FATHOM_TESTS_SERVER_STORE_LEDGER_WRITES_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "server/coordinator/effects.h"

// This file makes the writes of a coordinator in few words.
namespace fathom::test {

inline absl::Time SecondsIn(double seconds) {
  return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(seconds);
}

// Returns a spec of depths {1, 2, 3} and `rates` learning rates, on synthetic
// data.
inline v1::SweepSpec SmallSpec(int64_t rates) {
  v1::SweepSpec spec;
  spec.set_name("small");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(100);
  trial.mutable_data()->mutable_synthetic()->set_rows(10);
  trial.mutable_data()->mutable_synthetic()->set_columns(4);
  trial.mutable_loss()->set_lp(4);
  trial.mutable_model()->set_hidden_width(1);
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  for (const int64_t n : {1, 2, 3}) {
    depth.mutable_list()->add_values()->set_integer(n);
  }
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-4);
  rate.mutable_log()->set_to(1e-2);
  rate.mutable_log()->set_count(rates);
  return Normalize(std::move(spec));
}

inline server::InsertSweep NewSweep(int64_t sweep_id, v1::SweepSpec spec,
                                    int64_t trial_count) {
  server::InsertSweep write;
  write.sweep.set_sweep_id(sweep_id);
  write.sweep.set_fingerprint(Fingerprint(spec));
  write.sweep.set_trial_count(trial_count);
  *write.sweep.mutable_create_time() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(1'700'000'000);
  *write.sweep.mutable_spec() = std::move(spec);
  return write;
}

inline server::InsertSession NewSession(const std::string& session_id) {
  server::InsertSession write;
  write.hello.set_worker(absl::StrCat("worker-of-", session_id));
  write.hello.set_session_id(session_id);
  write.hello.set_slots(2);
  write.hello.set_numerics("eigen/f64/v1");
  write.hello.set_program_version("0.1.0");
  write.time = SecondsIn(0);
  return write;
}

inline server::InsertLease NewLease(int64_t lease_id, int64_t sweep_id,
                                    int64_t first, int64_t count,
                                    int32_t attempt = 1,
                                    const std::string& session_id = "s1") {
  server::InsertLease write;
  write.lease.set_lease_id(lease_id);
  write.lease.set_sweep_id(sweep_id);
  v1::TrialRange& range = *write.lease.add_trials();
  range.set_first_index(first);
  range.set_count(count);
  range.set_attempt(attempt);
  write.session_id = session_id;
  write.time = SecondsIn(1);
  return write;
}

inline server::RecordReport NewReport(int64_t lease_id, int64_t sweep_id) {
  server::RecordReport write;
  write.report.set_lease_id(lease_id);
  write.report.set_sweep_id(sweep_id);
  write.time = SecondsIn(2);
  return write;
}

// Adds a chunk with loss and weight norm at steps first_step, first_step + 1,
// ...
inline void AddPoints(server::RecordReport& write, int64_t trial, int32_t chunk,
                      int64_t first_step, const std::vector<double>& losses,
                      int32_t attempt = 1) {
  v1::TrialPoints& points = *write.report.add_points();
  points.set_trial_index(trial);
  points.set_attempt(attempt);
  points.set_chunk(chunk);
  points.add_metrics(v1::METRIC_LOSS);
  points.add_metrics(v1::METRIC_WEIGHT_NORM);
  for (const double loss : losses) {
    points.add_steps(first_step++);
    points.add_values(loss);
    points.add_values(loss / 3);
  }
}

inline v1::TrialResult NewResult(
    int64_t trial, double loss, int32_t attempt = 1,
    v1::TrialState outcome = v1::TRIAL_STATE_SUCCEEDED) {
  v1::TrialResult result;
  result.set_trial_index(trial);
  result.set_attempt(attempt);
  result.set_outcome(outcome);
  result.set_steps(100);
  result.set_final_loss(loss);
  result.set_best_loss(loss / 2);
  result.set_best_step(90);
  result.set_seconds(0.25);
  return result;
}

inline void AddResult(server::RecordReport& write, v1::TrialResult result) {
  *write.report.add_results() = std::move(result);
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_SERVER_STORE_LEDGER_WRITES_H_
