#ifndef FATHOM_TESTS_FUZZ_WORKER_MESSAGES_H_
#define FATHOM_TESTS_FUZZ_WORKER_MESSAGES_H_

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/revisions.h"

// This file has what a worker of the fuzz targets says in its short life.
namespace fathom::fuzz {

inline v1::WorkerMessage HelloMessage(uint64_t session) {
  v1::WorkerMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_spec_revision(kSpecRevision);
  hello.set_session_id(absl::StrCat("s", session));
  hello.set_worker("w");
  hello.set_numerics("n");
  hello.set_slots(1);
  return message;
}

inline v1::WorkerMessage DemandMessage(int trials) {
  v1::WorkerMessage message;
  message.mutable_demand()->set_trials(trials);
  return message;
}

inline v1::WorkerMessage LeavingMessage() {
  v1::WorkerMessage message;
  message.mutable_leaving();
  return message;
}

// Returns the report that half of the trials of each range of the lease, and
// `more` trials, have ended, with a curve of `curve_points` points each.
inline v1::WorkerMessage EndMessage(const v1::Lease& lease,
                                    const v1::SweepSpec& spec, int more,
                                    v1::TrialState outcome, int curve_points) {
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease.lease_id());
  report.set_sweep_id(lease.sweep_id());
  for (const v1::TrialRange& range : lease.trials()) {
    const int64_t ended =
        std::min<int64_t>(range.count(), (range.count() + 1) / 2 + more);
    for (int64_t i = 0; i < ended; ++i) {
      v1::TrialPoints& points = *report.add_points();
      points.set_trial_index(range.first_index() + i);
      points.set_attempt(range.attempt());
      *points.mutable_metrics() = spec.trial().record().metrics();
      for (int step = 0; step < curve_points; ++step) points.add_steps(step);
      points.mutable_values()->Resize(points.metrics_size() * curve_points,
                                      0.5);
      v1::TrialResult& result = *report.add_results();
      result.set_trial_index(range.first_index() + i);
      result.set_attempt(range.attempt());
      result.set_outcome(outcome);
      if (outcome == v1::TRIAL_STATE_FAILED) result.set_error("no");
    }
  }
  return message;
}

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_WORKER_MESSAGES_H_
