// What a monitor is told of a real cluster: the same as the ledger holds, in a
// text that Prometheus takes.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/ui/metrics/metrics.h"
#include "gmock/gmock.h"
#include "proto/telemetry/families.h"
#include "tests/testing/cluster.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TelemetryTest : public Cluster {
 protected:
  // Returns the samples of the answer at /metrics, by series.
  std::map<std::string, double> Scrape() {
    const auto text = client::MetricsText(*client_);
    EXPECT_OK(text);
    text_ = text.value_or("");
    std::map<std::string, double> samples;
    for (const absl::string_view line : absl::StrSplit(text_, '\n')) {
      if (line.empty() || line[0] == '#') continue;
      const size_t space = line.rfind(' ');
      double value = 0;
      EXPECT_TRUE(absl::SimpleAtod(line.substr(space + 1), &value)) << line;
      const std::string series(line.substr(0, space));
      EXPECT_TRUE(samples.emplace(series, value).second) << series;
    }
    return samples;
  }

  // Scrapes until a sample is at least `least`.
  std::map<std::string, double> ScrapeUntil(const std::string& series,
                                            double least) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (true) {
      std::map<std::string, double> samples = Scrape();
      const auto found = samples.find(series);
      if (found != samples.end() && found->second >= least) return samples;
      if (absl::Now() > deadline) {
        ADD_FAILURE() << series << " did not come to " << least << "\n"
                      << text_;
        return samples;
      }
      absl::SleepFor(absl::Milliseconds(20));  // Between polls only.
    }
  }

  // Returns the series of the updates that kepler has taken in a session.
  static std::string StepsOf(const std::string& session) {
    return absl::StrCat(
        "fathom_worker_steps_total{worker=\"kepler\",session=\"", session,
        "\"}");
  }

  std::string text_;
};

TEST_F(TelemetryTest, TheNumbersAreThoseOfTheLedger) {
  server::Coordinator::Options options;
  options.heartbeat_period = absl::Milliseconds(50);
  StartServer(options);
  const auto worker = StartWorker("kepler", 2);
  v1::SweepSpec spec = SmallSpec(40, "all");
  spec.mutable_trial()->mutable_record()->set_points(5);
  const v1::Sweep sweep = Submit(spec);
  WaitUntilComplete(sweep.sweep_id());
  const std::string steps = StepsOf(client_->ListWorkers()->at(0).session_id());
  const auto samples = ScrapeUntil(steps, 40 * 100);
  EXPECT_EQ(samples.at("fathom_up"), 1);
  EXPECT_EQ(samples.at("fathom_trials_finished_total{outcome=\"succeeded\"}"),
            40);
  EXPECT_EQ(samples.at("fathom_trials_given_total"), 40);
  EXPECT_THAT(Rows("SELECT count(DISTINCT trial||'/'||step) FROM "
                   "metric_points"),
              ElementsAre(absl::StrCat(
                  static_cast<int64_t>(samples.at("fathom_points_total")))));
  EXPECT_EQ(samples.at("fathom_leases"), 0);
  EXPECT_EQ(samples.at("fathom_sessions{state=\"connected\"}"), 1);
  EXPECT_EQ(samples.at("fathom_events_total{kind=\"sweep_completed\"}"), 1);
  // Every update of every trial, once.
  EXPECT_EQ(samples.at(steps), 40 * 100);
  EXPECT_GE(samples.at("fathom_commit_sync_seconds_count"), 1);
  EXPECT_GE(samples.at("fathom_calls_total{method=\"GetSpec\",code=\"OK\"}"),
            1);

  // Restarted, it begins at 0 and knows its workers again.
  StopServer();
  StartServer(options);
  const auto again = ScrapeUntil("fathom_sessions{state=\"connected\"}", 1);
  EXPECT_EQ(again.at("fathom_trials_finished_total{outcome=\"succeeded\"}"), 0);
  EXPECT_EQ(ScrapeUntil(steps, 1).at(steps), 40 * 100);
  EXPECT_OK(client::Health(*client_));
  StopServer();
}

TEST_F(TelemetryTest, PromtoolFindsNothingWrong) {
  if (std::system("command -v promtool >/dev/null") != 0) {
    GTEST_SKIP() << "there is no promtool; Debian's package prometheus has it";
  }
  StartServer();
  const auto worker = StartWorker("a \"b\" \\c", 1);
  v1::SweepSpec spec = SmallSpec(3, "sweep");
  WaitUntilComplete(Submit(spec).sweep_id());
  Submit(SmallSpec(1000, "open"));
  Scrape();
  const TempDir folder;
  std::ofstream(folder.File("metrics")) << text_;
  const std::string out = folder.File("out");
  EXPECT_EQ(std::system(absl::StrCat("promtool check metrics <",
                                     folder.File("metrics"), " >", out, " 2>&1")
                            .c_str()),
            0);
  std::ifstream found(out);
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(found), {}), IsEmpty())
      << text_;
}

}  // namespace
}  // namespace fathom::test
