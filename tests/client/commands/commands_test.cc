#include "client/commands/commands.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/report.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "proto/shared/version.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

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

TEST(CommandsTest, WithoutACommandTheHelpIsShown) {
  const Outcome outcome = Fathom({});

  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("fathom run quickstart"));
  EXPECT_EQ(outcome.out, "");
}

TEST(CommandsTest, EveryCommandHasHelpWithAnExample) {
  for (const char* command :
       {"run",       "submit", "watch",    "list",       "show",    "cancel",
        "pause",     "resume", "priority", "retry",      "workers", "drain",
        "autoscale", "audit",  "verify",   "backup",     "query",   "summary",
        "best",      "plot",   "data",     "theory",     "presets", "version",
        "token",     "bench",  "export",   "report",     "check",   "explain",
        "init",      "ui",     "config",   "completion", "doctor",  "delete"}) {
    const Outcome outcome = Fathom({command, "--help"});
    EXPECT_EQ(outcome.code, kExitOk) << command;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("  fathom ") + command));
  }
}

TEST(CommandsTest, WrongUsageIsTwo) {
  const std::vector<std::vector<std::string>> wrong = {
      {"frobnicate"},
      {"run"},
      {"run", "a.yaml", "--slots", "0"},
      {"run", "a.yaml", "--slots", "many"},
      {"run", "a.yaml", "--plot", "x", "--no-plot"},
      {"list", "--db", "a.db", "--server", "b:1"},
      {"query", "SELECT 1", "--format", "xml"},
      {"query", "SELECT 1", "--limit", "0"},
      {"query", "SELECT 1", "--timeout", "-1"},
      {"best", "1", "--at", "soon"},
      {"cancel", "1", "--db", "a.db", "--server", "b:1"},
      {"retry", "1", "--db", "no-such-file.db"},
      {"delete", "1", "--db", "no-such-file.db"},
      {"priority", "1"},
      {"pause"},
      {"audit", "--server", "b:1", "--db", "a.db"},
      {"backup", "--db", "a.db"},
      {"data"},
      {"data", "info", "x.csv", "--format", "parquet"}};
  for (const std::vector<std::string>& arguments : wrong) {
    const Outcome outcome = Fathom(arguments);
    EXPECT_EQ(outcome.code, kExitUsage) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err, "");
  }
}

