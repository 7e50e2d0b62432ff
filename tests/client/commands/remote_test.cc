// These tests call commands against a coordinator in another process.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/commands/commands.h"
#include "client/commands/control/watch_sweep.h"
#include "client/commands/interrupt.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "proto/shared/sha256.h"
#include "tests/client/commands/fake_service.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/within.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;

class RemoteTest : public ::testing::Test {
 protected:
  int Fathom(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", service_.address()});
    out_.str("");
    err_.str("");
    return RunFathom(arguments, out_, err_);
  }

  test::FakeService service_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(RemoteTest, ListAndWorkersPrintJson) {
  EXPECT_EQ(Fathom({"list", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())[0]["sweep"], 1);
  EXPECT_EQ(Fathom({"workers", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())[0]["connected"], true);
}

TEST_F(RemoteTest, NameWithASlashWinsOverATrial) {
  EXPECT_EQ(Fathom({"show", "a/3", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["sweep"], 1);
  EXPECT_EQ(Fathom({"show", "a/3/0", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["state"], "diverged");
  EXPECT_EQ(Fathom({"show", "none"}), kExitUsage);
}

// Missing rows are an error, unless the user asked for that many rows.
TEST_F(RemoteTest, QueryThatIsCutOffFails) {
  service_.most_rows = 1;
  for (const char* format : {"csv", "table", "json"}) {
    EXPECT_EQ(Fathom({"query", "SELECT 7", "--format", format}), kExitCutOff);
    EXPECT_THAT(out_.str(), HasSubstr("7"));
    EXPECT_THAT(err_.str(), HasSubstr("the answer is cut off after 1 row"));
  }
  auto json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["truncated"], true);
  EXPECT_EQ(json["rows"][0]["n"], 7);

  EXPECT_EQ(Fathom({"query", "SELECT 7", "--limit", "1", "--json"}), kExitOk);
  EXPECT_EQ(err_.str(), "");
  json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["truncated"], false);
}

TEST_F(RemoteTest, QueryWithAMistakeIsWrongUsage) {
  EXPECT_EQ(Fathom({"query", "bad"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("syntax error"));
}

TEST_F(RemoteTest, SubmitUploadsTheDataAndHandsTheSweepOver) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "fathom-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::ofstream(folder / "a.csv") << "x,y\n1,2\n3,5\n";
  // The data is in the folder of the spec, which is not the current folder.
  std::ofstream(folder / "s.yaml") << "name: s\n"
                                      "data: {file: a.csv, target: y}\n"
                                      "optimizer: {learning_rate: 0.1}\n"
                                      "steps: 5\n";

  EXPECT_EQ(Fathom({"submit", (folder / "s.yaml").string(), "--new"}), kExitOk)
      << err_.str();
  std::filesystem::remove_all(folder);

  EXPECT_THAT(service_.created.trial().data().digest(),
              testing::StartsWith("sha256:"));
  EXPECT_TRUE(service_.forced);
  EXPECT_FALSE(service_.uploaded.empty());
  EXPECT_THAT(out_.str(), HasSubstr("fathom watch 1 --server 127.0.0.1:"));
}

TEST_F(RemoteTest, WatchEndsWithTheSweep) {
  EXPECT_EQ(Fathom({"watch", "1"}), kExitOk) << err_.str();
  EXPECT_GE(service_.asked, 3);
  EXPECT_THAT(err_.str(), HasSubstr("a/3: 0%, 0 of 1 trial"));
}

TEST_F(RemoteTest, WatchGoesOnAfterACoordinatorThatStopped) {
  service_.stopping_at = 1;

  EXPECT_EQ(Fathom({"watch", "1"}), kExitOk) << err_.str();
  EXPECT_THAT(err_.str(), HasSubstr("does not answer; trying again"));
  EXPECT_THAT(err_.str(), HasSubstr("answers again"));
}

TEST_F(RemoteTest, SecondCancelSaysThatItWasCancelledBefore) {
  EXPECT_EQ(Fathom({"cancel", "1"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("a/3, is cancelled: 0 of 1 trial"));
  EXPECT_EQ(Fathom({"cancel", "1"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("a/3, was cancelled before: 0 of 1 trial"));
}

TEST_F(RemoteTest, SubmitSaysWhenTheSweepIsAlreadyThere) {
  const std::filesystem::path spec =
      std::filesystem::temp_directory_path() / "fathom-already-there.yaml";
  std::ofstream(spec) << "name: a/3\n"
                         "data: {synthetic: {rows: 5, columns: 2}}\n"
                         "optimizer: {learning_rate: 0.1}\n"
                         "steps: 10\n";

  EXPECT_EQ(Fathom({"submit", spec.string()}), kExitOk) << err_.str();
  std::filesystem::remove(spec);

  EXPECT_THAT(out_.str(), HasSubstr("sweep 1, a/3, is already there: 1 trial"));
}

TEST_F(RemoteTest, CancelledSweepEndsWithItsOwnCode) {
  service_.last_state = v1::SWEEP_STATE_CANCELLED;

  EXPECT_EQ(Fathom({"watch", "1", "--quiet"}), kExitSweepIncomplete);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(RemoteTest, ASweepThatNobodyWorksOnEndsTheWaitingWithItsOwnCode) {
  service_.sweep.set_interrupted(true);

  EXPECT_EQ(Fathom({"watch", "1", "--quiet"}), kExitUnattended);
  EXPECT_THAT(err_.str(), HasSubstr("interrupted: nothing has this ledger"));
  EXPECT_EQ(out_.str(), "");  // No report before the end.
}

// A trial of a dead process must not be shown as running.
TEST_F(RemoteTest, LeasedTrialsAreInterruptedWithTheirSweepAndOthersAreNot) {
  const std::string left = "(interrupted: nothing has this ledger open)";
  for (const bool interrupted : {false, true}) {
    for (const v1::TrialState state :
         {v1::TRIAL_STATE_LEASED, v1::TRIAL_STATE_PENDING,
          v1::TRIAL_STATE_SUCCEEDED}) {
      service_.asked = 0;  // The sweep runs for two answers.
      service_.sweep.set_state(v1::SWEEP_STATE_RUNNING);
      service_.sweep.set_interrupted(interrupted);
      service_.trial_state = state;
      EXPECT_EQ(Fathom({"show", "a/3/0"}), kExitOk) << err_.str();
      EXPECT_EQ(absl::StrContains(out_.str(), left),
                interrupted && state == v1::TRIAL_STATE_LEASED)
          << out_.str();
    }
  }
}

TEST_F(RemoteTest, FailedTrialsEndWithTheSameCode) {
  service_.sweep.mutable_progress()->set_failed(1);

  EXPECT_EQ(Fathom({"watch", "1", "--quiet"}), kExitSweepIncomplete);
}

TEST_F(RemoteTest, SignalEndsTheWatchingAtOnce) {
  const auto connection = ConnectToServer(service_.address());
  ASSERT_OK(connection);
  const Interrupt interrupt;
  ProgressPrinter printer({.style = ProgressStyle::kNone}, &err_);
  ASSERT_FALSE(interrupt.raised());
  std::raise(SIGINT);

  EXPECT_THAT(WatchSweep(**connection, service_.sweep, interrupt, printer,
                         absl::Hours(1)),
              test::StatusIs(absl::StatusCode::kCancelled));
}

// A coordinator that stays away is given up after `patience`, and not before.
TEST_F(RemoteTest, WatchingEndsWhenTheCoordinatorStaysAway) {
  auto other = std::make_unique<test::FakeService>();
  const std::string address = other->address();
  const auto connection = ConnectToServer(address);
  ASSERT_OK(connection);
  other.reset();
  const Interrupt interrupt;
  std::ostringstream err;
  ProgressPrinter printer({}, &err);
  const absl::Time start = absl::Now();
  const absl::Duration patience = absl::Milliseconds(200);
  const auto status = test::Within(
      "watching does not end",
      [&] {
        return WatchSweep(**connection, service_.sweep, interrupt, printer,
                          absl::Milliseconds(5), patience)
            .status();
      },
      [] { std::raise(SIGINT); });
  EXPECT_THAT(status, test::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GE(absl::Now() - start, patience);
  EXPECT_THAT(err.str(), HasSubstr("trying again"));
}

TEST_F(RemoteTest, ABackupIsWhatTheCoordinatorPromisedOrThereIsNone) {
  std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
  const std::string folder = mkdtemp(pattern.data());
  const std::string file = folder + "/copy.db";
  const std::string content = "SQLite or not";
  Sha256 hash;
  hash.Update(content);
  const std::string right = hash.HexDigest();
  const auto is_empty = [&] { return std::filesystem::is_empty(folder); };

  service_.backup_digest = std::string(64, 'a');
  EXPECT_EQ(Fathom({"backup", file}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("damaged"));
  EXPECT_TRUE(is_empty());
  service_.backup_digest = "";  // As if it was cut off.
  EXPECT_NE(Fathom({"backup", file}), kExitOk);
  EXPECT_TRUE(is_empty());
  service_.backup_digest = right;
  service_.backup_status = {grpc::StatusCode::DATA_LOSS, "a page is damaged"};
  EXPECT_NE(Fathom({"backup", file}), kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr("a page is damaged"));
  EXPECT_TRUE(is_empty());
  service_.backup_status = {};
  EXPECT_EQ(Fathom({"backup", file}), kExitOk);
  std::ifstream copy(file);
  std::stringstream read;
  read << copy.rdbuf();
  EXPECT_EQ(read.str(), content);
  std::filesystem::remove_all(folder);
}

TEST_F(RemoteTest, AWorkerThatCannotRunTheSweepIsNamedOnce) {
  service_.declined = "out of\x1b memory";
  const auto connection = ConnectToServer(service_.address());
  ASSERT_OK(connection);
  const Interrupt interrupt;
  ProgressPrinter printer({}, &err_);
  EXPECT_OK(WatchSweep(**connection, service_.sweep, interrupt, printer,
                       absl::Milliseconds(1)));
  const std::string line =
      "worker w cannot run this sweep: out of\\x1b memory\n";
  const size_t first = err_.str().find(line);
  ASSERT_NE(first, std::string::npos) << err_.str();
  EXPECT_EQ(err_.str().find(line, first + 1), std::string::npos);
}

// In this process there will never be another worker.
TEST_F(RemoteTest, InTheProcessOfItsOnlyWorkerADeclinedSweepIsAnError) {
  service_.declined = "out of memory";
  Connection connection(grpc::CreateChannel(service_.address(),
                                            grpc::InsecureChannelCredentials()),
                        {.in_process = true});
  const Interrupt interrupt;
  ProgressPrinter printer({.style = ProgressStyle::kNone}, &err_);
  EXPECT_THAT(WatchSweep(connection, service_.sweep, interrupt, printer,
                         absl::Hours(1)),
              test::StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ExitCodeTest, SaysWhatKindOfErrorItIs) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kExitOk);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), kExitFailed);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), kExitUsage);
  // A trial that the sweep does not have is the user's mistake.
  EXPECT_EQ(ExitCodeOf(absl::OutOfRangeError("")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), kExitNoCoordinator);
  // A caller who is not let in gets another code than one who asks wrongly.
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), kExitNotAllowed);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), kExitNotAllowed);
}

}  // namespace
}  // namespace fathom::client
