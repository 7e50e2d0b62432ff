// These tests call `fathom plot` as users do, on a ledger that `fathom run` has
// written.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome Fathom(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = RunFathom(arguments, out, err);
  return {code, out.str(), err.str()};
}

constexpr char kSpec[] = R"(
data: {synthetic: {rows: 20, columns: 3}}
steps: 20
axes: {depth: [1, 2], learning_rate: [0.01, 0.1]}
)";

class PlotCommandTest : public testing::Test {
 protected:
  PlotCommandTest() {
    std::string pattern = testing::TempDir() + "/fathom.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~PlotCommandTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // Runs the sweep called `name` into the ledger `file`.
  void RunSweep(const std::string& name, const std::string& file) {
    const Outcome run =
        Fathom({"run", Write("s.yaml", "name: " + name + "\n" + kSpec), "--db",
                folder_ + "/" + file, "--no-plot", "--quiet"});
    ASSERT_EQ(run.code, kExitOk) << run.err;
  }

  Outcome Plot(const std::string& name, const std::string& file,
               std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"plot", name, "--db", folder_ + "/" + file,
                               "--out", folder_ + "/pictures"});
    return Fathom(more);
  }

  std::string Svg(const std::string& name) const {
    std::ifstream file(folder_ + "/pictures/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static bool NoGnuplot(const Outcome& outcome) {
    return outcome.err.find("gnuplot is not installed") != std::string::npos;
  }

  std::string folder_;
};

TEST_F(PlotCommandTest, PicturesOfTwoLedgersLieInOneFolder) {
  for (const char* ledger : {"fathom.db", "b.db", "c"}) RunSweep("t", ledger);
  const Outcome usual = Plot("t", "fathom.db");
  if (NoGnuplot(usual)) GTEST_SKIP() << usual.err;

  EXPECT_THAT(usual.out, HasSubstr("/pictures/t-1.svg\n"));
  EXPECT_THAT(Plot("t", "b.db").out, HasSubstr("/pictures/b-t-1.svg\n"));
  EXPECT_THAT(Plot("t", "c").out, HasSubstr("/pictures/c-t-1.svg\n"));
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("<title>t (sweep 1)</title>"));
  EXPECT_THAT(Svg("b-t-1.svg"), Not(HasSubstr("Gnuplot")));
}

TEST_F(PlotCommandTest, OneFileHasTheFormatOfItsName) {
  RunSweep("t", "fathom.db");
  for (const char* name : {"a.svg", "a.png", "a.pdf"}) {
    const std::string path = folder_ + "/figures/" + name;
    const Outcome plot =
        Fathom({"plot", "t", "--db", folder_ + "/fathom.db", "-o", path});
    if (NoGnuplot(plot)) GTEST_SKIP() << plot.err;
    ASSERT_EQ(plot.code, kExitOk) << plot.err;
    EXPECT_THAT(plot.out, HasSubstr(std::string("/figures/") + name + "\n"));
    const Outcome verified =
        Fathom({"plot", "--verify", path, "--db", folder_ + "/fathom.db"});
    EXPECT_EQ(verified.code, kExitOk) << verified.out << verified.err;
    EXPECT_THAT(verified.out, HasSubstr("holds; sweep 1"));
  }
  EXPECT_EQ(std::distance(
                std::filesystem::directory_iterator(folder_ + "/figures"), {}),
            3);
}

TEST_F(PlotCommandTest, WhatIsDrawnCanBeChosen) {
  RunSweep("t", "fathom.db");
  const Outcome plot =
      Plot("t", "fathom.db",
           {"--by", "learning_rate", "--panel", "depth", "--log", "y"});
  if (NoGnuplot(plot)) GTEST_SKIP() << plot.err;
  ASSERT_EQ(plot.code, kExitOk) << plot.err;
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("depth = 2"));
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("learning rate 0.01"));
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("--panel depth --log y"));

  const Outcome heat =
      Plot("t", "fathom.db", {"--heat", "depth,learning_rate"});
  ASSERT_EQ(heat.code, kExitOk) << heat.err;
  EXPECT_THAT(heat.out, HasSubstr("t-1-heat.svg"));
  EXPECT_THAT(Svg("t-1-heat.svg"), HasSubstr("<text>learning rate</text>"));
  EXPECT_EQ(Fathom({"plot", "--verify", folder_ + "/pictures/t-1-heat.svg",
                    "--db", folder_ + "/fathom.db"})
                .code,
            kExitOk);

  const auto wrong = [&](std::vector<std::string> options, const char* words) {
    const Outcome outcome = Plot("t", "fathom.db", std::move(options));
    EXPECT_EQ(outcome.code, kExitUsage);
    EXPECT_THAT(outcome.err, HasSubstr(words));
  };
  wrong({"--by", "width"}, "--by: ");
  wrong({"--y", "lozz"},
        "--y: there is no metric \"lozz\"; expected one of loss");
  wrong({"--panel", "depth"}, "found no --by");
  wrong({"--band", "wide"}, "expected sem or quantiles");
  wrong({"--heat", "depth"}, "expected two axes");
  wrong({"--heat", "depth,learning_rate", "--by", "depth"}, "about curves");
  wrong({"--value", "best"}, "expected --heat, --x AXIS or --compare");
  wrong({"--x", "width"}, "--x: found no axis width in the sweep");
  wrong({"--x", "depth", "--value", "steps-to:x"}, "as in steps-to:0.01");
  wrong({"--x", "depth", "--value", "bset"},
        "or final, best, steps-to:VALUE or diverged");
  wrong({"--heat", "depth,learning_rate", "--value", "diverged", "--log", "y"},
        "--log: ");
  wrong({"--compare", "no-such"}, "there is no sweep \"no-such\"");
  wrong({"--compare", "1", "--compare", "1"}, "expected one, or conditions");
  wrong({"--compare", "dept=1"}, "--compare: found no axis dept");
  wrong({"--log", "z"}, "--log: found z, expected x, y, x,y or none");
}

