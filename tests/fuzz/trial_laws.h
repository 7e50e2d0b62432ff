#ifndef FATHOM_TESTS_FUZZ_TRIAL_LAWS_H_
#define FATHOM_TESTS_FUZZ_TRIAL_LAWS_H_

#include <cstdint>
#include <map>
#include <variant>
#include <vector>

#include "server/coordinator/effects.h"
#include "tests/fuzz/fuzz.h"

namespace fathom::fuzz {

// Follows the writes as the ledger would, and requires the laws of trials. It
// takes little time for that, so that large sweeps can be tried often.
class TrialLaws {
 public:
  // Applies a write and returns how many trials it gave out.
  int64_t Apply(const server::Write& write) {
    if (const auto* lease = std::get_if<server::InsertLease>(&write)) {
      return Grant(lease->lease);
    }
    if (const auto* report = std::get_if<server::RecordReport>(&write)) {
      // Points come before the result of their trial, or together with it.
      for (const v1::TrialPoints& points : report->report.points()) {
        Require(points.attempt() ==
                    At(report->report.sweep_id(), points.trial_index()).attempt,
                "points are of the open attempt");
      }
      for (const v1::TrialResult& result : report->report.results()) {
        Trial& trial = At(report->report.sweep_id(), result.trial_index());
        Require(result.attempt() == trial.attempt,
                "a result is of the open attempt");
        Require(trial.state == kOpen, "what ends was leased, and ends once");
        trial.state = kEnded;
      }
    } else if (const auto* late =
                   std::get_if<server::RecordLateReport>(&write)) {
      for (const v1::TrialResult& result : late->report.results()) {
        Trial& trial = At(late->report.sweep_id(), result.trial_index());
        Require(result.attempt() == trial.attempt,
                "a late result is of the last attempt");
        Require(trial.state == kWaiting, "what ends late waits for its turn");
        trial.state = kEnded;
      }
    } else if (const auto* returned =
                   std::get_if<server::ReturnTrial>(&write)) {
      Trial& trial = At(returned->sweep_id, returned->trial_index);
      Require(trial.state == kOpen, "what is returned was leased");
      trial.state = kWaiting;
    } else if (const auto* failed =
                   std::get_if<server::QuarantineTrial>(&write)) {
      Trial& trial = At(failed->sweep_id, failed->trial_index);
      Require(trial.state == kOpen, "what is quarantined was leased");
      trial.state = kEnded;
    } else if (const auto* retry = std::get_if<server::RetryTrial>(&write)) {
      Trial& trial = At(retry->sweep_id, retry->trial_index);
      Require(trial.state == kEnded, "what is retried has ended");
      trial.state = kWaiting;
    } else if (const auto* cancel = std::get_if<server::CancelTrials>(&write)) {
      // No trial of a cancelled sweep may do anything any more.
      for (Trial& trial : sweeps_[cancel->sweep_id]) trial.state = kEnded;
    }
    return 0;
  }

 private:
  enum State : int8_t { kWaiting, kOpen, kEnded };
  struct Trial {
    int32_t attempt = 0;
    State state = kWaiting;
  };

  Trial& At(int64_t sweep_id, int64_t index) {
    std::vector<Trial>& trials = sweeps_[sweep_id];
    Require(index >= 0, "trials count from 0");
    if (index >= static_cast<int64_t>(trials.size())) {
      trials.resize(static_cast<size_t>(index) + 1);
    }
    return trials[static_cast<size_t>(index)];
  }

  int64_t Grant(const v1::Lease& lease) {
    int64_t count = 0;
    for (const v1::TrialRange& range : lease.trials()) {
      count += range.count();
      for (int64_t i = range.count(); i-- > 0;) {
        Trial& trial = At(lease.sweep_id(), range.first_index() + i);
        Require(range.attempt() == trial.attempt + 1,
                "an attempt is the last one plus 1");
        Require(trial.state == kWaiting,
                "a trial is leased once, and what has ended stays so");
        trial.attempt = range.attempt();
        trial.state = kOpen;
      }
    }
    return count;
  }

  std::map<int64_t, std::vector<Trial>> sweeps_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_TRIAL_LAWS_H_
