// A lease of trials of an engine that the session knows nothing of.
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/toy_engine.h"
#include "tests/worker/session/lease_fixture.h"
#include "worker/engine/linear/linear_engine.h"
#include "worker/session/bundle_runner.h"

namespace fathom::worker {
namespace {

using test::SpecOf;
using test::ToyEngine;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSteps = 3;

// Two trials of the toy engine, which differ in their seeds.
v1::SweepSpec ToySpec() {
  v1::SweepSpec spec = SpecOf(20, 3);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  trial.set_steps(kSteps);
  trial.mutable_record()->set_points(kSteps + 1);
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
  return Normalize(spec);
}

class SessionEnginesTest : public test::LeaseTest {
 protected:
  // Runs the lease and returns what the worker says of it.
  v1::WorkerMessage Run(const v1::SweepSpec& spec, EngineTable engines) {
    service_.spec = spec;
    const bool finished = RunLease(*held_, Tools(engines), work_);
    mailbox_->EndLease(*held_, finished, work_.declined);
    return mailbox_.Next();
  }

  // The same where both trials end, though not in one bundle.
  std::set<int64_t> Succeeded(const v1::SweepSpec& spec, EngineTable engines) {
    std::set<int64_t> trials;
    for (v1::WorkerMessage message = Run(spec, engines); message.has_report();
         message = mailbox_.Next()) {
      for (const v1::TrialResult& result : message.report().results()) {
        EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_SUCCEEDED)
            << result.error();
        trials.insert(result.trial_index());
      }
      if (trials.size() == 2) break;
    }
    return trials;
  }

  LeaseWork work_;
};

TEST_F(SessionEnginesTest, ItsTrialsAreMeasuredCountedAndReported) {
  const ToyEngine toy;
  const Engine* const engines[] = {&toy, &LinearEngine()};
  const v1::SweepSpec spec = ToySpec();
  const v1::Report report = Run(spec, engines).report();
  EXPECT_THAT(work_.declined, IsEmpty());
  ASSERT_EQ(report.results_size(), 2);
  ASSERT_EQ(report.points_size(), 2);
  for (int i = 0; i < 2; ++i) {
    const v1::TrialSpec trial = Space::Create(spec)->TrialAt(i);
    EXPECT_EQ(report.results(i).outcome(), v1::TRIAL_STATE_SUCCEEDED);
    EXPECT_EQ(report.results(i).trial_index(), i);
    EXPECT_EQ(report.results(i).final_loss(), ToyEngine::LossOf(trial, kSteps));
    EXPECT_THAT(report.points(i).metrics(), ElementsAre(v1::METRIC_LOSS));
    EXPECT_THAT(
        report.points(i).values(),
        ElementsAre(ToyEngine::LossOf(trial, 0), ToyEngine::LossOf(trial, 1),
                    ToyEngine::LossOf(trial, 2), ToyEngine::LossOf(trial, 3)));
  }
  EXPECT_THAT(toy.bundles, ElementsAre(2));
  EXPECT_EQ(work_.flops, 2 * (kSteps + 1) * ToyEngine::kStepFlops);
  EXPECT_EQ(held_->steps.load(), 2 * kSteps);
}

TEST_F(SessionEnginesTest, ItsLanesAreBoundedByWhatItSaysOfTheirMemory) {
  const ToyEngine toy(/*lane_bytes=*/0.6 * kBundleBytes);
  const Engine* const engines[] = {&toy};
  EXPECT_THAT(Succeeded(ToySpec(), engines), ElementsAre(0, 1));
  EXPECT_THAT(toy.bundles, ElementsAre(1, 1));
}

// An axis over families: each engine gets its own trials, on the same data.
TEST_F(SessionEnginesTest, TrialsOfSeveralEnginesShareALease) {
  const ToyEngine toy;
  const Engine* const engines[] = {&toy, &LinearEngine()};
  v1::SweepSpec spec = ToySpec();
  v1::Axis& axis = *spec.mutable_axes(0)->mutable_axes(0);
  axis.Clear();
  axis.set_field("model.family");
  axis.mutable_list()->add_values()->set_text("scalar_product");
  axis.mutable_list()->add_values()->set_text("linear_net");
  spec.mutable_trial()->mutable_model()->clear_family();
  EXPECT_THAT(Succeeded(Normalize(spec), engines), ElementsAre(0, 1));
  EXPECT_THAT(work_.declined, IsEmpty());
  EXPECT_THAT(toy.bundles, ElementsAre(1));
}

// As a newer coordinator might send, or one whose worker lacks an engine.
TEST_F(SessionEnginesTest, ATrialThatNoEngineTrainsIsDeclined) {
  const ToyEngine toy;
  const Engine* const engines[] = {&toy};
  const v1::WorkerMessage message = Run(SpecOf(20, 3), engines);
  EXPECT_EQ(message.released().lease_ids(0), 7);
  EXPECT_THAT(message.released().declined(),
              AllOf(HasSubstr("cannot train trial 0"),
                    HasSubstr("found linear_net"), HasSubstr("toy")));
  EXPECT_THAT(toy.bundles, IsEmpty());
}

TEST_F(SessionEnginesTest, AMetricThatItsEngineDoesNotMeasureIsDeclined) {
  const ToyEngine toy;
  const Engine* const engines[] = {&toy, &LinearEngine()};
  v1::SweepSpec spec = ToySpec();
  spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_WEIGHT_NORM);
  EXPECT_THAT(Run(spec, engines).released().declined(),
              HasSubstr("found weight_norm"));
  EXPECT_THAT(toy.bundles, IsEmpty());
}

}  // namespace
}  // namespace fathom::worker
