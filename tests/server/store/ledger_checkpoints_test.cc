// Checkpoints in the ledger: which points stay with them, and which files.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "proto/shared/sha256.h"
#include "server/store/database.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::SecondsIn;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Trial 3 is leased, and has three chunks of points at steps 0-1, 2-3 and 4-5.
class LedgerCheckpointsTest : public test::LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    RecordReport report = NewReport(1, 1);
    for (const int chunk : {0, 1, 2}) {
      AddPoints(report, 3, chunk, 2 * chunk, {1.0 / (chunk + 1), 0.5});
    }
    ASSERT_OK(Commit({NewLease(1, 1, 3, 1), report,
                      UpdateSweep{.sweep_id = 1, .next_index = 4}}));
  }

  // Puts a state aside and returns the checkpoint before step `step`.
  v1::TrialCheckpoint Checkpoint(const std::string& state, int64_t step,
                                 int32_t chunks, int32_t attempt = 1) {
    v1::TrialCheckpoint checkpoint;
    checkpoint.set_trial_index(3);
    checkpoint.set_attempt(attempt);
    checkpoint.set_step(step);
    checkpoint.set_chunks(chunks);
    checkpoint.set_digest(absl::StrCat("sha256:", Sha256Hex(state)));
    checkpoint.set_bytes(static_cast<int64_t>(state.size()));
    checkpoint.set_numerics("fathom-k3/f64");
    auto writer = ledger_->checkpoint_files()->Begin(checkpoint.digest(),
                                                     checkpoint.bytes(), "ada");
    EXPECT_OK(writer);
    EXPECT_OK((*writer)->Append(state));
    EXPECT_OK((*writer)->Finish(SecondsIn(0)));
    return checkpoint;
  }

  absl::Status Record(const v1::TrialCheckpoint& checkpoint,
                      int64_t lease = 1) {
    RecordReport report = NewReport(lease, 1);
    *report.report.add_checkpoints() = checkpoint;
    return Commit({report});
  }

  absl::Status Return(int32_t attempt, bool lost) {
    return Commit({ReturnTrial{.sweep_id = 1,
                               .trial_index = 3,
                               .attempt = attempt,
                               .lost = lost,
                               .time = SecondsIn(5)},
                   DeleteLease{attempt}});
  }

  absl::Status Resume(int64_t lease, int32_t attempt, const std::string& digest,
                      const std::string& unusable = "") {
    RecordReport report = NewReport(lease, 1);
    v1::Resumption& resumption = *report.report.add_resumptions();
    resumption.set_trial_index(3);
    resumption.set_attempt(attempt);
    resumption.set_digest(digest);
    resumption.set_unusable(unusable);
    return Commit({report});
  }

  std::string PathOf(const v1::TrialCheckpoint& checkpoint) const {
    return absl::StrCat(path_, "-checkpoints/",
                        absl::StripPrefix(checkpoint.digest(), "sha256:"));
  }
  bool HasFile(const v1::TrialCheckpoint& checkpoint) const {
    ledger_->checkpoint_files()->RemoveUnneeded(absl::InfinitePast());
    return std::filesystem::exists(PathOf(checkpoint));
  }

  // Returns the chunks of trial 3 as "attempt/chunk".
  std::vector<std::string> Chunks() {
    return Rows(
        "SELECT attempt||'/'||chunk FROM metric_chunks WHERE trial_index=3 "
        "ORDER BY attempt,chunk");
  }

  std::vector<std::string> Problems(std::vector<std::string>* warnings = {}) {
    auto reader = LedgerReader::Open(path_);
    EXPECT_OK(reader);
    const auto audit = (*reader)->Audit();
    EXPECT_OK(audit);
    if (warnings != nullptr) {
      warnings->assign(audit->warnings().begin(), audit->warnings().end());
    }
    std::vector<std::string> problems;
    for (const std::string& problem : audit->problems()) {
      // Counters and leases are not kept in these tests.
      for (const char* of : {"chunk", "points", "checkpoint"}) {
        if (!absl::StrContains(problem, of)) continue;
        problems.push_back(problem);
        break;
      }
    }
    return problems;
  }
};

