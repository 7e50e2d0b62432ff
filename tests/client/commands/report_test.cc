// These tests call `fathom report` as users do, on a ledger that `fathom run`
// has written.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "tests/client/commands/call.h"

namespace fathom::client {
namespace {

using test::Fathom;
using test::Outcome;
using ::testing::HasSubstr;

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() {
    const std::string spec = folder_.Write("s.yaml",
                                           "name: t\n"
                                           "data: {synthetic: {rows: 20, "
                                           "columns: 3}}\n"
                                           "steps: 20\n"
                                           "axes: {depth: [1, 2], "
                                           "learning_rate: [0.01, 0.1]}\n");
    const Outcome run = Fathom(
        {"run", spec, "--db", folder_.Path("t.db"), "--no-plot", "--quiet"});
    EXPECT_EQ(run.code, kExitOk) << run.err;
  }

  Outcome Report(std::vector<std::string> more) {
    more.insert(more.begin(), {"report", "t", "--db", folder_.Path("t.db"),
                               "-o", folder_.Path("r.html")});
    return Fathom(more);
  }
  std::string Page() {
    std::ifstream file(folder_.Path("r.html"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::ScratchFolder folder_;
};

TEST_F(ReportTest, HasSpecTablesAndTheCommandsThatShowThem) {
  const Outcome outcome = Report({});
  ASSERT_EQ(outcome.code, kExitOk) << outcome.err;
  const std::string page = Page();
  const std::string source = " +1 --db " + folder_.Path("t.db");
  for (const char* command : {"summary", "best", "show", "verify"}) {
    EXPECT_THAT(page, HasSubstr(std::string("fathom ") + command + source));
    // They do what the page says of them.
    EXPECT_EQ(Fathom({command, "+1", "--db", folder_.Path("t.db")}).code,
              kExitOk);
  }
  EXPECT_THAT(page, HasSubstr("    rows: 20\n    columns: 3\n"));
  EXPECT_THAT(page, HasSubstr("4 of 4 trials finished, completed"));
  const bool drawn = outcome.err.find("gnuplot") == std::string::npos;
  EXPECT_EQ(page.find("<figure tabindex=\"0\"><svg") != std::string::npos,
            drawn);
}

TEST_F(ReportTest, AFileIsReplacedOnlyWhenAsked) {
  folder_.Write("r.html", "mine");
  const Outcome refused = Report({});
  EXPECT_NE(refused.code, kExitOk);
  EXPECT_THAT(refused.err, HasSubstr("--force replaces"));
  EXPECT_EQ(Page(), "mine");
  EXPECT_EQ(Report({"--force"}).code, kExitOk);
  EXPECT_THAT(Page(), HasSubstr("</html>"));
}

}  // namespace
}  // namespace fathom::client
