// Events in the log, each with the trace of its sweep.
#include "server/event_log.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "proto/shared/log.h"

namespace fathom::server {
namespace {

constexpr char kTrace[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() { SetLogFormat(LogFormat::kJson); }
  ~EventLogTest() override { SetLogFormat(LogFormat::kText); }

  // Returns the lines that effects make.
  static std::vector<nlohmann::json> Lines(EventLog& log,
                                           const Effects& effects) {
    ::testing::internal::CaptureStderr();
    log.Append(effects);
    std::vector<nlohmann::json> lines;
    for (const std::string& line : std::vector<std::string>(
             absl::StrSplit(::testing::internal::GetCapturedStderr(), '\n',
                            absl::SkipEmpty()))) {
      lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }

  static Effects EventOf(int64_t sweep_id) {
    Effects effects;
    effects.Event("lease_expired", "gone", absl::UnixEpoch(), sweep_id);
    return effects;
  }
};

TEST_F(EventLogTest, ASweepHasItsTraceFromItsCreationToItsEnd) {
  EventLog log;
  Effects created;
  InsertSweep insert;
  insert.sweep.set_sweep_id(3);
  insert.sweep.set_traceparent(kTrace);
  created.writes.push_back(insert);
  created.Event("sweep_created", "a", absl::UnixEpoch(), 3);
  EXPECT_EQ(Lines(log, created)[0]["trace_id"],
            "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_TRUE(Lines(log, EventOf(3))[0].contains("span_id"));
  EXPECT_FALSE(Lines(log, EventOf(4))[0].contains("span_id"));
  Effects ended;
  ended.writes.push_back(
      UpdateSweep{.sweep_id = 3, .state = v1::SWEEP_STATE_COMPLETED});
  ended.Event("sweep_completed", "a", absl::UnixEpoch(), 3);
  EXPECT_TRUE(Lines(log, ended)[0].contains("trace_id"));
  EXPECT_FALSE(Lines(log, EventOf(3))[0].contains("trace_id"));
}

TEST_F(EventLogTest, SweepsThatWereRunningBeforeHaveTheirs) {
  EventLog log({{7, kTrace}});
  EXPECT_EQ(Lines(log, EventOf(7))[0]["span_id"], "00f067aa0ba902b7");
}

TEST_F(EventLogTest, ALineSaysWhoAndWhat) {
  EventLog log;
  Effects effects;
  InsertEvent& event =
      effects.Event("lease_expired", "gone", absl::UnixEpoch(), 3);
  event.lease_id = 9;
  event.ForSession("kepler", "f00");
  const nlohmann::json line = Lines(log, effects)[0];
  EXPECT_EQ(line["message"], "lease_expired: sweep 3, gone");
  EXPECT_EQ(line["sweep"], 3);
  EXPECT_EQ(line["lease"], 9);
  EXPECT_EQ(line["worker"], "kepler");
  EXPECT_EQ(line["session"], "f00");
}

}  // namespace
}  // namespace fathom::server
