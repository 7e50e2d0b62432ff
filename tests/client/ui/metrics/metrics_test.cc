// What `fathom ui` answers to a monitor, whatever is behind it.
#include "client/ui/metrics/metrics.h"

#include <memory>
#include <string>

#include "client/embedded.h"
#include "client/ui/metrics/ui_telemetry.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "tests/testing/cluster.h"
#include "tests/testing/coordinator_fixture.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::SmallSpec;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

// A coordinator that answers every call with one status.
class Refuser final : public v1::SweepService::Service {
 public:
  grpc::Status GetTelemetry(grpc::ServerContext*,
                            const v1::GetTelemetryRequest*,
                            v1::Telemetry*) override {
    return status;
  }
  grpc::Status GetCaller(grpc::ServerContext*, const v1::GetCallerRequest*,
                         v1::GetCallerResponse*) override {
    return status;
  }
  grpc::Status ListSweeps(grpc::ServerContext*, const v1::ListSweepsRequest*,
                          v1::ListSweepsResponse*) override {
    return lists;
  }

  grpc::Status status;
  grpc::Status lists;  // Of the call that older coordinators know.
};

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : server_(
            grpc::ServerBuilder().RegisterService(&refuser_).BuildAndStart()),
        refused_(server_->InProcessChannel({}), {}) {}

  static v1::Telemetry Own() {
    return TelemetryOf(
        {.responses = {{{"api", 200}, 7}, {{"api", 404}, 1}}, .streams = 4},
        absl::FromUnixSeconds(1'900'000'000));
  }

  Refuser refuser_;
  std::unique_ptr<grpc::Server> server_;
  Connection refused_;
};

TEST_F(MetricsTest, OfAFileItTellsWhatTheLedgerHolds) {
  test::TempDir folder;
  const std::string path = folder.File("lab.db");
  {
    auto running = OpenEmbedded(path, 1, absl::InfiniteDuration());
    ASSERT_OK(running);
    ASSERT_OK((*running)->CreateSweep(SmallSpec(3), false));
    while ((*running)->GetSweep(1)->state() == v1::SWEEP_STATE_RUNNING) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    ASSERT_OK((*running)->CancelSweep(std::to_string(
        (*running)->CreateSweep(SmallSpec(1000, "other"), false)->sweep_id())));
  }
  auto file = OpenReadOnly(path);
  ASSERT_OK(file);
  EXPECT_OK(Health(**file));
  const auto text = MetricsText(**file, Own());
  ASSERT_OK(text);
  EXPECT_THAT(*text, HasSubstr("fathom_up 1\n"));
  EXPECT_THAT(*text, HasSubstr("fathom_file_sweeps{state=\"completed\"} 1\n"));
  EXPECT_THAT(*text, HasSubstr("fathom_file_sweeps{state=\"cancelled\"} 1\n"));
  EXPECT_THAT(*text, HasSubstr("fathom_file_trials{state=\"failed\"} 0\n"));
  EXPECT_THAT(*text, ::testing::ContainsRegex("fathom_ledger_bytes [0-9]{5,}"));
  EXPECT_THAT(*text, HasSubstr("fathom_ui_streams 4\n"));
  EXPECT_THAT(*text, HasSubstr("fathom_ui_requests_total{route=\"api\","
                               "status=\"404\"} 1\n"));
}

// What the page measures of itself is there as well.
TEST_F(MetricsTest, ACoordinatorThatIsAwayIsDown) {
  refuser_.status = refuser_.lists = {grpc::StatusCode::UNAVAILABLE, "gone"};
  const auto text = MetricsText(refused_, Own());
  ASSERT_OK(text);
  EXPECT_THAT(*text, HasSubstr("fathom_up 0\n"));
  EXPECT_THAT(*text, HasSubstr("fathom_ui_streams 4\n"));
  EXPECT_THAT(Health(refused_), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MetricsTest, ACoordinatorOfAReleaseWithoutTelemetryIsUp) {
  refuser_.status = {grpc::StatusCode::UNIMPLEMENTED, ""};
  const auto text = MetricsText(refused_);
  ASSERT_OK(text);
  EXPECT_THAT(*text, HasSubstr("fathom_up 1\n"));
  EXPECT_THAT(*text, Not(HasSubstr("fathom_leases")));
  EXPECT_OK(Health(refused_));
  refuser_.lists = {grpc::StatusCode::UNAVAILABLE, "gone"};
  EXPECT_THAT(*MetricsText(refused_), HasSubstr("fathom_up 0\n"));
}

TEST_F(MetricsTest, WhoMayNotAskIsTold) {
  for (const auto& [code, expected] :
       {std::pair{grpc::StatusCode::UNAUTHENTICATED,
                  absl::StatusCode::kUnauthenticated},
        {grpc::StatusCode::PERMISSION_DENIED,
         absl::StatusCode::kPermissionDenied}}) {
    refuser_.status = {code, "no"};
    EXPECT_THAT(MetricsText(refused_), StatusIs(expected));
    EXPECT_THAT(Health(refused_), StatusIs(expected));
  }
}

}  // namespace
}  // namespace fathom::client
