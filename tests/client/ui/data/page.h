#ifndef FATHOM_TESTS_CLIENT_UI_DATA_PAGE_H_
#define FATHOM_TESTS_CLIENT_UI_DATA_PAGE_H_

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/embedded.h"
#include "client/ui/data/handler.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "proto/sweep/normalize.h"
#include "server/store/ledger.h"
#include "tests/client/commands/call.h"
#include "tests/server/store/ledger_writes.h"

// A ledger that a test writes, and a page that reads it.
namespace fathom::client::test {

// An answer in columns, taken apart.
struct ReadColumns {
  nlohmann::json header;
  std::map<std::string, std::vector<double>> columns;
};

// Takes an answer apart, by the rules of the format.
inline ReadColumns TakeApart(const std::string& body) {
  ReadColumns read;
  uint32_t length = 0;
  std::memcpy(&length, body.data(), 4);
  EXPECT_EQ((4 + length) % 8, 0u);
  read.header = nlohmann::json::parse(body.substr(4, length));
  size_t at = 4 + length;
  for (const nlohmann::json& column : read.header["columns"]) {
    const std::string type = column["type"];
    const size_t count = column["length"];
    std::vector<double>& values = read.columns[column["name"]];
    const auto take = [&](auto zero) {
      for (size_t i = 0; i < count; ++i) {
        std::memcpy(&zero, body.data() + at + i * sizeof(zero), sizeof(zero));
        values.push_back(static_cast<double>(zero));
      }
      at += (count * sizeof(zero) + 7) / 8 * 8;
    };
    if (type == "f64") take(double{});
    if (type == "i32") take(int32_t{});
    if (type == "u32") take(uint32_t{});
    if (type == "u8") take(uint8_t{});
  }
  EXPECT_EQ(at, body.size());
  return read;
}

class PageTest : public testing::Test {
 protected:
  std::string db() const { return folder_.Path("lab.db"); }

  // Commits writes to the ledger, which is made with a session "s1" first.
  void Write(const std::vector<server::Write>& writes) {
    if (ledger_ == nullptr) {
      auto opened = server::Ledger::Open(db());
      ASSERT_TRUE(opened.ok()) << opened.status();
      ledger_ = *std::move(opened);
      ASSERT_TRUE(ledger_
                      ->Commit(std::vector<server::Write>{
                          fathom::test::NewSession("s1")})
                      .ok());
    }
    const absl::Status status = ledger_->Commit(writes);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Writes a sweep of which nothing is finished.
  void WriteSweep(int64_t sweep, v1::SweepSpec spec, int64_t trials) {
    Write({fathom::test::NewSweep(sweep, std::move(spec), trials)});
  }

  // Writes a trial that has ended, with its losses at steps 0, 1, ...
  void WriteTrial(int64_t sweep, int64_t trial,
                  const std::vector<double>& losses, v1::TrialResult result) {
    const int64_t lease = ++leases_;
    server::RecordReport report = fathom::test::NewReport(lease, sweep);
    if (!losses.empty()) {
      fathom::test::AddPoints(report, trial, 0, 0, losses);
    }
    fathom::test::AddResult(report, std::move(result));
    Write({fathom::test::NewLease(lease, sweep, trial, 1), std::move(report),
           server::DeleteLease{lease}});
  }
  void WriteTrial(int64_t sweep, int64_t trial, double loss) {
    WriteTrial(sweep, trial, {1, (1 + loss) / 2, loss},
               fathom::test::NewResult(trial, loss));
  }

  // Writes how the trials of a sweep stand, as a coordinator does.
  void WriteState(int64_t sweep, int64_t trials, int64_t succeeded,
                  int64_t diverged = 0) {
    server::UpdateSweep update;
    update.sweep_id = sweep;
    update.next_index = succeeded + diverged;
    update.progress.set_succeeded(succeeded);
    update.progress.set_diverged(diverged);
    update.progress.set_pending(trials - succeeded - diverged);
    if (update.progress.pending() == 0) {
      update.state = v1::SWEEP_STATE_COMPLETED;
      update.end_time = fathom::test::SecondsIn(3);
    }
    Write({std::move(update)});
  }

  // Asks for "sweeps/1/trials?sort=steps".
  UiResponse Ask(const std::string& target, const std::string& method = "GET",
                 const std::string& body = "",
                 const std::string& if_none_match = "",
                 const std::string& accept = "") {
    if (connection_ == nullptr) {
      auto opened = OpenReadOnly(db());
      EXPECT_TRUE(opened.ok()) << opened.status();
      if (!opened.ok()) return {.status = 0};
      connection_ = *std::move(opened);
    }
    if (handler_ == nullptr) {
      handler_ = MakeUiHandler({.source = absl::StrCat("--db ", db()),
                                .now = [this] { return now_; }});
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(target, absl::MaxSplits('?', 1));
    UiRequest request = {.method = method,
                         .path = absl::StrSplit(parts.first, '/')};
    for (absl::string_view pair :
         absl::StrSplit(parts.second, '&', absl::SkipEmpty())) {
      request.query.push_back(absl::StrSplit(pair, absl::MaxSplits('=', 1)));
    }
    request.body = body;
    request.if_none_match = if_none_match;
    request.accept = accept;
    request.viewer.connection = connection_;
    return handler_(request);
  }

  // Asks until everything is computed, and returns the document.
  nlohmann::json Json(const std::string& target, int status = 200) {
    nlohmann::json json;
    do {
      const UiResponse response = Ask(target);
      EXPECT_EQ(response.status, status) << target << ": " << response.body;
      json = nlohmann::json::parse(response.body, nullptr, false);
    } while (json.is_object() && json.value("done", 1.0) < 1);
    return json;
  }
  ReadColumns AskColumns(const std::string& target) {
    ReadColumns read;
    do {
      const UiResponse response = Ask(target);
      EXPECT_EQ(response.status, 200) << target << ": " << response.body;
      if (response.status != 200) return read;
      EXPECT_EQ(response.content_type, "application/vnd.fathom.columns");
      read = TakeApart(response.body);
    } while (read.header.value("done", 1.0) < 1);
    return read;
  }
  // Returns the message of the error with this status.
  std::string Error(const std::string& target, int status = 400) {
    const nlohmann::json json = Json(target, status);
    return json.is_object() && json.contains("error")
               ? json["error"]["message"].get<std::string>()
               : "";
  }

  ScratchFolder folder_;
  std::unique_ptr<server::Ledger> ledger_;
  int64_t leases_ = 0;
  // What the page takes for the time.
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'100);
  std::shared_ptr<Connection> connection_;
  UiHandler handler_;
};

}  // namespace fathom::client::test

#endif  // FATHOM_TESTS_CLIENT_UI_DATA_PAGE_H_