TEST(CommandsTest, UnknownCommandsAreNamedWithTheNearestOne) {
  const Outcome outcome = Fathom({"rnu", "--fast"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.err,
            "fathom: unknown command \"rnu\"; did you mean run?\n");
  EXPECT_THAT(Fathom({"presets", "shwo"}).err,
              HasSubstr("unknown command \"shwo\"; did you mean show?"));
}

TEST(CommandsTest, UnknownOptionsAreNamedWithTheNearestOne) {
  const Outcome outcome = Fathom({"best", "--metrc", "loss", "1", "--foo"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.err,
            "fathom: unknown option \"--metrc\" of fathom best; did you mean "
            "--metric?\n");
  EXPECT_EQ(Fathom({"run", "a.yaml", "--sots=2"}).err,
            "fathom: unknown option \"--sots\" of fathom run; did you mean "
            "--slots?\n");
  EXPECT_EQ(Fathom({"data", "info", "a.csv", "--zzzzzz"}).err,
            "fathom: unknown option \"--zzzzzz\" of fathom data info; `fathom "
            "data info --help` shows what it takes\n");
  EXPECT_EQ(Fathom({"list", "first", "second"}).err,
            "fathom: unexpected argument \"first\" of fathom list; `fathom "
            "list --help` shows what it takes\n");
}

TEST(CommandsTest, HelpAndVersionAreFoundInOtherWays) {
  EXPECT_EQ(Fathom({"help"}).out, Fathom({"--help"}).out);
  EXPECT_EQ(Fathom({"help", "best"}).out, Fathom({"best", "--help"}).out);
  EXPECT_EQ(Fathom({"help", "best"}).code, kExitOk);
  EXPECT_THAT(Fathom({"help", "bset"}).err, HasSubstr("did you mean best?"));
  EXPECT_EQ(Fathom({"-V"}).out, Fathom({"--version"}).out);
  EXPECT_THAT(Fathom({"token", "--help"}).out,
              HasSubstr("fathom token new --role"));
  for (const char* view :
       {"sweep_overview", "results", "metric_points", "attempts", "optima",
        "events", "momentum_weights"}) {
    EXPECT_THAT(Fathom({"query", "--help"}).out, HasSubstr(view));
  }
}

TEST(CommandsTest, StoppingSaysWhatIsKeptAndWhatIsNot) {
  v1::Progress progress;
  progress.set_succeeded(7);
  progress.set_diverged(1);
  progress.set_leased(34);
  EXPECT_EQ(StoppingText(progress),
            "stopping: 8 finished trials are kept, 34 in progress will go on "
            "or start again; run the same command to go on");
}

TEST(CommandsTest, BadInputIsTwoAndSaysWhatIsMissing) {
  Outcome outcome = Fathom({"run", "no-such-file.yaml"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.err, "fathom: there is no file no-such-file.yaml\n");

  outcome = Fathom({"run", "quickstrat"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.err,
            "fathom: there is no file or preset \"quickstrat\"; did you mean "
            "quickstart?\n");

  outcome = Fathom({"list", "--db", "no-such-file.db"});
  EXPECT_EQ(outcome.code, kExitUsage);

  outcome = Fathom({"list", "--server", "nonsense"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("HOST:PORT"));

  outcome = Fathom({"run", "."});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("is a folder"));
}

TEST(CommandsTest, VersionIsShownInEveryForm) {
  EXPECT_THAT(Fathom({"version"}).out, StartsWith("fathom " FATHOM_VERSION));
  // The commit is shown if the sources came from git.
  EXPECT_THAT(Fathom({"--version"}).out,
              MatchesRegex("fathom " FATHOM_VERSION
                           "( \\(commit [0-9a-f]+(, modified)?\\))?\n"));
  const auto json = nlohmann::json::parse(Fathom({"version", "--json"}).out);
  EXPECT_EQ(json["version"], FATHOM_VERSION);
  EXPECT_EQ(json.value("commit", ""), BuiltCommit());
}

TEST(CommandsTest, PresetsAreListedAndShown) {
  EXPECT_THAT(Fathom({"presets"}).out, HasSubstr("quickstart"));
  EXPECT_THAT(Fathom({"presets", "show", "quickstart"}).out,
              HasSubstr("name: quickstart"));
  EXPECT_EQ(Fathom({"presets", "show", "none"}).code, kExitUsage);
  const auto shown = nlohmann::json::parse(
      Fathom({"presets", "show", "quickstart", "--json"}).out);
  EXPECT_EQ(shown["name"], "quickstart");
  EXPECT_EQ(shown["text"], Fathom({"presets", "show", "quickstart"}).out);
  EXPECT_GE(nlohmann::json::parse(Fathom({"presets", "--json"}).out).size(),
            1u);
}

// Runs the command with a standard output whose disk is full.
void ExpectAFullDiskIsAFailure(const std::vector<std::string>& arguments) {
  std::ofstream full("/dev/full");
  if (!full) GTEST_SKIP() << "no /dev/full here";
  std::ostringstream err;

  EXPECT_EQ(RunFathom(arguments, full, err), kExitFailed)
      << testing::PrintToString(arguments);
  EXPECT_EQ(err.str(), "fathom: cannot write the output\n")
      << testing::PrintToString(arguments);
}

TEST(CommandsTest, OutputThatCannotBeWrittenIsAFailure) {
  const std::vector<std::vector<std::string>> commands = {
      {"version"},           {"version", "--json"},
      {"presets"},           {"presets", "show", "quickstart"},
      {"presets", "--json"}, {"--help"},
      {"query", "--help"},   {"--version"}};
  for (const auto& command : commands) ExpectAFullDiskIsAFailure(command);
}

class FolderTest : public ::testing::Test {
 protected:
  FolderTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fathom-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  std::string Path(const std::string& name) const {
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

TEST_F(FolderTest, DataInfoDescribesAFile) {
  const std::string csv = Write("a.csv", "x,y,label\n1,2,0\n3,4,1\n5,6,1\n");

  const Outcome text = Fathom({"data", "info", csv, "--target", "label"});
  const Outcome json =
      Fathom({"data", "info", csv, "--target", "label", "--json"});

  EXPECT_EQ(text.code, kExitOk) << text.err;
  EXPECT_THAT(text.out, HasSubstr("rows:     3\nfeatures: 2"));
  EXPECT_THAT(text.out, HasSubstr("0 (1 row), 1 (2 rows)"));
  EXPECT_EQ(nlohmann::json::parse(json.out)["rows"], 3);
  EXPECT_EQ(Fathom({"data", "info", csv, "--target", "lable"}).code,
            kExitUsage);
}

constexpr char kSweep[] = R"(name: small
data: {synthetic: {rows: 20, columns: 3, seed: 1}}
model: {init: {scheme: balanced, norm: 0.1}}
steps: 50
axes:
  depth: [1, 2]
  learning_rate: [0.01, 0.1]
record: {points: 10}
summarize: {by: [depth], best_over: [learning_rate]}
)";

// This test uses the real coordinator, worker and ledger.
TEST_F(FolderTest, RunTrainsOnceAndEveryCommandReadsTheLedger) {
  const std::string spec = Write("small.yaml", kSweep);
  const std::string db = Path("small.db");

  const Outcome first =
      Fathom({"run", spec, "--db", db, "--slots", "1", "--no-plot"});
  ASSERT_EQ(first.code, kExitOk) << first.err;
  EXPECT_THAT(first.err, HasSubstr("4 trials on 1 slot"));
  EXPECT_THAT(first.out, HasSubstr("best learning rate and loss at step 50"));
  EXPECT_THAT(first.out, HasSubstr("4 trials: 4 succeeded"));

  const Outcome again =
      Fathom({"run", spec, "--db", db, "--no-plot", "--quiet"});
  EXPECT_EQ(again.code, kExitOk);
  EXPECT_EQ(again.err, "");
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(Fathom({"summary", "small", "--db", db}).out, first.out);
  EXPECT_EQ(Fathom({"watch", "1", "--db", db, "-q"}).out, first.out);
  EXPECT_THAT(Fathom({"list", "--db", db}).out, HasSubstr("completed"));
  EXPECT_THAT(Fathom({"show", "small", "--db", db}).out,
              HasSubstr("name: small"));
  EXPECT_THAT(Fathom({"show", "1/3", "--db", db}).out,
              HasSubstr("depth = 2, learning_rate = 0.1"));
  EXPECT_EQ(Fathom({"show", "1/4", "--db", db}).code, kExitUsage);
  EXPECT_EQ(Fathom({"query", "SELECT count(*) AS n FROM results", "--db", db,
                    "--format", "csv"})
                .out,
            "n\n4\n");
  EXPECT_EQ(Fathom({"query", "DELETE FROM trials", "--db", db}).code,
            kExitUsage);
  const auto json = nlohmann::json::parse(
      Fathom({"run", spec, "--db", db, "--no-plot", "-q", "--json"}).out);
  EXPECT_EQ(json["sweep"]["state"], "completed");
  EXPECT_EQ(json["summary"]["rows"].size(), 2u);
}

TEST_F(FolderTest, WhoNamesNoSweepLooksAtTheNewest) {
  const std::string db = Path("small.db");
  for (const std::string name : {"older", "newer"}) {
    std::string text = kSweep;
    text.replace(text.find("small"), 5, name);
    ASSERT_EQ(
        Fathom({"run", Write("s.yaml", text), "--db", db, "--no-plot", "-q"})
            .code,
        kExitOk);
  }
  for (const std::string command : {"show", "summary", "best", "watch"}) {
    const Outcome outcome = Fathom({command, "--db", db});
    EXPECT_EQ(outcome.code, kExitOk) << command << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("newer")) << command;
    EXPECT_THAT(outcome.out, Not(HasSubstr("older"))) << command;
  }
  EXPECT_THAT(Fathom({"verify", "--db", db}).out, HasSubstr("4 trials of 4"));
  // Commands that change a sweep require its name.
  for (const std::string command : {"cancel", "pause", "retry", "delete"}) {
    const Outcome outcome = Fathom({command, "--db", db});
    EXPECT_EQ(outcome.code, kExitUsage) << command;
    EXPECT_THAT(outcome.err, HasSubstr(": found no SWEEP, expected `fathom " +
                                       command + " SWEEP`: number or name"));
  }
}

// Some of these answers are larger than a buffer.
TEST_F(FolderTest, AnswersThatCannotBeWrittenAreFailures) {
  const std::string db = Path("small.db");
  const std::string spec = Write("small.yaml", kSweep);
  ASSERT_EQ(Fathom({"run", spec, "--db", db, "--no-plot", "-q"}).code, kExitOk);
  const std::string rows =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE i < 9000) SELECT i, 'a text of some length' FROM n";
  const std::vector<std::vector<std::string>> commands = {
      {"list"},
      {"list", "--json"},
      {"show", "1"},
      {"show", "1/0", "--json"},
      {"query", "SELECT 1", "--format", "csv"},
      {"query", rows, "--format", "csv"},
      {"query", rows, "--format", "json"},
      {"query", rows},
      {"audit"},
      {"summary", "1", "--json"},
      {"watch", "1", "-q"},
      {"verify", "1", "-q", "--json"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--db", db});
    ExpectAFullDiskIsAFailure(command);
  }
  ExpectAFullDiskIsAFailure({"run", spec, "--db", db, "--no-plot", "-q"});
}

TEST_F(FolderTest, BestAsksTheSameSweepInManyWays) {
  std::string text = kSweep;
  text.replace(text.find("[0.01, 0.1]"), std::string("[0.01, 0.1]").size(),
               "[0.01, 0.1, 90]\n  seed: {range: [0, 3]}");
  const std::string db = Path("small.db");
  ASSERT_EQ(
      Fathom({"run", Write("small.yaml", text), "--db", db, "--no-plot", "-q"})
          .code,
      kExitOk);
  const auto best = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"best", "small", "--db", db});
    return Fathom(more);
  };

  const Outcome plain = best({"--average", "seed"});
  EXPECT_EQ(plain.code, kExitOk) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("(sweep 1): best learning rate by loss at "
                                   "step 50 per depth, mean over 3 seeds\n"));
  EXPECT_THAT(plain.out, HasSubstr("3 of 9\n"));  // The rate 90.
  EXPECT_THAT(plain.out,
              HasSubstr("Learning rates at which every trial trained"));
  EXPECT_EQ(best({"--average", "seed"}).out, plain.out);
  EXPECT_EQ(best({"--by", "depth", "--over", "learning_rate", "--average",
                  "seed", "--metric", "loss", "--at", "50"})
                .out,
            plain.out);
  EXPECT_THAT(best({"--by", "depth,seed"}).out,
              HasSubstr("at step 50 per depth and seed\n"));

  const auto json = nlohmann::json::parse(
      best({"--average", "seed", "--epsilon", "0.5", "--json"}).out);
  EXPECT_EQ(json["best"]["epsilon"], 0.5);
  EXPECT_EQ(json["best"]["groups"][0]["best"]["statistics"]["count"], 3);
  EXPECT_EQ(json["best"]["groups"][1]["band"]["divergent"]["learning_rate"],
            90);

  // A quoted number rests on the trials of the chosen setting alone.
  const auto race = nlohmann::json::parse(
      best({"--average", "seed", "--json"}).out)["best"]["races"][0];
  const auto reference = race["groups"].at(0)["at"];
  ASSERT_FALSE(reference.empty());
  const auto trials = reference.back()["trials"];
  EXPECT_EQ(trials.size(), 3u);
  const std::string why = best({"--average", "seed", "--why"}).out;
  for (const auto& trial : trials) {
    EXPECT_THAT(why, HasSubstr(absl::StrCat("1/", trial.get<int>(), " (")));
  }
  EXPECT_EQ(best({"--arrive", "0"}).code, kExitUsage);
  EXPECT_EQ(best({"--arrive", "nan"}).code, kExitUsage);

  const Outcome no_axis = best({"--by", "dept"});
  EXPECT_EQ(no_axis.code, kExitUsage);
  EXPECT_EQ(no_axis.err,
            "fathom: --by: found axis dept, expected an axis of the sweep "
            "(depth, learning_rate, seed); did you mean depth?\n");
  EXPECT_THAT(best({"--metric", "los"}).err, HasSubstr("did you mean loss?"));
  EXPECT_THAT(best({"--metric", "weight_norm"}).err,
              HasSubstr("--metric: found metric weight_norm, expected a "
                        "recorded metric (loss)"));
  EXPECT_THAT(best({"--at", "51"}).err, HasSubstr("--at: found 51, expected"));
  const Outcome unrecorded = best({"--at", "49"});
  EXPECT_EQ(unrecorded.code, kExitUsage);
  EXPECT_THAT(unrecorded.err,
              HasSubstr("no setting has values of loss at step 49; expected"));
}

