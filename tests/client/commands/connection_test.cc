#include "client/connection.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "client/call_cost.h"
#include "gmock/gmock.h"
#include "proto/shared/call_cost.h"
#include "proto/shared/protocol.h"
#include "tests/client/commands/fake_service.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

TEST(ConnectionTest, NobodyAtTheAddressIsUnavailableWithAdvice) {
  std::string address;
  {
    const test::FakeService gone;
    address = gone.address();
  }

  const auto connection = ConnectToServer(address, {}, absl::Milliseconds(100));

  ASSERT_THAT(connection, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(connection.status().message()),
              HasSubstr("no coordinator answers at " + address));
}

// Accepts connections at a port of this machine and ends each at once, as long
// as it lives.
class Doorman {
 public:
  explicit Doorman(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    is_listening_ = bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)) == 0 &&
                    listen(socket_, 16) == 0;
  }
  ~Doorman() { close(socket_); }

  bool is_listening() const { return is_listening_; }

  // Returns whether somebody comes before `deadline`, whom it sends away.
  bool SendAway(absl::Time deadline) const {
    pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
    const auto left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) != 1) {
      return false;
    }
    close(accept(socket_, nullptr, nullptr));
    return true;
  }

 private:
  const int socket_;
  bool is_listening_ = false;
};

TEST(ConnectionTest, ACoordinatorThatHasLongBeenAwayIsLookedForOften) {
  auto service = std::make_unique<test::FakeService>();
  const auto connection = ConnectToServer(service->address());
  ASSERT_OK(connection);
  const std::string address = service->address();
  int port = 0;
  ASSERT_TRUE(absl::SimpleAtoi(address.substr(address.find(':') + 1), &port));
  service.reset();
  const Doorman doorman(port);
  if (!doorman.is_listening()) GTEST_SKIP() << "the port was taken";

  // Waits that grow without a bound take minutes for as many.
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (int times = 0; times < 10; ++times) {
    EXPECT_THAT((*connection)->ListSweeps(),
                StatusIs(absl::StatusCode::kUnavailable));
    ASSERT_TRUE(doorman.SendAway(deadline)) << "after " << times;
  }
}

