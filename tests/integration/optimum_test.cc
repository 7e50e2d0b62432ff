// These tests follow the optimum behind excess_loss through a real coordinator
// and real workers: it is found once, kept in the ledger, and asked for from
// then on.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "server/store/ledger.h"
#include "tests/testing/cluster.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom {
namespace {

using ::fathom::test::Cluster;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Returns a sweep over depth and seed on generated data, with the loss and its
// excess.
v1::SweepSpec ExcessSweep(double p, int64_t seeds = 3) {
  v1::SweepSpec spec;
  spec.set_name("excess");
  v1::TrialSpec& trial = *spec.mutable_trial();
  v1::SyntheticData& data = *trial.mutable_data()->mutable_synthetic();
  data.set_rows(64);
  data.set_columns(5);
  data.set_noise(0.3);
  trial.mutable_loss()->set_lp(p);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  trial.set_steps(50);
  trial.mutable_record()->set_points(5);
  trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
  trial.mutable_record()->add_metrics(v1::METRIC_EXCESS_LOSS);
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  depth.mutable_range()->set_from(1);
  depth.mutable_range()->set_to(3);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_from(0);
  seed.mutable_range()->set_to(seeds);
  return Normalize(spec);
}

class OptimumCluster : public Cluster {
 protected:
  // Returns the differences loss - excess_loss of a sweep, each once.
  std::vector<std::string> Differences(int64_t sweep_id) {
    return Rows(absl::StrCat(
        "SELECT DISTINCT round(l.value - e.value, 12) FROM metric_points l "
        "JOIN metric_points e USING (sweep, trial, step) WHERE l.metric = "
        "'loss' AND e.metric = 'excess_loss' AND sweep = ",
        sweep_id));
  }

  // Writes an optimum into the ledger that no solver would find.
  void Plant(const v1::TrialSpec& trial, double value) {
    auto ledger = server::Ledger::Open(db_path());
    ASSERT_OK(ledger);
    server::InsertSession session;
    session.hello.set_worker("planter");
    session.hello.set_session_id("planter");
    session.hello.set_numerics(worker::LinearEngine().numerics());
    server::RecordOptimum optimum;
    *optimum.optimum.mutable_data() = trial.data();
    *optimum.optimum.mutable_loss() = trial.loss();
    optimum.optimum.set_value(value);
    optimum.session_id = "planter";
    optimum.numerics = worker::LinearEngine().numerics();
    ASSERT_OK((*ledger)->Commit(std::vector<server::Write>{session, optimum}));
  }
};

TEST_F(OptimumCluster, IsFoundOnceAndKept) {
  StartServer();
  {
    auto worker = StartWorker("first", 2);
    const v1::Sweep done = WaitUntilComplete(Submit(ExcessSweep(4)).sweep_id());
    EXPECT_EQ(done.progress().succeeded(), 6);
  }
  const std::vector<std::string> optima =
      Rows("SELECT value, worker, lp, factor, fingerprint FROM optima");
  ASSERT_THAT(optima, SizeIs(1));
  ASSERT_THAT(Differences(1), SizeIs(1));
  EXPECT_THAT(
      Rows("SELECT COUNT(*) FROM optima WHERE gap <= 1e-10 * (1 + value) "
           "AND worker = 'first' AND value > 0"),
      ElementsAre("1"));
  EXPECT_THAT(Rows("SELECT round(value, 12) FROM optima"), Differences(1));

  // After a restart another worker trains more trials on the same data.
  StopServer();
  StartServer();
  auto worker = StartWorker("second", 2);
  v1::SweepSpec more = ExcessSweep(4, 20);
  const v1::Sweep sweep = Submit(more);
  EXPECT_EQ(WaitUntilComplete(sweep.sweep_id()).progress().succeeded(), 40);

  EXPECT_EQ(Rows("SELECT value, worker, lp, factor, fingerprint FROM optima"),
            optima);
  EXPECT_EQ(Differences(sweep.sweep_id()), Differences(1));
  EXPECT_THAT(Rows("SELECT kind FROM events WHERE kind = 'optimum_mismatch'"),
              IsEmpty());
}

TEST_F(OptimumCluster, IsNotFoundAgainWhereTheLedgerHasIt) {
  const v1::SweepSpec spec = ExcessSweep(4);
  Plant(Space::Create(spec)->TrialAt(0), 0.0078125);
  StartServer();
  auto worker = StartWorker("w", 2);
  const v1::Sweep sweep = Submit(spec);
  WaitUntilComplete(sweep.sweep_id());

  EXPECT_THAT(Differences(sweep.sweep_id()), ElementsAre("0x1p-7"));
  EXPECT_THAT(Rows("SELECT value, worker FROM optima"),
              ElementsAre("0x1p-7|planter"));
  EXPECT_THAT(Rows("SELECT kind FROM events WHERE kind = 'optimum_mismatch'"),
              IsEmpty());
}

TEST_F(OptimumCluster, ATrialWithoutOneFailsAndSaysWhy) {
  v1::SweepSpec spec = ExcessSweep(4);
  spec.mutable_trial()->mutable_data()->mutable_synthetic()->set_columns(4097);
  spec.mutable_trial()->mutable_data()->mutable_synthetic()->set_rows(2);
  StartServer();
  auto worker = StartWorker("w");
  const v1::Sweep done = WaitUntilComplete(Submit(spec).sweep_id());
  EXPECT_EQ(done.progress().failed(), 6);
  EXPECT_THAT(Rows("SELECT DISTINCT error FROM results"),
              ElementsAre("excess_loss: the optimum is computed for data with "
                          "at most 4096 features; this data has 4097"));
}

}  // namespace
}  // namespace fathom
