// What a worker tells of a lease: everything, once, and nothing that others
// might take for a finding when it is a fault.
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "proto/dataset/dataset.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/session/lease_fixture.h"

namespace fathom::worker {
namespace {

using test::SpecOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kLease = 7;

class ReportsTest : public test::LeaseTest {
 protected:
  // Runs the lease to its end; returns whether every trial was reported.
  bool Run(const v1::SweepSpec& spec) {
    service_.spec = spec;
    return test::Within(
        "the lease does not end",
        [&] { return RunLease(*held_, Tools(AllEngines()), work_); },
        [&] { mailbox_->Stop(); });
  }

  // All reports that are waiting.
  std::vector<v1::Report> Reports() {
    mailbox_->EndLease(*held_, /*finished=*/true);
    std::thread slot([&] { mailbox_->WaitForLease(0, 1); });
    std::vector<v1::Report> reports;
    // The demand comes last.
    for (v1::WorkerMessage message = mailbox_.Next(); message.has_report();
         message = mailbox_.Next()) {
      reports.push_back(message.report());
    }
    mailbox_->Stop();
    slot.join();
    return reports;
  }

  static v1::SweepSpec OnDataset(const std::string& bytes) {
    v1::SweepSpec spec = SpecOf(20, 3);
    spec.mutable_trial()->mutable_data()->clear_synthetic();
    spec.mutable_trial()->mutable_data()->set_digest(DatasetDigest(bytes));
    return Normalize(spec);
  }

  static std::string SmallDataset(double y) {
    Dataset dataset{.rows = 2, .columns = 1, .targets = 1};
    dataset.x = {1, 2};
    dataset.y = {y, 2};
    return EncodeDataset(dataset);
  }

  LeaseWork work_;
};

// More points than fit into a report, of trials side by side.
TEST_F(ReportsTest, ATrialThatReportsSeveralTimesHasAllItsPointsInOrder) {
  constexpr int64_t kSteps = 9'000;
  ASSERT_TRUE(Run(test::ManyPoints(kSteps)));

  std::map<int64_t, std::vector<int64_t>> steps, chunks;
  int results = 0;
  const std::vector<v1::Report> reports = Reports();
  EXPECT_GT(reports.size(), 1u);
  for (const v1::Report& report : reports) {
    EXPECT_EQ(report.lease_id(), kLease);
    EXPECT_EQ(report.sweep_id(), 3);
    EXPECT_LT(report.ByteSizeLong(), size_t{1} << 20);
    for (const v1::TrialPoints& points : report.points()) {
      EXPECT_EQ(points.attempt(), 1);
      EXPECT_EQ(points.values_size(),
                points.steps_size() * points.metrics_size());
      auto& of = steps[points.trial_index()];
      of.insert(of.end(), points.steps().begin(), points.steps().end());
      chunks[points.trial_index()].push_back(points.chunk());
    }
    results += report.results_size();
  }
  EXPECT_EQ(results, 2);
  for (const int64_t index : {0, 1}) {
    ASSERT_THAT(steps[index], SizeIs(kSteps + 1));
    for (int64_t step = 0; step <= kSteps; ++step) {
      ASSERT_EQ(steps[index][step], step) << index;
    }
    EXPECT_GT(chunks[index].size(), 1u);
    for (size_t i = 0; i < chunks[index].size(); ++i) {
      EXPECT_EQ(chunks[index][i], static_cast<int64_t>(i));
    }
  }
}

// A coordinator that starts anew at the wrong moment is nobody's fault.
TEST_F(ReportsTest, WhileTheCoordinatorIsAwayTheLeaseWaits) {
  const std::string bytes = SmallDataset(1);
  service_.dataset = bytes;
  service_.spec_away = 3;
  service_.dataset_away = 3;
  EXPECT_TRUE(Run(OnDataset(bytes)));
  EXPECT_THAT(work_.declined, IsEmpty());
  const std::vector<v1::Report> reports = Reports();
  ASSERT_THAT(reports, SizeIs(1));
  ASSERT_THAT(reports[0].results(), SizeIs(2));
  for (const v1::TrialResult& result : reports[0].results()) {
    EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_SUCCEEDED) << result.error();
  }
  EXPECT_EQ(service_.spec_away, -1);
  EXPECT_EQ(service_.dataset_away, -1);
}

// Whatever comes, it is what the digest says or it is not trained on.
TEST_F(ReportsTest, OtherBytesThanTheDigestSaysAreNotTrainedOn) {
  const std::string wanted = SmallDataset(1);
  for (const std::string& sent :
       {SmallDataset(3), wanted.substr(0, wanted.size() - 8), wanted + "x",
        std::string("FATHOMD1")}) {
    service_.dataset = sent;
    work_ = {};
    EXPECT_FALSE(Run(OnDataset(wanted)));
    EXPECT_THAT(work_.declined, HasSubstr("another content"));
  }
  EXPECT_THAT(Reports(), IsEmpty());
}

// It has not asked for the rest, and says nothing of it.
TEST_F(ReportsTest, ADroppedLeaseIsNotFinished) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->set_steps(1'000'000'000'000);
  v1::CoordinatorMessage revoke;
  revoke.mutable_revoke()->add_lease_ids(kLease);
  mailbox_->OnMessage(revoke);
  EXPECT_FALSE(Run(Normalize(spec)));
  EXPECT_THAT(work_.declined, IsEmpty());
  EXPECT_THAT(Reports(), IsEmpty());
}

// So that its session can be told how far it is.
TEST_F(ReportsTest, StepsAreCountedOverTheWholeLease) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->set_steps(1000);
  // Each trial has data of its own, and is a bundle of its own.
  spec.mutable_axes(0)->mutable_axes(0)->set_field("data.synthetic.seed");
  ASSERT_TRUE(Run(Normalize(spec)));
  EXPECT_EQ(held_->steps, 2000);
  EXPECT_EQ(work_.sweep_id, 3);
  EXPECT_EQ(work_.end_index, 2);
  EXPECT_EQ(work_.shape.rows, 20);
  EXPECT_GT(work_.flops, 0);
}

TEST(CutByMemoryTest, EveryRunFitsOrHasOneTrial) {
  EXPECT_THAT(CutByMemory({}, 10), IsEmpty());
  EXPECT_THAT(CutByMemory({4, 6, 1}, 10), ::testing::ElementsAre(2, 3));
  EXPECT_THAT(CutByMemory({50, 1, 50, 50}, 10),
              ::testing::ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(CutByMemory({5, 5, 5, 5, 5}, 10),
              ::testing::ElementsAre(2, 4, 5));
}

}  // namespace
}  // namespace fathom::worker
