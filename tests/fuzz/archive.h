#ifndef FATHOM_TESTS_FUZZ_ARCHIVE_H_
#define FATHOM_TESTS_FUZZ_ARCHIVE_H_

#include <cstdint>

#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "tests/fuzz/ledger_folder.h"
#include "tests/fuzz/service_steps.h"

namespace fathom::fuzz {

// Returns the spec of a sweep over `trials` seeds, which is small except for
// its number of trials.
inline v1::SweepSpec SeedsSpec(const char* name, int64_t trials,
                               int64_t steps) {
  v1::SweepSpec spec;
  spec.set_name(name);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.set_steps(steps);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  axis.mutable_range()->set_from(0);
  axis.mutable_range()->set_to(trials);
  return spec;
}

// Returns a ledger for calls that only read, which all inputs share because
// nothing changes it. It is as large in every way as can be made in about a
// second: sweep 1 has more points than a batch of curves holds; sweep 2 has as
// many trials as a sweep may have, few of which were ever given out; and there
// are more sweeps than a page may hold.
inline ServiceSteps& Archive() {
  static ServiceSteps& archive = *[] {
    constexpr int kTrials = 640;
    constexpr int kPoints = 512;
    constexpr int kSweeps = 1100;
    // The folder and the steps live as long as the process.
    static const auto& folder = *new LedgerFolder;
    auto* steps = new ServiceSteps(folder.path());
    v1::CreateSweepRequest request;
    *request.mutable_spec() = SeedsSpec("s1", kTrials, kPoints);
    steps->Create(request, {});
    steps->Work(kTrials, false, v1::TRIAL_STATE_SUCCEEDED, kPoints);
    v1::UpdateSweepRequest pause;
    pause.set_sweep("1");
    pause.set_paused(true);
    steps->Change(pause, {});
    *request.mutable_spec() = SeedsSpec("s2", kMaxTrials, 1);
    steps->Create(request, {});
    steps->Work(20, false, v1::TRIAL_STATE_FAILED);
    steps->CreateMany(Normalize(SeedsSpec("s3", 2, 1)), kSweeps);
    return steps;
  }();
  return archive;
}

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_ARCHIVE_H_
