// These tests ask for the pages of a coordinator, which answers what a ledger
// file does not have: workers and changes.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/ui/data/handler.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/fake_service.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A coordinator whose sweep can be paused.
class Coordinator : public fathom::test::FakeService {
 public:
  grpc::Status UpdateSweep(grpc::ServerContext* /*context*/,
                           const v1::UpdateSweepRequest* request,
                           v1::Sweep* response) override {
    EXPECT_EQ(request->sweep(), "+1");
    sweep.set_paused(request->paused());
    *response = sweep;
    return grpc::Status::OK;
  }
};

class LiveTest : public testing::Test {
 protected:
  LiveTest()
      : connection_(*ConnectToServer(service_.address())),
        handler_(MakeUiHandler(
            {.source = "--server x", .now = [this] { return now_; }})) {}

  UiResponse Ask(const std::vector<std::string>& path,
                 const std::string& method = "GET",
                 const std::string& body = "", bool may_change = true) {
    UiRequest request = {.method = method, .path = path, .body = body};
    request.viewer.connection = connection_;
    request.viewer.may_change = may_change;
    return handler_(request);
  }
  nlohmann::json Json(const std::vector<std::string>& path) {
    const UiResponse response = Ask(path);
    EXPECT_EQ(response.status, 200) << response.body;
    return nlohmann::json::parse(response.body, nullptr, false);
  }

  Coordinator service_;
  std::shared_ptr<Connection> connection_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  UiHandler handler_;
};

// The service is as old as coordinators were that know neither callers nor
// measurements.
TEST_F(LiveTest, WorkersAreShownWithWhatTheyDeclined) {
  service_.declined = "too little <memory>";
  const nlohmann::json workers = Json({"workers"})["workers"];
  ASSERT_EQ(workers.size(), 1u);
  EXPECT_EQ(workers[0]["name"], "w");
  EXPECT_EQ(workers[0]["declined"][0]["sweep"], 1);
  EXPECT_EQ(workers[0]["declined"][0]["reason"], "too little <memory>");
  EXPECT_EQ(workers[0]["rate"], nullptr);
  EXPECT_EQ(workers[0]["busy"], nullptr);
  now_ += absl::Seconds(5);
  EXPECT_EQ(Json({"workers"})["workers"][0]["rate"], 0);
  service_.no_workers = true;
  EXPECT_THAT(Json({"workers"})["note"].get<std::string>(),
              HasSubstr("no worker is connected"));
}

TEST_F(LiveTest, ChangesNeedARightAndTheName) {
  const std::vector<std::string> pause = {"sweeps", "1", "pause"};
  EXPECT_EQ(Ask(pause, "POST", R"({"confirm": "a/3"})", false).status, 403);
  EXPECT_EQ(Ask(pause, "POST", R"({"confirm": "other"})").status, 400);
  EXPECT_EQ(Ask(pause, "POST", R"({"confirm": 1})").status, 400);
  EXPECT_EQ(Ask(pause, "POST", "").status, 400);
  EXPECT_EQ(Ask({"sweeps", "2", "pause"}, "POST", R"({"confirm": "2"})").status,
            404);
  EXPECT_FALSE(service_.sweep.paused());
  const UiResponse paused = Ask(pause, "POST", R"({"confirm": "a/3"})");
  EXPECT_EQ(paused.status, 200) << paused.body;
  EXPECT_TRUE(service_.sweep.paused());
  EXPECT_EQ(nlohmann::json::parse(paused.body)["paused"], true);
  EXPECT_EQ(
      Ask({"sweeps", "1", "resume"}, "POST", R"({"confirm": "1"})").status,
      200);
  EXPECT_FALSE(service_.sweep.paused());
  EXPECT_EQ(
      Ask({"workers", "nobody", "drain"}, "POST", R"({"confirm": "w"})").status,
      404);
}

}  // namespace
}  // namespace fathom::client
