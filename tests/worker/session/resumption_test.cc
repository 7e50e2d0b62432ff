// Trials that go on from a checkpoint that their lease names, or cannot.
#include <map>
#include <new>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/toy_engine.h"
#include "tests/worker/session/checkpoint_fixture.h"
#include "worker/session/checkpoint_fetch.h"

namespace fathom::worker {
namespace {

using test::DigestOf;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const grpc::Status kAway = {grpc::StatusCode::UNAVAILABLE, "starts anew"};

class ResumptionTest : public test::CheckpointTest {
 protected:
  struct Told {
    std::vector<v1::Resumption> resumptions;
    std::map<int64_t, std::vector<int64_t>> steps, chunks;
    int results = 0;
    bool released = false;
  };

  // What the worker says of the lease; what becomes of a checkpoint is said
  // no later than the first points of its trial.
  Told Tell() {
    Told told;
    for (const v1::WorkerMessage& message : Messages()) {
      told.released |= message.has_released();
      const v1::Report& report = message.report();
      for (const v1::Resumption& resumption : report.resumptions()) {
        EXPECT_THAT(told.steps[resumption.trial_index()], IsEmpty());
        told.resumptions.push_back(resumption);
      }
      for (const v1::TrialPoints& points : report.points()) {
        auto& of = told.steps[points.trial_index()];
        of.insert(of.end(), points.steps().begin(), points.steps().end());
        told.chunks[points.trial_index()].push_back(points.chunk());
      }
      told.results += report.results_size();
    }
    return told;
  }

