#include "client/view/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

// Has a terminal and a pipe, and an environment that says nothing of colours.
class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}) {
      unsetenv(name);
    }
    setenv("TERM", "xterm", 1);
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(master_, 0);
    ASSERT_EQ(grantpt(master_), 0);
    ASSERT_EQ(unlockpt(master_), 0);
    terminal_ = open(ptsname(master_), O_RDWR | O_NOCTTY);
    ASSERT_GE(terminal_, 0);
    ASSERT_EQ(pipe(pipe_), 0);
  }
  void TearDown() override {
    for (const int each : {master_, terminal_, pipe_[0], pipe_[1]}) {
      close(each);
    }
  }

  int master_ = -1;
  int terminal_ = -1;
  int pipe_[2] = {-1, -1};
};

TEST_F(TerminalTest, TerminalsAreColouredAndPipesAreNot) {
  EXPECT_TRUE(MayColour(terminal_));
  EXPECT_FALSE(MayColour(pipe_[1]));
}

TEST_F(TerminalTest, DumbTerminalsAreNotColoured) {
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(MayColour(terminal_));
  unsetenv("TERM");
  EXPECT_FALSE(MayColour(terminal_));
}

TEST_F(TerminalTest, NoColorForbidsAndForceAllows) {
  setenv("CLICOLOR_FORCE", "0", 1);
  EXPECT_FALSE(MayColour(pipe_[1]));
  setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(MayColour(pipe_[1]));
  setenv("TERM", "dumb", 1);
  EXPECT_TRUE(MayColour(terminal_));
  setenv("NO_COLOR", "", 1);  // Empty is as if it were not set.
  EXPECT_TRUE(MayColour(terminal_));
  setenv("NO_COLOR", "0", 1);  // Whatever it says.
  EXPECT_FALSE(MayColour(terminal_));
}

TEST_F(TerminalTest, ColoursCanBeSwitchedOff) {
  setenv("CLICOLOR", "0", 1);
  EXPECT_FALSE(MayColour(terminal_));
  setenv("CLICOLOR", "1", 1);
  EXPECT_TRUE(MayColour(terminal_));
  EXPECT_FALSE(MayColour(pipe_[1]));
}

}  // namespace
}  // namespace fathom::client
