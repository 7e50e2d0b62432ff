// What becomes of a lease that a worker cannot run.
#include "worker/session/bundle_runner.h"

#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "tests/worker/session/lease_fixture.h"

namespace {

// Allocations of this thread that are larger fail.
thread_local size_t largest_allocation = std::numeric_limits<size_t>::max();
// Whether that ends with the first one.
thread_local bool fails_once = false;

void* Allocate(size_t size, size_t alignment) {
  if (size <= largest_allocation) {
    const size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* const memory = std::aligned_alloc(alignment, rounded)) {
      return memory;
    }
  }
  if (fails_once) largest_allocation = std::numeric_limits<size_t>::max();
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) { return Allocate(size, 16); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
// The sanitizers' own of these would not match the operators below.
void* operator new[](size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace fathom::worker {
namespace {

using test::SpecOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BundleRunnerTest : public test::LeaseTest {
 protected:
  // Runs the lease with this spec, no allocation being larger than `most`, and
  // returns what the worker says of it.
  v1::WorkerMessage Run(const v1::SweepSpec& spec,
                        size_t most = std::numeric_limits<size_t>::max()) {
    service_.spec = spec;
    largest_allocation = most;
    const bool finished = RunLease(*held_, Tools(AllEngines()), work_);
    largest_allocation = std::numeric_limits<size_t>::max();
    mailbox_->EndLease(*held_, finished, work_.declined);
    return mailbox_.Next();
  }

  LeaseWork work_;
};

TEST_F(BundleRunnerTest, WhatItCanRunIsReported) {
  const v1::WorkerMessage message = Run(SpecOf(20, 3));
  ASSERT_EQ(message.report().results_size(), 2);
  EXPECT_EQ(message.report().results(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_THAT(work_.declined, IsEmpty());
}

TEST_F(BundleRunnerTest, EvaluatedMetricsComeInChunksOfTheirOwn) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->mutable_data()->mutable_test()->set_rows(5);
  spec.mutable_trial()->set_steps(10);
  v1::RecordSpec& record = *spec.mutable_trial()->mutable_record();
  record.set_points(11);
  record.add_metrics(v1::METRIC_TEST_LOSS);
  record.add_metrics(v1::METRIC_WEIGHT_NORM);
  record.mutable_evaluate()->set_points(3);
  const v1::WorkerMessage message = Run(Normalize(spec));
  ASSERT_EQ(message.report().points_size(), 4);
  for (int i = 0; i < 4; ++i) {
    const v1::TrialPoints& points = message.report().points(i);
    EXPECT_EQ(points.trial_index(), i / 2);
    EXPECT_EQ(points.chunk(), i % 2);
    EXPECT_EQ(points.values_size(),
              points.steps_size() * points.metrics_size());
    if (i % 2 == 0) {
      EXPECT_THAT(points.metrics(),
                  ElementsAre(v1::METRIC_LOSS, v1::METRIC_WEIGHT_NORM));
      EXPECT_GT(points.steps_size(), 5);
    } else {
      EXPECT_THAT(points.metrics(), ElementsAre(v1::METRIC_TEST_LOSS));
      EXPECT_THAT(points.steps(), ElementsAre(0, 5, 10));
    }
  }
}

// As from a coordinator that is newer.
TEST_F(BundleRunnerTest, ASpecThatItDoesNotKnowIsDeclined) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->mutable_optimizer()->set_name(
      static_cast<v1::OptimizerName>(99));
  const v1::WorkerMessage message = Run(spec);
  EXPECT_EQ(message.released().lease_ids(0), 7);
  EXPECT_THAT(message.released().declined(),
              HasSubstr("does not understand the spec"));
}

TEST_F(BundleRunnerTest, AnUnknownFieldIsDeclined) {
  v1::SweepSpec spec = SpecOf(20, 3);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.GetReflection()->MutableUnknownFields(&trial)->AddVarint(4000, 1);
  EXPECT_THAT(Run(spec).released().declined(),
              HasSubstr("does not understand the spec"));
}

TEST_F(BundleRunnerTest, DataThatCannotBeHadAreDeclined) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->mutable_data()->clear_synthetic();
  spec.mutable_trial()->mutable_data()->set_digest("sha256:" +
                                                   std::string(64, 'a'));
  EXPECT_THAT(Run(Normalize(spec)).released().declined(),
              HasSubstr("no such dataset"));
}

TEST_F(BundleRunnerTest, TooLittleMemoryForTheDataIsDeclined) {
  const v1::WorkerMessage message = Run(SpecOf(10'000, 3), 100'000);
  EXPECT_EQ(message.released().lease_ids(0), 7);
  EXPECT_THAT(message.released().declined(), HasSubstr("out of memory"));
}

TEST_F(BundleRunnerTest, TooLittleMemoryForTheModelIsDeclined) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->mutable_model()->set_depth(2);
  spec.mutable_trial()->mutable_model()->set_hidden_width(10'000);
  const v1::WorkerMessage message = Run(Normalize(spec), 100'000);
  EXPECT_THAT(message.released().declined(), HasSubstr("out of memory"));
}

// A disk that takes a report, after which memory is short for a moment.
class ShrinkingSpool final : public Spool {
 public:
  ShrinkingSpool() : Spool(::testing::TempDir(), int64_t{1} << 30) {}
  absl::StatusOr<int64_t> Append(absl::string_view bytes) override {
    absl::StatusOr<int64_t> at = Spool::Append(bytes);
    if (!std::exchange(fails_once, true)) largest_allocation = 1000;
    return at;
  }
};

class ToldTest : public test::LeaseTest {
 protected:
  // The first report stays in memory, the second one goes to the disk.
  ToldTest() : LeaseTest(1, std::make_unique<ShrinkingSpool>()) {}
};

// What is told of a curve cannot be told again on the same attempt: then it is
// not tried again, either.
TEST_F(ToldTest, WhenMemoryEndsAfterAReportNothingIsToldTwice) {
  service_.spec = test::ManyPoints(30'000);
  LeaseWork work;
  const bool finished = RunLease(*held_, Tools(AllEngines()), work);
  EXPECT_FALSE(finished);
  mailbox_->EndLease(*held_, finished, work.declined);
  EXPECT_EQ(largest_allocation, std::numeric_limits<size_t>::max());
  fails_once = false;
  EXPECT_THAT(work.declined, HasSubstr("out of memory"));
  std::map<int64_t, int> chunks;
  v1::WorkerMessage message = mailbox_.Next();
  for (; message.has_report(); message = mailbox_.Next()) {
    for (const v1::TrialPoints& points : message.report().points()) {
      EXPECT_EQ(points.chunk(), chunks[points.trial_index()]++);
    }
  }
  EXPECT_GT(chunks[0], 1);
  EXPECT_EQ(message.released().lease_ids(0), 7);
}

// No worker can do better.
TEST_F(BundleRunnerTest, DataThatNobodyCanPrepareFailTheTrials) {
  v1::SweepSpec spec = SpecOf(20, 3);
  v1::SyntheticData& data =
      *spec.mutable_trial()->mutable_data()->mutable_synthetic();
  data.set_signal_decay(0.5);
  data.set_top_eigenvalue(1e-300);
  data.set_condition(1e300);
  const v1::WorkerMessage message = Run(Normalize(spec));
  ASSERT_EQ(message.report().results_size(), 2);
  EXPECT_EQ(message.report().results(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(message.report().results(0).error(),
              HasSubstr("eigenvalues above 0"));
}

}  // namespace
}  // namespace fathom::worker