// What gRPC says of sockets and resolvers helps nobody.
TEST(ConnectionTest, ACoordinatorThatHasGoneIsSaidInPlainWords) {
  auto service = std::make_unique<test::FakeService>();
  const auto connection = ConnectToServer(service->address());
  ASSERT_OK(connection);
  service.reset();
  const absl::Duration before = CostOfCalls();
  const auto sweeps = (*connection)->ListSweeps();
  ASSERT_THAT(sweeps, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(std::string(sweeps.status().message()),
            "the coordinator does not answer: it has been stopped, or the "
            "network does not reach it");
  // Waiting for one that is away costs it nothing.
  EXPECT_EQ(CostOfCalls(), before);
}

// Says what its calls have cost, as coordinators do.
class CostlyService final : public test::FakeService {
 public:
  grpc::Status GetSweep(grpc::ServerContext* context,
                        const v1::GetSweepRequest* request,
                        v1::Sweep* response) override {
    context->AddTrailingMetadata(kCallCostKey, said);
    return FakeService::GetSweep(context, request, response);
  }
  grpc::Status ReadCurves(grpc::ServerContext* context,
                          const v1::ReadCurvesRequest* request,
                          grpc::ServerWriter<v1::CurveBatch>* out) override {
    context->AddTrailingMetadata(kCallCostKey, said);
    return FakeService::ReadCurves(context, request, out);
  }
  std::string said = "12000";
};

TEST(ConnectionTest, WhatCallsCostIsCountedAsTheCoordinatorSaysIt) {
  CostlyService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);
  absl::Duration before = CostOfCalls();
  EXPECT_OK((*connection)->GetSweep(1));
  EXPECT_EQ(CostOfCalls() - before, absl::Milliseconds(12));
  EXPECT_THAT((*connection)->GetSweep("none"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_OK((*connection)->ReadCurves({}, [](const v1::CurveBatch&) {
    return absl::OkStatus();
  }));
  EXPECT_EQ(CostOfCalls() - before, absl::Milliseconds(36));
  // Of those that do not say it, or say nonsense, the time counts.
  for (const char* nonsense : {"-5", "x", "1e9", ""}) {
    service.said = nonsense;
    before = CostOfCalls();
    const absl::Time begin = absl::Now();
    EXPECT_OK((*connection)->GetSweep(1));
    EXPECT_GT(CostOfCalls(), before);
    EXPECT_LE(CostOfCalls() - before, absl::Now() - begin);
  }
  // Nor would a page wait for years because of one word.
  service.said = "9223372036854775807";
  before = CostOfCalls();
  EXPECT_OK((*connection)->GetSweep(1));
  EXPECT_EQ(CostOfCalls() - before, absl::Minutes(1));
}

TEST(ConnectionTest, AddressesWithoutAPortAreRefused) {
  for (const char* address :
       {"", "localhost", ":7373", "host:", "host:0", "host:70000", "host:x"}) {
    EXPECT_THAT(ConnectToServer(address),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << address;
  }
}

TEST(ConnectionTest, UploadsInPiecesAndKeepsTheBytes) {
  test::FakeService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);
  std::string bytes(5 * kDatasetChunkBytes / 2, 'x');
  bytes.back() = 'y';

  const auto dataset = (*connection)->UploadDataset("sha256:1", "t", bytes);

  ASSERT_OK(dataset);
  EXPECT_EQ(dataset->digest(), "sha256:1");
  EXPECT_EQ(service.uploaded, bytes);
  EXPECT_EQ(service.largest_piece, static_cast<size_t>(kDatasetChunkBytes));
}

TEST(ConnectionTest, ListsAllPages) {
  test::FakeService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);

  const auto sweeps = (*connection)->ListSweeps();

  ASSERT_OK(sweeps);
  EXPECT_EQ(sweeps->size(), 2u);
}

TEST(ConnectionTest, ErrorsKeepTheirCode) {
  test::FakeService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);
  v1::QueryRequest request;
  request.set_sql("bad");

  EXPECT_THAT((*connection)->GetSweep("none"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(
      (*connection)
          ->Query(request,
                  [](const v1::QueryResponse&) { return absl::OkStatus(); }),
      StatusIs(absl::StatusCode::kInvalidArgument));
}

// The error comes long before the timeout.
TEST(ConnectionTest, NameThatIsNotKnownIsSaidAtOnce) {
  const auto there =
      ConnectToServer("no-such-host.invalid:7373", {}, absl::Hours(1));

  EXPECT_THAT(there, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(there.status().message()),
              HasSubstr("the name \"no-such-host.invalid\" in the server "
                        "address \"no-such-host.invalid:7373\" is not known"));
}

TEST(ConnectionTest, AdviceToStartOneIsForThisMachineOnly) {
  // This is an address of the machine, but not one that counts as its own.
  const auto there = ConnectToServer("0.0.0.0:1", {}, absl::Milliseconds(100));

  EXPECT_THAT(there, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(there.status().message()),
              testing::Not(HasSubstr("--listen")));
  const auto here = ConnectToServer("127.0.0.1:1", {}, absl::Milliseconds(100));
  EXPECT_THAT(std::string(here.status().message()),
              HasSubstr("--listen 127.0.0.1:1"));
}

TEST(ConnectionTest, CallsThatAStoppingCoordinatorEndsAreUnavailable) {
  test::FakeService service;
  service.stopping_at = 0;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);

  const auto sweep = (*connection)->GetSweep("1");

  EXPECT_THAT(sweep, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(sweep.status().message(), "the coordinator is stopping");
}

// The backup is interrupted although its first piece has not come.
TEST(ConnectionTest, ABackupCanBeInterrupted) {
  test::FakeService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);
  EXPECT_FALSE((*connection)
                   ->Backup([](absl::string_view) { return absl::OkStatus(); },
                            [] { return true; })
                   .ok());
}

// The service takes calls and never answers, as a process does that SIGSTOP
// holds.
TEST(ConnectionTest, CoordinatorThatStallsIsUnavailable) {
  test::FakeService service;
  const auto connect = [&](bool in_process) {
    return Connection(grpc::CreateChannel(service.address(),
                                          grpc::InsecureChannelCredentials()),
                      {.call_timeout = absl::Milliseconds(100),
                       .query_margin = absl::Milliseconds(100),
                       .in_process = in_process});
  };
  v1::QueryRequest request;
  request.mutable_time_limit()->set_nanos(1'000'000);
  const auto query = [&](Connection connection, const char* sql) {
    request.set_sql(sql);
    return connection.Query(
        request, [](const v1::QueryResponse&) { return absl::OkStatus(); });
  };

  const auto sweep = connect(false).GetSweep("stall");
  EXPECT_THAT(sweep, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(sweep.status().message()),
              HasSubstr("did not answer within 100ms"));
  EXPECT_THAT(query(connect(false), "stall"),
              StatusIs(absl::StatusCode::kUnavailable));
  // A query whose time is over does not mean that the coordinator is gone.
  EXPECT_THAT(query(connect(false), "slow"),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(connect(true).GetSweep("stall"),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  service.stalled.Notify();
}

TEST(ConnectionTest, ReaderOfRowsCanEndTheQuery) {
  test::FakeService service;
  const auto connection = ConnectToServer(service.address());
  ASSERT_OK(connection);
  v1::QueryRequest request;
  request.set_sql("SELECT 7");

  EXPECT_THAT((*connection)
                  ->Query(request,
                          [](const v1::QueryResponse&) {
                            return absl::AbortedError("enough");
                          }),
              StatusIs(absl::StatusCode::kAborted));
}

}  // namespace
}  // namespace fathom::client