// The summary changes no trial, so that a spec with another summary finds the
// same sweep.
TEST_F(FolderTest, RunSummarizesAsTheFileJustReadSays) {
  const std::string db = Path("small.db");
  std::string text = kSweep;
  const Outcome first =
      Fathom({"run", Write("small.yaml", text), "--db", db, "--no-plot", "-q"});
  text.replace(text.find("by: [depth], best_over: [learning_rate]"),
               std::string("by: [depth], best_over: [learning_rate]").size(),
               "by: [learning_rate], best_over: [depth]");
  const Outcome second =
      Fathom({"run", Write("small.yaml", text), "--db", db, "--no-plot", "-q"});

  EXPECT_THAT(first.out, HasSubstr("best learning rate and loss at step 50"));
  EXPECT_THAT(second.out, HasSubstr("(sweep 1): best depth and loss at step "
                                    "50 per learning rate"));
}

// The compared metric is then one that is recorded.
TEST_F(FolderTest, SweepThatDoesNotSayHowIsSummarizedByItsFirstMetric) {
  std::string text = kSweep;
  text.erase(text.find("summarize:"));
  text.replace(text.find("points: 10"), std::string("points: 10").size(),
               "metrics: [weight_norm]");
  const Outcome run = Fathom({"run", Write("small.yaml", text), "--db",
                              Path("small.db"), "--no-plot", "-q"});

  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("and weight norm at step 50"));
}