TEST_F(LedgerCheckpointsTest, TheNewestOneCountsAndTheOlderFileGoes) {
  const v1::TrialCheckpoint older = Checkpoint("older", 2, 1);
  const v1::TrialCheckpoint newer = Checkpoint("newer", 6, 3);
  ASSERT_OK(Record(older));
  ASSERT_OK(Record(newer));
  ASSERT_OK(Record(newer));  // It comes again after a break.
  EXPECT_FALSE(HasFile(older));
  EXPECT_TRUE(HasFile(newer));
  EXPECT_THAT(Rows("SELECT sweep,trial,attempt,step,bytes,numerics "
                   "FROM checkpoints"),
              ElementsAre("1|3|1|6|5|fathom-k3/f64"));
  const auto trial = LedgerReader::Of(path_).GetTrial(1, 3);
  ASSERT_OK(trial);
  EXPECT_EQ(trial->checkpoint().step(), 6);
  EXPECT_EQ(trial->checkpoint().digest(), newer.digest());
  EXPECT_TRUE(trial->has_checkpoint_time());
  EXPECT_FALSE(LedgerReader::Of(path_).GetTrial(1, 2)->has_checkpoint());
}

TEST_F(LedgerCheckpointsTest, TheNextAttemptGoesOnWithTheirPoints) {
  for (const bool lost : {false, true}) {
    const int32_t attempt = lost ? 2 : 1;
    const v1::TrialCheckpoint checkpoint =
        Checkpoint(absl::StrCat("state", attempt), 4, 2, attempt);
    ASSERT_OK(Record(checkpoint, attempt));
    EXPECT_THAT(Problems(), IsEmpty());
    ASSERT_OK(Return(attempt, lost));
    // The points after it stay only as long as their attempt may still come.
    EXPECT_THAT(Chunks(), SizeIs(lost ? 3 : 2));
    EXPECT_THAT(Problems(), IsEmpty());
    ASSERT_OK(Commit({NewLease(attempt + 1, 1, 3, 1, attempt + 1)}));
    EXPECT_THAT(Chunks(), ElementsAre(absl::StrCat(attempt, "/0"),
                                      absl::StrCat(attempt, "/1")));
    EXPECT_THAT(Problems(), IsEmpty());
    ASSERT_OK(Resume(attempt + 1, attempt + 1, checkpoint.digest()));
    ASSERT_OK(Resume(attempt + 1, attempt + 1, checkpoint.digest()));
    EXPECT_THAT(Chunks(), ElementsAre(absl::StrCat(attempt + 1, "/0"),
                                      absl::StrCat(attempt + 1, "/1")));
    RecordReport report = NewReport(attempt + 1, 1);
    AddPoints(report, 3, 2, 4, {0.1, 0.2}, attempt + 1);
    ASSERT_OK(Commit({report}));
    EXPECT_THAT(Problems(), IsEmpty());
    EXPECT_TRUE(HasFile(checkpoint));
  }
  RecordReport end = NewReport(3, 1);
  AddResult(end, NewResult(3, 0.25, 3));
  ASSERT_OK(Commit({end}));
  EXPECT_THAT(Rows("SELECT step FROM metric_points WHERE trial=3 AND "
                   "metric='loss' ORDER BY step"),
              ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(Rows("SELECT * FROM checkpoints"), IsEmpty());
  ledger_->checkpoint_files()->RemoveUnneeded(absl::InfinitePast());
  EXPECT_FALSE(std::filesystem::exists(path_ + "-checkpoints"));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(LedgerCheckpointsTest, WhoCannotUseItBeginsAnew) {
  const v1::TrialCheckpoint checkpoint = Checkpoint("state", 4, 2);
  ASSERT_OK(Record(checkpoint));
  ASSERT_OK(Return(1, /*lost=*/true));
  ASSERT_OK(Commit({NewLease(2, 1, 3, 1, 2)}));
  ASSERT_OK(Resume(2, 2, checkpoint.digest(), "of other numerics"));
  EXPECT_THAT(Chunks(), IsEmpty());
  EXPECT_FALSE(HasFile(checkpoint));
  EXPECT_THAT(Problems(), IsEmpty());
}

// A worker of before says nothing of checkpoints, and begins with chunk 0.
TEST_F(LedgerCheckpointsTest, AnOlderWorkerLeavesThemAside) {
  const v1::TrialCheckpoint checkpoint = Checkpoint("state", 4, 2);
  ASSERT_OK(Record(checkpoint));
  ASSERT_OK(Return(1, /*lost=*/false));
  RecordReport report = NewReport(2, 1);
  AddPoints(report, 3, 0, 0, {1.0, 0.5}, 2);
  ASSERT_OK(Commit({NewLease(2, 1, 3, 1, 2), report}));
  EXPECT_THAT(Chunks(), ElementsAre("1/0", "1/1", "2/0"));
  EXPECT_THAT(Problems(), IsEmpty());
  RecordReport end = NewReport(2, 1);
  AddResult(end, NewResult(3, 0.25, 2));
  ASSERT_OK(Commit({end}));
  EXPECT_THAT(Chunks(), ElementsAre("2/0"));
  EXPECT_FALSE(HasFile(checkpoint));
  EXPECT_THAT(Problems(), IsEmpty());
}

// It left the checkpoint aside, and writes the trial down itself.
TEST_F(LedgerCheckpointsTest, AnAttemptThatBeganAnewHasItsOwnPoints) {
  ASSERT_OK(Record(Checkpoint("state", 4, 2)));
  ASSERT_OK(Return(1, /*lost=*/false));
  RecordReport report = NewReport(2, 1);
  AddPoints(report, 3, 0, 0, {1.0, 0.5}, 2);
  *report.report.add_checkpoints() = Checkpoint("state of two", 2, 1, 2);
  ASSERT_OK(Commit({NewLease(2, 1, 3, 1, 2), report}));
  EXPECT_THAT(Chunks(), ElementsAre("2/0"));
  EXPECT_THAT(Problems(), IsEmpty());
}

// Its points are those of an attempt before the last one when the sweep ends.
TEST_F(LedgerCheckpointsTest, CancellingLeavesNothingOfThem) {
  const v1::TrialCheckpoint checkpoint = Checkpoint("state", 4, 2);
  ASSERT_OK(Record(checkpoint));
  ASSERT_OK(Return(1, /*lost=*/true));
  ASSERT_OK(Commit({NewLease(2, 1, 3, 1, 2)}));
  UpdateSweep update{.sweep_id = 1, .state = v1::SWEEP_STATE_CANCELLED};
  ASSERT_OK(Commit({CancelTrials{1, SecondsIn(9)}, update}));
  EXPECT_THAT(Chunks(), IsEmpty());
  EXPECT_FALSE(HasFile(checkpoint));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(LedgerCheckpointsTest, ATransactionThatFailsChangesNoFile) {
  const v1::TrialCheckpoint older = Checkpoint("older", 2, 1);
  const v1::TrialCheckpoint newer = Checkpoint("newer", 6, 3);
  ASSERT_OK(Record(older));
  RecordReport report = NewReport(1, 1);
  *report.report.add_checkpoints() = newer;
  EXPECT_FALSE(Commit({report, DeleteLease{1}}).ok());
  EXPECT_TRUE(HasFile(older));
  EXPECT_TRUE(HasFile(newer));  // It waits for the next try.
  ledger_->checkpoint_files()->RemoveUnneeded(absl::InfinitePast());
  EXPECT_TRUE(HasFile(older));
  ASSERT_OK(Record(Checkpoint("newer", 6, 3)));
  EXPECT_FALSE(HasFile(older));
  EXPECT_TRUE(HasFile(newer));
}

TEST_F(LedgerCheckpointsTest, ACoordinatorThatStartsFindsThem) {
  const v1::TrialCheckpoint checkpoint = Checkpoint("state", 4, 2);
  const v1::TrialCheckpoint left = Checkpoint("left", 6, 3);
  ASSERT_OK(Record(checkpoint));
  ledger_.reset();
  ledger_ = OpenLedger();
  EXPECT_TRUE(HasFile(checkpoint));
  EXPECT_FALSE(HasFile(left));  // No row has named it.
  const auto state = ledger_->Load();
  ASSERT_OK(state);
  for (const auto& trial : state->running_sweeps[0].open_trials) {
    ASSERT_EQ(trial.checkpoint != nullptr, trial.trial_index == 3);
    if (trial.trial_index != 3) continue;
    EXPECT_EQ(trial.checkpoint->SerializeAsString(),
              checkpoint.SerializeAsString());
    EXPECT_EQ(trial.next_chunk, 3);
  }
}

TEST_F(LedgerCheckpointsTest, AnAuditWarnsOfFilesThatAreNotWhole) {
  const v1::TrialCheckpoint checkpoint = Checkpoint("state", 4, 2);
  ASSERT_OK(Record(checkpoint));
  std::vector<std::string> warnings;
  EXPECT_THAT(Problems(&warnings), IsEmpty());
  EXPECT_THAT(warnings, IsEmpty());
  std::ofstream(PathOf(checkpoint)) << "statE";
  EXPECT_THAT(Problems(&warnings), IsEmpty());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("of trial 3 is damaged")));
  std::filesystem::remove(PathOf(checkpoint));
  EXPECT_THAT(Problems(&warnings), IsEmpty());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("of trial 3 is missing")));
}

