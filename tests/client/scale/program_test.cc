#include "client/scale/program.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(60);

absl::StatusOr<std::string> Bash(const std::string& script,
                                 const std::string& input = "",
                                 absl::Duration limit = kLong) {
  return RunProgram({"bash", "-c", script}, input, limit);
}

TEST(RunProgramTest, GivesInputAndTakesOutput) {
  EXPECT_EQ(*Bash("cat; echo end"), "end\n");
  EXPECT_EQ(*Bash("cat", "some\ntext"), "some\ntext");
  // More than a pipe holds, in both directions at once.
  const std::string much(3'000'000, 'x');
  EXPECT_EQ(*Bash("cat", much), much);
  // A program that does not read its input is no error.
  EXPECT_EQ(*Bash("exec < /dev/null; echo fine", much), "fine\n");
  // No shell reads the words.
  EXPECT_EQ(*RunProgram({"echo", "$(id); a  b"}, "", kLong), "$(id); a  b\n");
}

TEST(RunProgramTest, SaysWhatWentWrong) {
  EXPECT_EQ(RunProgram({"no-such-program-there"}, "", kLong).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const auto failed = Bash("echo broken >&2; exit 3").status();
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(failed.message()),
              HasSubstr("bash failed with exit code 3: broken"));
  EXPECT_THAT(std::string(Bash("kill -9 $$").status().message()),
              HasSubstr("by signal 9: it said nothing"));
  EXPECT_EQ(Bash("head -c 20000000 /dev/zero").status().code(),
            absl::StatusCode::kResourceExhausted);
  // Many words on standard error do not hold it up.
  EXPECT_THAT(
      std::string(Bash("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1")
                      .status()
                      .message()),
      HasSubstr("xxx"));
}

TEST(RunProgramTest, KillsWhatTakesTooLongWithAllThatItStarted) {
  const absl::Time begin = absl::Now();
  const auto late =
      Bash("sleep 1000 & sleep 1000", "", absl::Milliseconds(200)).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(50));
  // What a program leaves running is not waited for.
  EXPECT_EQ(*Bash("sleep 30 > /dev/null 2>&1 & echo done"), "done\n");
}

TEST(RunProgramTest, DoesNotWaitForWhatKeepsThePipesOpen) {
  const absl::Time begin = absl::Now();
  EXPECT_EQ(*Bash("sleep 40 & echo done"), "done\n");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
}

}  // namespace
}  // namespace fathom::client