TEST_F(FolderTest, RunTakesTheScaleThatIsAskedForAndSaysWhich) {
  const std::string db = Path("small.db");
  const std::string spec =
      Write("small.yaml", std::string(kSweep) +
                              "scales: {tiny: {steps: 5}, huge: {steps: "
                              "1000000000}}\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", spec, "--db", db, "--no-plot"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Fathom(arguments);
  };

  const Outcome tiny = run({"--scale", "tiny"});
  EXPECT_EQ(tiny.code, kExitOk) << tiny.err;
  EXPECT_THAT(tiny.err, StartsWith("sweep 1 of " + db +
                                   ", small at scale tiny: 4 trials on "));
  EXPECT_THAT(tiny.out, HasSubstr("(sweep 1): best learning rate and loss at "
                                  "step 5 per depth"));

  const Outcome plain = run({});
  EXPECT_THAT(plain.err, StartsWith("sweep 2 of " + db +
                                    ", small at its default scale (--scale "
                                    "tiny or huge for another): 4 trials on "));
  EXPECT_THAT(plain.out, HasSubstr("at step 50"));

  const Outcome unknown = run({"--scale", "tniy"});
  EXPECT_EQ(unknown.code, kExitUsage);
  EXPECT_EQ(unknown.err, "fathom: " + spec +
                             " has no scale \"tniy\"; its scales are tiny, "
                             "huge; did you mean tiny?\n");
}

