// These tests are about the messages on arguments that a command cannot take.
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/commands/call.h"

namespace fathom::client::test {
namespace {

using ::testing::StartsWith;

TEST(UsageTest, WrongUsageIsSaidInALineWithWhatIsExpected) {
  const auto error = [](const std::vector<std::string>& arguments) {
    return Fathom(arguments).err;
  };
  EXPECT_EQ(error({"drain"}),
            "fathom: fathom drain: found no WORKER, expected `fathom drain "
            "WORKER`: name of the worker, as in `fathom workers`, or its "
            "session; `fathom drain --help` says more\n");
  EXPECT_EQ(error({"query"}),
            "fathom: fathom query: found no SQL, expected `fathom query SQL`: "
            "one SELECT statement; `fathom query --help` says more\n");
  EXPECT_EQ(error({"data"}),
            "fathom: fathom data: found no command, expected one of info, "
            "import, mirror; `fathom data --help` says more\n");
  EXPECT_EQ(error({"run", "a.yaml", "--slots", "0"}),
            "fathom: --slots: found 0, expected an integer from 1 to 1024; "
            "`fathom run --help` says more\n");
  EXPECT_EQ(error({"best", "1", "--at", "soon"}),
            "fathom: --at: found soon, expected a number; `fathom best --help` "
            "says more\n");
  EXPECT_EQ(error({"query", "SELECT 1", "--format", "xml"}),
            "fathom: --format: found xml, expected table, csv, json or jsonl; "
            "`fathom query --help` says more\n");
  EXPECT_EQ(error({"data", "info", "ethanol", "--data", "no-such-folder"}),
            "fathom: --data: found no-such-folder, which does not exist, "
            "expected a folder; `fathom data info --help` says more\n");
}

TEST(UsageTest, EveryLineOfAnErrorSaysWhoseItIs) {
  const ScratchFolder folder;
  const std::string spec = folder.Write("wrong.yaml", R"(name: wrong
data: {synthetic: {rows: 20, columns: -1}}
optimizer: {learning_rate: -1}
steps: 1e18
)");
  std::istringstream lines(Fathom({"run", spec, "--dry-run"}).err);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, StartsWith("fathom: "));
  }
  EXPECT_GE(count, 3);
}

}  // namespace
}  // namespace fathom::client::test