TEST_F(PlotCommandTest, APictureHoldsAsLongAsTheLedgerSaysTheSame) {
  RunSweep("t", "fathom.db");
  const std::string path = folder_ + "/a.svg";
  const Outcome plot = Fathom({"plot", "t", "--db", folder_ + "/fathom.db",
                               "--best", "learning_rate", "-o", path});
  if (NoGnuplot(plot)) GTEST_SKIP() << plot.err;
  ASSERT_EQ(plot.code, kExitOk) << plot.err;
  const auto verify = [&](const std::string& ledger) {
    return Fathom({"plot", "--verify", path, "--db", folder_ + "/" + ledger});
  };
  EXPECT_EQ(verify("fathom.db").code, kExitOk);

  // Another ledger, whose sweep 1 is another one.
  RunSweep("other", "b.db");
  const Outcome other = verify("b.db");
  EXPECT_EQ(other.code, kExitFailed);
  EXPECT_THAT(other.out, HasSubstr("another spec"));

  // A picture that somebody has drawn on.
  std::ifstream file(path);
  std::string svg{std::istreambuf_iterator<char>(file), {}};
  svg.insert(svg.rfind("</svg>"), "<path d=\"M0 0L9 9\"/>");
  Write("a.svg", svg);
  const Outcome changed = verify("fathom.db");
  EXPECT_EQ(changed.code, kExitFailed);
  EXPECT_THAT(changed.out, HasSubstr("was changed after it was drawn"));

  // Files that are no pictures of ours.
  Write("a.svg", "<svg></svg>");
  EXPECT_EQ(verify("fathom.db").code, kExitUsage);
  Write("a.svg",
        "<svg><metadata id=\"fathom\">{\"sweep\": 1e300}</metadata>\n");
  EXPECT_EQ(verify("fathom.db").code, kExitUsage);
}

TEST_F(PlotCommandTest, AnOverlayIsInThePictureAndItsLegend) {
  RunSweep("t", "fathom.db");
  const std::string overlay = Write(
      "o.csv", "curve,depth,iteration,value\nmine,2,5,0.5\nmine,2,9,0.4\n");
  const Outcome plot = Plot(
      "t", "fathom.db", {"--overlay", overlay, "--updates-per-iteration", "2"});
  if (NoGnuplot(plot)) GTEST_SKIP() << plot.err;

  ASSERT_EQ(plot.code, kExitOk) << plot.err;
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("mine (published, 2 steps/iteration)"));
  EXPECT_THAT(Svg("t-1.svg"), HasSubstr("published iteration"));
}

TEST_F(PlotCommandTest, ABadOverlayIsAnErrorAndDrawsNothing) {
  RunSweep("t", "fathom.db");
  const std::string bad =
      Write("o.csv", "curve,iteration,value\na,1,2\na,-1,2\n");

  const Outcome plot = Plot("t", "fathom.db", {"--overlay", bad});
  EXPECT_EQ(plot.code, kExitUsage);
  EXPECT_THAT(plot.err, HasSubstr("o.csv:3:3: found -1"));
  EXPECT_EQ(Plot("t", "fathom.db", {"--overlay", folder_ + "/none.csv"}).code,
            kExitUsage);
  EXPECT_EQ(Plot("t", "fathom.db", {"--updates-per-iteration", "2"}).code,
            kExitUsage);
  EXPECT_EQ(
      Plot("t", "fathom.db", {"--overlay", bad, "--updates-per-iteration", "0"})
          .code,
      kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/pictures"));
}

TEST_F(PlotCommandTest, PublishedValuesAreFoundByTheNameOfTheSweep) {
  RunSweep("paper/l2-depth", "fathom.db");
  const Outcome plot =
      Plot("paper/l2-depth", "fathom.db", {"--overlay", "published"});
  if (!NoGnuplot(plot)) {
    EXPECT_EQ(plot.code, kExitOk) << plot.err;
    EXPECT_THAT(Svg("paper-l2-depth-1.svg"), HasSubstr("3-layer (published)"));
  }

  RunSweep("t", "b.db");
  const Outcome none = Plot("t", "b.db", {"--overlay", "published"});
  EXPECT_EQ(none.code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("found no published values for the sweep t, "
                                  "expected one named paper/adaptive, "
                                  "paper/l2-depth, paper/l4-depth"));
}

}  // namespace
}  // namespace fathom::client