  // Runs the lease, whose trial 0 has a checkpoint that cannot be used, and
  // expects that it says why and begins anew. Returns what it says.
  std::string WhyNot() {
    EXPECT_TRUE(Run());
    const Told told = Tell();
    EXPECT_EQ(told.results, 2);
    EXPECT_THAT(told.steps.at(0), SizeIs(kSteps + 1));
    EXPECT_EQ(told.steps.at(0).front(), 0);
    EXPECT_EQ(told.chunks.at(0).front(), 0);
    EXPECT_THAT(told.resumptions, SizeIs(1));
    if (told.resumptions.size() != 1) return "";
    const v1::Resumption& resumption = told.resumptions[0];
    EXPECT_EQ(resumption.trial_index(), 0);
    EXPECT_EQ(resumption.attempt(), 4);
    EXPECT_EQ(resumption.digest(), lease_.checkpoints(0).digest());
    EXPECT_NE(resumption.unusable(), "");
    return resumption.unusable();
  }
};

TEST_F(ResumptionTest, ATrialGoesOnWithTheChunksAndStepsAfterItsCheckpoint) {
  AddCheckpoint(20, 3);
  ASSERT_TRUE(Run());
  const Told told = Tell();
  ASSERT_THAT(told.resumptions, SizeIs(1));
  EXPECT_EQ(told.resumptions[0].trial_index(), 0);
  EXPECT_EQ(told.resumptions[0].attempt(), 4);
  EXPECT_EQ(told.resumptions[0].digest(), lease_.checkpoints(0).digest());
  EXPECT_EQ(told.resumptions[0].unusable(), "");
  EXPECT_EQ(told.steps.at(0).front(), 20);
  EXPECT_THAT(told.steps.at(0), SizeIs(kSteps + 1 - 20));
  EXPECT_EQ(told.chunks.at(0).front(), 3);
  EXPECT_EQ(told.steps.at(1).front(), 0);
  EXPECT_EQ(told.chunks.at(1).front(), 0);
  EXPECT_EQ(told.results, 2);
  ASSERT_THAT(service_.gets, SizeIs(1));
  EXPECT_EQ(service_.gets[0].sweep_id(), 3);
  EXPECT_EQ(service_.gets[0].trial_index(), 0);
  EXPECT_EQ(service_.gets[0].digest(), lease_.checkpoints(0).digest());
  // The steps before count as taken, but not as work.
  EXPECT_EQ(held_->steps.load(), 2 * kSteps);
  EXPECT_EQ(work_.flops,
            (2 * (kSteps + 1) - 20) * test::WrittenEngine::kStepFlops);
}

// From then on it is written down like any other.
TEST_F(ResumptionTest, ItsNextCheckpointCountsTheChunksBeforeIt) {
  AddCheckpoint(20, 3);
  engine_.before_step = [&] {
    ++clock_;
    Settle();
  };
  ASSERT_TRUE(Run());
  const auto puts = service_.puts();
  ASSERT_THAT(puts, Not(IsEmpty()));
  EXPECT_EQ(puts[0].checkpoint().trial_index(), 0);
  EXPECT_EQ(puts[0].checkpoint().step(), 29);
  EXPECT_EQ(puts[0].checkpoint().chunks(), 4);
}

TEST_F(ResumptionTest, ACheckpointThatIsGoneIsUnusable) {
  AddCheckpoint(20, 3);
  service_.before_get = [](int64_t& most) {
    most = 0;
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such checkpoint");
  };
  EXPECT_THAT(WhyNot(), HasSubstr("no such checkpoint"));
}

TEST_F(ResumptionTest, OtherBytesThanTheDigestSaysAreUnusable) {
  AddCheckpoint(20, 3);
  service_.state[3] ^= 1;
  EXPECT_THAT(WhyNot(), HasSubstr("another content"));
}

TEST_F(ResumptionTest, TooFewBytesAreUnusable) {
  AddCheckpoint(20, 3);
  service_.state.pop_back();
  EXPECT_THAT(WhyNot(), HasSubstr("another content"));
}

TEST_F(ResumptionTest, TooManyBytesAreUnusableBeforeTheyAreKept) {
  AddCheckpoint(20, 3);
  service_.state.append(1000, 'x');
  EXPECT_THAT(WhyNot(), HasSubstr("expected those at 0 of 8"));
}

TEST_F(ResumptionTest, BytesAtAnotherOffsetAreUnusable) {
  AddCheckpoint(20, 3);
  service_.skip = 1;
  EXPECT_THAT(WhyNot(), HasSubstr("found 8 bytes at 1"));
}

TEST_F(ResumptionTest, OtherNumericsAreUnusableAndNotFetched) {
  AddCheckpoint(20, 3).set_numerics("written-k0");
  EXPECT_THAT(WhyNot(), HasSubstr("written-k0"));
  EXPECT_THAT(service_.gets, IsEmpty());
}

TEST_F(ResumptionTest, AnEnormousStateIsUnusableAndNotFetched) {
  AddCheckpoint(20, 3).set_bytes(kMaxCheckpointBytes + 1);
  EXPECT_THAT(WhyNot(), HasSubstr("expected at most"));
  EXPECT_THAT(service_.gets, IsEmpty());
}

TEST_F(ResumptionTest, WhatTheEngineRefusesIsUnusable) {
  v1::TrialCheckpoint& checkpoint = AddCheckpoint(20, 3);
  service_.state = "no state";
  checkpoint.set_digest(DigestOf(service_.state));
  checkpoint.set_bytes(8);
  EXPECT_THAT(WhyNot(), HasSubstr("found no step"));
}

// Its points would otherwise come after those of the attempt before.
TEST_F(ResumptionTest, AnEngineThatKnowsNoStatesBeginsAnewAndSaysSo) {
  const test::ToyEngine toy;
  engine_in_use_ = &toy;
  AddCheckpoint(20, 3).set_numerics(toy.numerics());
  EXPECT_THAT(WhyNot(), HasSubstr("nothing asked for"));
}

// The points that the checkpoint counts may then be others than those before.
TEST_F(ResumptionTest, AStateOfAnotherStepIsToldAndTheLeaseHandedBack) {
  AddCheckpoint(20, 3);
  engine_.off_by = 1;
  EXPECT_FALSE(Run());
  const Told told = Tell();
  ASSERT_THAT(told.resumptions, SizeIs(1));
  EXPECT_THAT(told.resumptions[0].unusable(), HasSubstr("of step 21"));
  EXPECT_EQ(told.results, 0);
  EXPECT_TRUE(told.steps.count(0) == 0 || told.steps.at(0).empty());
  EXPECT_TRUE(told.released);
}

TEST_F(ResumptionTest, WhileTheCoordinatorIsAwayTheTrialWaits) {
  engine_.state_bytes = 1000;
  AddCheckpoint(20, 3);
  service_.before_get = [&](int64_t& most) {
    const size_t call = service_.gets.size();
    most = call == 2 ? 300 : call < 4 ? 0 : most;
    return call < 4 ? kAway : grpc::Status::OK;
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(Tell().steps.at(0).front(), 20);
  std::vector<int64_t> offsets;
  for (const auto& get : service_.gets) offsets.push_back(get.offset());
  EXPECT_THAT(offsets, ElementsAre(0, 0, 300, 300));
}

TEST_F(ResumptionTest, ALeaseThatEndsMeanwhileSaysNothing) {
  AddCheckpoint(20, 3);
  service_.before_get = [&](int64_t& most) {
    most = 0;
    mailbox_->Stop();
    return kAway;
  };
  // Engines may measure a lane before they ask whether to go on.
  engine_.after_begin = [](BundleObserver& observer) {
    observer.OnPoint(0, 0, {1.0});
  };
  EXPECT_FALSE(Run());
  const Told told = Tell();
  EXPECT_THAT(told.resumptions, IsEmpty());
  EXPECT_TRUE(told.steps.empty());
  EXPECT_TRUE(told.released);
}

// Nothing was said of the first try.
TEST_F(ResumptionTest, WhenMemoryIsShortAtFirstItGoesOnFromThereAllTheSame) {
  AddCheckpoint(20, 3);
  engine_.after_begin = [&](BundleObserver&) {
    if (engine_.bundles.size() == 1) throw std::bad_alloc();
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(engine_.bundles, ElementsAre(2, 2));
  const Told told = Tell();
  ASSERT_THAT(told.resumptions, SizeIs(1));
  EXPECT_EQ(told.resumptions[0].unusable(), "");
  EXPECT_EQ(told.steps.at(0).front(), 20);
  EXPECT_EQ(told.results, 2);
}

TEST_F(ResumptionTest, LargeStatesCutABundle) {
  AddCheckpoint(20, 3).set_bytes(kMaxCheckpointBytes);
  EXPECT_TRUE(Run());
  EXPECT_THAT(engine_.bundles, ElementsAre(1, 1));
}

TEST_F(ResumptionTest, AFetchHasItsTimeUnlessTheCoordinatorIsAway) {
  AddCheckpoint(20, 3);
  RunningCalls calls;
  const auto go = [&](grpc::StatusCode code, absl::Duration patience) {
    service_.before_get = [code](int64_t& most) {
      most = 0;
      return grpc::Status(code, "later");
    };
    CheckpointFetch fetch(stub_.get(), &calls, 3, lease_.checkpoints(0),
                          patience);
    return fetch.Go([] { return true; }).status();
  };
  EXPECT_THAT(go(grpc::StatusCode::RESOURCE_EXHAUSTED, absl::Minutes(1)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(go(grpc::StatusCode::RESOURCE_EXHAUSTED, -absl::Minutes(1)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("0 bytes of 8 had arrived")));
  EXPECT_THAT(go(grpc::StatusCode::UNAVAILABLE, absl::Minutes(1)),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(CheckpointPatienceTest, GrowsWithTheBytes) {
  EXPECT_EQ(CheckpointPatience(0), absl::Minutes(1));
  EXPECT_EQ(CheckpointPatience(int64_t{60} << 18), absl::Minutes(2));
}

}  // namespace
}  // namespace fathom::worker
