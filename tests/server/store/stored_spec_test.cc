// What a ledger says of sweeps whose specs are not as this program writes them.
#include <sqlite3.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/validate.h"
#include "server/coordinator/coordinator.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::LedgerTest;
using test::NewLease;
using test::SmallSpec;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kTrace[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class StoredSpecTest : public LedgerTest {
 protected:
  // Puts `bytes` in the place of the spec of sweep 1.
  void Store(const std::string& bytes, int revision) {
    ledger_.reset();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    const std::string sql = absl::StrCat(
        "UPDATE sweep_specs SET spec=x'", absl::BytesToHexString(bytes),
        "', revision=", revision, " WHERE sweep_id=1");
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(db);
  }

  // What a start of a coordinator writes; also carries it out.
  std::vector<Write> StartCoordinator() {
    ledger_.reset();
    ledger_ = OpenLedger();
    auto state = ledger_->Load();
    EXPECT_OK(state);
    coordinator_ = std::make_unique<Coordinator>(
        Coordinator::Options(), *std::move(state), test::SecondsIn(5));
    Effects effects = coordinator_->TakeEffects();
    EXPECT_OK(ledger_->Commit(effects.writes));
    return std::move(effects.writes);
  }

  std::unique_ptr<Coordinator> coordinator_;
};

TEST_F(StoredSpecTest, ANewSweepIsStoredWithTheRevisionOfThisProgram) {
  EXPECT_THAT(Rows("SELECT revision FROM sweep_specs"),
              ElementsAre(absl::StrCat(kSpecRevision)));
  InsertSweep owned = test::NewSweep(2, SmallSpec(2), 6);
  owned.sweep.set_owner("ada");
  owned.sweep.set_traceparent(kTrace);
  ASSERT_OK(Commit({owned}));
  EXPECT_THAT(Rows("SELECT sweep,owner FROM sweep_overview ORDER BY sweep"),
              ElementsAre("1|", "2|ada"));
  auto reader = LedgerReader::Open(path_);
  EXPECT_EQ((*reader)->GetSweep(2)->owner(), "ada");
  EXPECT_EQ((*reader)->ListSweeps(0, 10)->at(0).owner(), "ada");
  EXPECT_EQ(ledger_->Load()->running_sweeps[1].sweep.owner(), "ada");
  EXPECT_EQ((*reader)->GetSweep(2)->traceparent(), kTrace);
  EXPECT_EQ((*reader)->GetSweep(1)->traceparent(), "");
  EXPECT_EQ((*reader)->ListSweeps(0, 10)->at(0).traceparent(), kTrace);
  EXPECT_EQ(ledger_->Load()->running_sweeps[1].sweep.traceparent(), kTrace);
}

TEST_F(StoredSpecTest, WhatTodaysRulesRefuseIsGivenOut) {
  v1::SweepSpec spec = SmallSpec(4);
  spec.set_name("two words");
  spec.mutable_trial()->mutable_data()->clear_standardize_targets();
  ASSERT_THAT(Validate(spec), Not(IsEmpty()));
  Store(spec.SerializeAsString(), 0);
  EXPECT_THAT(StartCoordinator(), IsEmpty());
  EXPECT_OK(Commit({NewLease(1, 1, 0, 2)}));
  EXPECT_THAT(Rows("SELECT trial,depth,state FROM results"),
              ElementsAre("0|1|leased", "1|1|leased"));
}

TEST_F(StoredSpecTest, ANewerSpecIsShownAsSuchAndHurtsNobody) {
  v1::SweepSpec spec = SmallSpec(4);
  spec.mutable_trial()->mutable_record()->add_metrics(
      static_cast<v1::Metric>(500));
  Store(spec.SerializeAsString(), kSpecRevision + 1);
  EXPECT_THAT(StartCoordinator(), SizeIs(1));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  for (const v1::Sweep& sweep :
       {*(*reader)->GetSweep(1), (*reader)->ListSweeps(0, 10)->at(0)}) {
    EXPECT_THAT(sweep.unreadable(), HasSubstr("500"));
    EXPECT_EQ(sweep.spec().name(), "small");
    EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_RUNNING);
  }
  EXPECT_OK((*reader)->Audit());
  EXPECT_THAT(Commit({NewLease(1, 1, 0, 2)}),
              StatusIs(absl::StatusCode::kFailedPrecondition));

  // The next start says it again, and records it no more.
  EXPECT_THAT(StartCoordinator(), SizeIs(1));
  EXPECT_THAT(Rows("SELECT kind,sweep FROM events"),
              ElementsAre("sweep_unreadable|1"));

  ASSERT_OK(coordinator_->CancelSweep(1, test::SecondsIn(6)));
  EXPECT_OK(ledger_->Commit(coordinator_->TakeEffects().writes));
  EXPECT_THAT(Rows("SELECT state,cancelled FROM sweep_overview"),
              ElementsAre("cancelled|12"));
  EXPECT_EQ((*reader)->GetSweep(1)->state(), v1::SWEEP_STATE_CANCELLED);
}

TEST_F(StoredSpecTest, ATornSpecKeepsNobodyFromTheLedger) {
  Store("\x0a\xff\xff", 0);
  EXPECT_THAT(StartCoordinator(), SizeIs(1));
  auto reader = LedgerReader::Open(path_);
  const auto sweep = (*reader)->GetSweep("small");
  ASSERT_OK(sweep);
  EXPECT_THAT(sweep->unreadable(), HasSubstr("damaged"));
  EXPECT_EQ(sweep->spec().name(), "small");
  EXPECT_OK(coordinator_->CancelSweep(1, test::SecondsIn(6)));
}

}  // namespace
}  // namespace fathom::server
