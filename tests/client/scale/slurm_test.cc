#include "client/scale/slurm.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Ids(const std::vector<BatchJob>& jobs,
                             BatchJob::State state) {
  std::vector<std::string> ids;
  for (const BatchJob& job : jobs) {
    if (job.state == state) ids.push_back(job.id);
  }
  return ids;
}

TEST(ReadSqueueTest, StatesThatAreNotKnownAreNotRunning) {
  const auto jobs = ReadSqueue(
      "12_0|RUNNING\n12_1|PENDING\n 12_2 |CONFIGURING \n12_3|COMPLETING\n"
      "12_4|SUSPENDED\n12_5|REQUEUE_HOLD\n12_6|WHAT_COMES_NEXT\n13|"
      "PENDING\n\n");
  ASSERT_OK(jobs);
  EXPECT_THAT(Ids(*jobs, BatchJob::State::kRunning),
              ElementsAre("12_0", "12_2"));
  EXPECT_THAT(Ids(*jobs, BatchJob::State::kQueued), ElementsAre("12_1", "13"));
  EXPECT_THAT(Ids(*jobs, BatchJob::State::kOver),
              ElementsAre("12_3", "12_4", "12_5", "12_6"));
  EXPECT_THAT(*ReadSqueue(""), IsEmpty());
}

TEST(ReadSqueueTest, WhatIsNoListIsAnError) {
  for (const char* bad :
       {"slurm_load_jobs error", "12_0", "12|RUNNING|x", "|PENDING",
        "; rm -rf|PENDING", "\x1b[31m1|PENDING"}) {
    EXPECT_THAT(std::string(ReadSqueue(bad).status().message()),
                HasSubstr("expected JOB|STATE"))
        << bad;
  }
}

class SlurmTest : public ::testing::Test {
 protected:
  Slurm Make(std::string answer) {
    return Slurm({.name = "fathom-lab",
                  .worker = {"/opt/fathom worker", "--server", "lab:7373"},
                  .options = {"--partition=batch"},
                  .slots = 4},
                 [this, answer = std::move(answer)](
                     const std::vector<std::string>& words,
                     const std::string& input) -> absl::StatusOr<std::string> {
                   commands_.push_back(absl::StrJoin(words, " "));
                   input_ = input;
                   return answer;
                 });
  }

  std::vector<std::string> commands_;
  std::string input_;
};

TEST_F(SlurmTest, SubmitsOneArrayWithWhatTheUserAskedForLast) {
  Slurm slurm = Make("1234;cluster\n");
  EXPECT_EQ(*slurm.Submit(7), "1234");
  EXPECT_THAT(commands_,
              ElementsAre("sbatch --parsable --job-name=fathom-lab --array=0-6 "
                          "--cpus-per-task=4 --signal=B:USR2@90 --requeue "
                          "--open-mode=append --partition=batch"));
  // Words stay words, whatever is in them.
  EXPECT_THAT(input_, HasSubstr("exec '/opt/fathom worker' '--server' "
                                "'lab:7373' \"${deadline[@]}\""));
  Slurm confused = Make("Submitted batch job 12");
  EXPECT_THAT(std::string(confused.Submit(1).status().message()),
              HasSubstr("expected the number of a job"));
}

TEST_F(SlurmTest, CancelsOnlyWhatIsStillQueuedInBoundedCommands) {
  Slurm slurm = Make("");
  std::vector<std::string> ids;
  for (int i = 0; i < 501; ++i) ids.push_back(absl::StrCat("7_", i));
  EXPECT_OK(slurm.Cancel(ids));
  ASSERT_THAT(commands_, SizeIs(2));
  EXPECT_THAT(commands_[0], HasSubstr("scancel --state=PENDING 7_0 7_1 "));
  EXPECT_EQ(commands_[1], "scancel --state=PENDING 7_500");
}

TEST_F(SlurmTest, AsksForItsOwnJobsOnce) {
  Slurm slurm = Make("12_0|RUNNING\n");
  EXPECT_THAT(*slurm.List(), SizeIs(1));
  EXPECT_THAT(commands_,
              ElementsAre("squeue --me --noheader --array --name=fathom-lab "
                          "--format=%i|%T"));
}

TEST(SlurmScriptTest, QuotesDoNotEndAWord) {
  EXPECT_THAT(SlurmScript({.worker = {"it's", "$(id)"}}),
              HasSubstr("exec 'it'\\''s' '$(id)' "));
}

}  // namespace
}  // namespace fathom::client
