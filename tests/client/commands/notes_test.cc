// These tests are about notes on a sweep that nobody asked for.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/commands/call.h"

namespace fathom::client::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Depth 2 with width 1 has rank 1, and depth 1 has rank 2.
TEST(NotesTest, ABottleneckIsNotedBesideTheComparison) {
  const ScratchFolder folder;
  const std::string spec = folder.Write("narrow.yaml", R"(name: narrow
data: {synthetic: {rows: 20, columns: 3, outputs: 2}}
model: {hidden_width: 1}
optimizer: {learning_rate: 0.1}
steps: 20
axes: {depth: [1, 2]}
)");
  const std::string db = folder.Path("narrow.db");
  const std::string note =
      "hidden width 1 is below min(3, 2): deeper models cannot express what "
      "depth 1 can\n";
  EXPECT_THAT(Fathom({"run", spec, "--dry-run"}).out, HasSubstr(note));
  const Outcome run = Fathom({"run", spec, "--db", db, "--no-plot"});
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.err, HasSubstr("note: " + note));
  EXPECT_THAT(run.out, HasSubstr("note: " + note));
  EXPECT_THAT(Fathom({"summary", "--db", db}).out, HasSubstr("note: " + note));
  EXPECT_THAT(Fathom({"best", "--db", db}).out, HasSubstr("note: " + note));
}

TEST(NotesTest, ANewSweepSaysThatOneOfItsSpecWasCancelled) {
  const ScratchFolder folder;
  const std::string spec = folder.Write("small.yaml", R"(name: small
data: {synthetic: {rows: 20, columns: 3}}
optimizer: {learning_rate: 0.1}
steps: 20
)");
  const std::string db = folder.Path("small.db");
  const std::string failing = folder.Write("other.yaml", R"(name: other
data: {completion: {matrix_rows: 3, matrix_columns: 3, rank: 1}}
model: {init: {scheme: balanced, margin: 0.5}}
optimizer: {learning_rate: 0.1}
steps: 10
)");
  const std::vector<std::string> again = {"run", failing, "--db", db,
                                          "--no-plot"};
  EXPECT_EQ(Fathom(again).code, kExitSweepIncomplete);
  EXPECT_THAT(Fathom({"retry", "1", "--db", db}).out, HasSubstr("1 failed"));
  EXPECT_EQ(Fathom({"cancel", "1", "--db", db}).code, kExitOk);
  const std::string note =
      "note: sweep 1, of the same spec, was cancelled and does not go on: this "
      "is a new one\n";
  EXPECT_THAT(Fathom(again).err, HasSubstr(note));
  const std::vector<std::string> other = {"run", spec, "--db", db, "--no-plot"};
  EXPECT_THAT(Fathom(other).err, Not(HasSubstr("cancelled")));
}

TEST(NotesTest, ListsAndLinesFitTheTerminal) {
  const ScratchFolder folder;
  const std::string spec = folder.Write("small.yaml", R"(name: small
data: {synthetic: {rows: 20, columns: 3}}
optimizer: {learning_rate: 0.1}
steps: 20
)");
  const std::string db = folder.Path("small.db");
  ASSERT_EQ(Fathom({"run", spec, "--db", db, "--no-plot"}).code, kExitOk);
  const std::vector<std::vector<std::string>> calls = {
      {"presets"}, {"audit", "--db", db}, {"show", "--db", db}};
  for (const std::vector<std::string>& call : calls) {
    std::istringstream wide(Fathom(call).out);
    size_t longest = 0;
    for (std::string line; std::getline(wide, line);) {
      longest = std::max(longest, line.size());
    }
    EXPECT_GT(longest, 80) << call[0];  // Lines in files are whole.
    std::istringstream narrow(Fathom(call, 80).out);
    for (std::string line; std::getline(narrow, line);) {
      EXPECT_LE(line.size(), 80) << line;
    }
  }
}

TEST(NotesTest, VeryManyTrialsAreNoted) {
  const ScratchFolder folder;
  const std::string spec = folder.Write("many.yaml", R"(name: many
data: {synthetic: {rows: 20, columns: 3}}
steps: 20
axes:
  learning_rate: {log: {from: 0.001, to: 0.1, count: 2000}}
  seed: {range: {from: 0, to: 1000}}
)");
  EXPECT_THAT(Fathom({"run", spec, "--dry-run"}).out,
              HasSubstr("note:     2,000,000 trials are very many: the ledger "
                        "grows to 300.0 MB or more\n"));
  EXPECT_THAT(Fathom({"run", spec, "--dry-run", "--set",
                      "axes.seed={range: {from: 0, to: 500}}"})
                  .out,
              Not(HasSubstr("very many")));
}

}  // namespace
}  // namespace fathom::client::test