// Another program has written them, or a disk is damaged: above all, no other
// file may be taken for theirs.
TEST_F(LedgerCheckpointsTest, RowsThatCannotBeAnyGoWhenALedgerIsOpened) {
  const v1::TrialCheckpoint good = Checkpoint("state", 4, 2);
  for (const std::string change :
       {"digest='sha256:../ledger.db'", "digest=upper(digest)", "step=0",
        "chunks=-1", "chunks=4", "bytes=0", "attempt=2", "trial_index=2"}) {
    ASSERT_OK(Record(good));
    ledger_.reset();
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_OK(db);
    ASSERT_OK((*db)->ExecuteScript("UPDATE trial_checkpoints SET " + change));
    db->reset();
    ledger_ = OpenLedger();
    EXPECT_THAT(Rows("SELECT * FROM checkpoints"), IsEmpty()) << change;
    EXPECT_TRUE(std::filesystem::exists(path_)) << change;
    EXPECT_THAT(Chunks(), SizeIs(3)) << change;
    Checkpoint("state", 4, 2);  // Its file is gone.
  }
}

TEST_F(LedgerCheckpointsTest, AnAuditSeesPointsThatAreMissing) {
  ASSERT_OK(Record(Checkpoint("state", 8, 4)));
  EXPECT_THAT(Problems(),
              ElementsAre(HasSubstr("of the 4 chunks before its checkpoint")));
}

// The copy is a ledger without checkpoints, and without the points that only
// they kept.
TEST_F(LedgerCheckpointsTest, ABackupHasNone) {
  ASSERT_OK(Record(Checkpoint("state", 4, 2)));
  ASSERT_OK(Return(1, /*lost=*/false));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const std::string copy = directory_ + "/copy.db";
  std::ofstream out(copy, std::ios::binary);
  ASSERT_OK((*reader)->Backup([&](absl::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return absl::OkStatus();
  }));
  out.close();
  path_ = copy;
  EXPECT_THAT(Rows("SELECT * FROM checkpoints"), IsEmpty());
  EXPECT_THAT(Chunks(), IsEmpty());
  std::vector<std::string> warnings;
  EXPECT_THAT(Problems(&warnings), IsEmpty());
  EXPECT_THAT(warnings, IsEmpty());
}

}  // namespace
}  // namespace fathom::server