// A matrix of rank 1 has no margin, which the start of the model needs.
TEST_F(FolderTest, FailedTrialsSayWhy) {
  const std::string spec = Write("failing.yaml", R"(name: failing
data: {completion: {matrix_rows: 3, matrix_columns: 3, rank: 1}}
model: {init: {scheme: balanced, margin: 0.5}}
optimizer: {learning_rate: 0.1}
steps: 10
axes: {depth: [1, 2]}
)");
  const Outcome run =
      Fathom({"run", spec, "--db", Path("f.db"), "--no-plot", "-q"});

  EXPECT_EQ(run.code, kExitSweepIncomplete);
  EXPECT_THAT(run.out, HasSubstr("2 trials: 2 failed\nFailed:   2 trials: "));
  EXPECT_THAT(run.out, HasSubstr("rank"));
}

// Every trial reaches the goal early, and its last value counts at the last
// step.
TEST_F(FolderTest, TrialsThatARuleStoppedAreInTheSummary) {
  const std::string text = std::string(kSweep) + "stop: {loss_below: 1e3}\n";
  const Outcome run = Fathom({"run", Write("small.yaml", text), "--db",
                              Path("small.db"), "--no-plot", "-q"});

  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("4 trials: 4 stopped by a rule"));
  EXPECT_THAT(run.out, HasSubstr("+ stopped by a rule at an earlier step"));
}

}  // namespace
}  // namespace fathom::client
