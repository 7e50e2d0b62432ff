// These tests run whole sweeps through real servers, workers and sockets.
#include "tests/testing/cluster.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"

namespace fathom {
namespace {

using ::fathom::test::Cluster;
using ::fathom::test::StatusIs;
using ::testing::ElementsAre;

// Returns a sweep over depth, rate and seed on a small generated l_4 problem.
v1::SweepSpec DepthSweep(int64_t seeds, int64_t steps = 60) {
  v1::SweepSpec spec;
  spec.set_name("depth");
  v1::TrialSpec& trial = *spec.mutable_trial();
  v1::SyntheticData& data = *trial.mutable_data()->mutable_synthetic();
  data.set_rows(64);
  data.set_columns(5);
  data.set_noise(0.1);
  trial.mutable_loss()->set_lp(4);
  trial.mutable_model()->mutable_init()->set_std(0.3);
  trial.set_steps(steps);
  trial.mutable_record()->set_points(20);
  v1::RecordSpec& record = *trial.mutable_record();
  for (v1::Metric metric :
       {v1::METRIC_LOSS, v1::METRIC_WEIGHT_NORM, v1::METRIC_BALANCEDNESS}) {
    record.add_metrics(metric);
  }
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  depth.mutable_range()->set_from(1);
  depth.mutable_range()->set_to(4);
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-3);
  rate.mutable_log()->set_to(10);  // The largest rates diverge.
  rate.mutable_log()->set_per_decade(1);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_from(0);
  seed.mutable_range()->set_to(seeds);
  return Normalize(spec);
}

// What every worker gets and every page carries is bounded. The table, which
// nobody needs again, is not kept.
TEST_F(Cluster, ASpecIsKeptWithoutItsTableAndWithinItsBound) {
  StartServer();
  v1::SweepSpec spec = DepthSweep(1);
  spec.mutable_trial()->mutable_loss()->set_lp(2);
  v1::DataImport& import =
      *spec.mutable_trial()->mutable_data()->mutable_import();
  import.set_if_present(true);
  import.add_target("y");
  import.set_table("y,a\n" + std::string(2 << 20, '1') + ",2\n");
  const v1::Sweep sweep = Submit(spec);
  EXPECT_FALSE(sweep.spec().trial().data().has_import());
  EXPECT_LT(sweep.ByteSizeLong(), size_t{10'000});
  EXPECT_EQ(Submit(spec).sweep_id(), sweep.sweep_id());

  v1::SweepSpec longer = DepthSweep(1);
  v1::ValueList& rates =
      *longer.mutable_axes(1)->mutable_axes(0)->mutable_list();
  for (int i = 1; i <= 200'000; ++i) rates.add_values()->set_number(i * 1e-7);
  EXPECT_THAT(client_->CreateSweep(longer, false),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM sweeps"), ElementsAre("1"));

  auto worker = StartWorker("w", 2);
  WaitUntilComplete(sweep.sweep_id());
}

constexpr char kAllPoints[] =
    "SELECT trial, metric, step, value FROM metric_points "
    "ORDER BY trial, metric, step";
constexpr char kAllResults[] =
    "SELECT trial, state, steps, final_loss, best_loss, best_step FROM results "
    "ORDER BY trial";

TEST_F(Cluster, ASweepRunsToItsEndAndCanBeQueried) {
  StartServer();
  auto worker = StartWorker("w", 2);
  const v1::Sweep sweep = Submit(DepthSweep(4));

  const v1::Sweep done = WaitUntilComplete(sweep.sweep_id());

  EXPECT_EQ(done.trial_count(), 60);
  EXPECT_EQ(done.progress().fraction(), 1.0);
  EXPECT_EQ(done.progress().failed(), 0);
  EXPECT_GT(done.progress().diverged(), 0);
  EXPECT_EQ(done.progress().succeeded() + done.progress().diverged(), 60);
  EXPECT_THAT(Rows("SELECT COUNT(*), COUNT(DISTINCT trial), MIN(trial), "
                   "MAX(trial) FROM results"),
              ElementsAre("60|60|0|59"));
  // Every trial that took all its steps has its first and its last point.
  EXPECT_THAT(
      Rows("SELECT COUNT(DISTINCT p.trial) FROM metric_points p JOIN results r "
           "ON r.sweep = p.sweep AND r.trial = p.trial WHERE r.state = "
           "'succeeded' AND p.metric = 'loss' AND p.step = r.steps"),
      ElementsAre(absl::StrCat(done.progress().succeeded())));
  EXPECT_OK(worker->Stop());
}

TEST_F(Cluster, TheBitsDoNotDependOnHowTheWorkWasSplit) {
  StartServer();
  std::vector<std::string> points, results;
  {
    auto worker = StartWorker("alone", 1);
    WaitUntilComplete(Submit(DepthSweep(4)).sweep_id());
    points = Rows(kAllPoints);
    results = Rows(kAllResults);
  }
  StopServer();
  std::filesystem::remove(db_path());
  StartServer();
  auto first = StartWorker("a", 3);
  auto second = StartWorker("b", 4);
  WaitUntilComplete(Submit(DepthSweep(4)).sweep_id());

  EXPECT_EQ(Rows(kAllPoints), points);
  EXPECT_EQ(Rows(kAllResults), results);
  EXPECT_GT(points.size(), 1000u);
}

TEST_F(Cluster, AWorkerThatLeavesCostsNothing) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(200, 2000));
  auto leaver = StartWorker("leaver", 2);
  WaitFor(sweep.sweep_id(),
          [](const v1::Sweep& s) { return s.progress().succeeded() > 0; });

  EXPECT_OK(leaver->Stop());

  const v1::Sweep left = *client_->GetSweep(absl::StrCat(sweep.sweep_id()));
  EXPECT_EQ(left.progress().leased(), 0);
  EXPECT_LT(left.progress().fraction(), 1.0);
  auto stayer = StartWorker("stayer", 2);
  const v1::Sweep done = WaitUntilComplete(sweep.sweep_id());
  EXPECT_EQ(done.progress().failed(), 0);
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"), ElementsAre("3000"));
}

TEST_F(Cluster, AWorkerOutlivesItsCoordinator) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(200, 2000));
  auto worker = StartWorker("w", 2);
  WaitFor(sweep.sweep_id(),
          [](const v1::Sweep& s) { return s.progress().succeeded() > 0; });

  StopServer();
  StartServer();

  const v1::Sweep done = WaitUntilComplete(sweep.sweep_id());
  EXPECT_EQ(done.trial_count(), 3000);
  EXPECT_EQ(done.progress().failed(), 0);
  // The worker came back to its leases. A lease whose grant was cut off on its
  // way may have been given out again, but nothing counts as lost.
  EXPECT_THAT(Rows("SELECT MAX(lost_attempts), MAX(attempt) <= 2 FROM results"),
              ElementsAre("0|1"));
}

TEST_F(Cluster, AWorkerThatStopsWhileItsCoordinatorIsAwayHandsOverLater) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(200, 2000));
  auto worker = StartWorker("w", 2);
  WaitFor(sweep.sweep_id(),
          [](const v1::Sweep& s) { return s.progress().succeeded() > 0; });
  StopServer();
  absl::Status stopped;
  std::thread stop([&] { stopped = worker->Stop(); });

  StartServer();

  stop.join();
  EXPECT_OK(stopped);
  const v1::Sweep left = *client_->GetSweep(absl::StrCat(sweep.sweep_id()));
  EXPECT_EQ(left.progress().leased(), 0);
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results WHERE lost_attempts > 0"),
              ElementsAre("0"));
}

TEST_F(Cluster, ACompletedSweepIsNotRunAgain) {
  StartServer();
  auto worker = StartWorker("w");
  const v1::Sweep first = Submit(DepthSweep(1));
  WaitUntilComplete(first.sweep_id());
  const v1::Sweep again = Submit(DepthSweep(1));
  EXPECT_EQ(again.sweep_id(), first.sweep_id());
  EXPECT_EQ(again.state(), v1::SWEEP_STATE_COMPLETED);
  EXPECT_EQ(client_->CreateSweep(DepthSweep(1), /*force_new=*/true)->sweep_id(),
            first.sweep_id() + 1);
}

TEST_F(Cluster, CancelStopsTheWorkAndKeepsWhatIsRecorded) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(100, 1'000'000));
  auto worker = StartWorker("w", 2);
  WaitFor(sweep.sweep_id(),
          [](const v1::Sweep& s) { return s.progress().leased() > 0; });
  const std::string name = absl::StrCat(sweep.sweep_id());

  ASSERT_OK(client_->CancelSweep(name));

  const v1::Sweep cancelled = *client_->GetSweep(name);
  EXPECT_EQ(cancelled.state(), v1::SWEEP_STATE_CANCELLED);
  EXPECT_EQ(cancelled.progress().leased(), 0);
  EXPECT_OK(client_->CancelSweep(name));  // The second call changes nothing.
  // The worker is free for the next sweep.
  WaitUntilComplete(Submit(DepthSweep(1)).sweep_id());
}

TEST_F(Cluster, ATrialIsKnownBeforeItIsGivenOut) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(4));
  absl::StatusOr<v1::Trial> trial = client_->GetTrial(sweep.sweep_id(), 59);
  ASSERT_OK(trial);
  EXPECT_EQ(trial->state(), v1::TRIAL_STATE_PENDING);
  EXPECT_EQ(trial->spec().model().depth(), 3);
  EXPECT_EQ(trial->spec().seed(), 3u);
  EXPECT_THAT(client_->GetTrial(sweep.sweep_id(), 60),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(Cluster, AnInvalidSpecIsRefusedByTheServerToo) {
  StartServer();
  v1::SweepSpec spec = DepthSweep(1);
  spec.mutable_trial()->mutable_loss()->set_lp(1);
  const auto sweep = client_->CreateSweep(spec, false);
  EXPECT_THAT(sweep, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(sweep.status().message()),
              ::testing::HasSubstr("a number above 1"));
}

TEST_F(Cluster, ADatasetThatWasNotUploadedIsRefused) {
  StartServer();
  v1::SweepSpec spec = DepthSweep(1);
  spec.mutable_trial()->mutable_data()->clear_synthetic();
  spec.mutable_trial()->mutable_data()->set_digest("sha256:" +
                                                   std::string(64, '0'));
  EXPECT_THAT(client_->CreateSweep(spec, false),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(Cluster, AWorkerOfAnotherVersionIsTurnedAway) {
  StartServer();
  auto stub = v1::WorkerService::NewStub(
      grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  auto stream = stub->Work(&context);
  v1::WorkerMessage hello;
  hello.mutable_hello()->set_protocol_version(kProtocolVersion + 1);
  hello.mutable_hello()->set_session_id("s");
  hello.mutable_hello()->set_slots(1);
  stream->Write(hello);
  v1::CoordinatorMessage answer;
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

// A service that turns every worker away.
class RefusingService final : public v1::WorkerService::Service {
  grpc::Status Work(grpc::ServerContext*,
                    grpc::ServerReaderWriter<v1::CoordinatorMessage,
                                             v1::WorkerMessage>*) override {
    return {grpc::StatusCode::FAILED_PRECONDITION, "another protocol version"};
  }
};

TEST(WorkerTest, GivesUpWhenItIsTurnedAway) {
  RefusingService service;
  auto server = grpc::ServerBuilder().RegisterService(&service).BuildAndStart();
  worker::Worker worker(server->InProcessChannel({}), {.name = "old"});
  EXPECT_THAT(worker.Run(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(Cluster, NobodyThereIsSaidAtOnce) {
  // Finds a port that was free a moment ago.
  StartServer();
  const std::string gone = address();
  StopServer();
  EXPECT_THAT(client::ConnectToServer(gone, {}, absl::Milliseconds(300)),
              StatusIs(absl::StatusCode::kUnavailable));
  worker::Worker lonely(
      grpc::CreateChannel(gone, grpc::InsecureChannelCredentials()),
      {.name = "lonely", .connect_timeout = absl::Milliseconds(300)});
  EXPECT_THAT(lonely.Run(), StatusIs(absl::StatusCode::kUnavailable));
}

// Sends `request` to a method for which there is no stub here, and returns the
// answer.
std::string CallRaw(const std::string& address, const std::string& method,
                    const std::string& request) {
  grpc::GenericStub stub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(30));
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  const grpc::Slice out(request);
  call->Write(grpc::ByteBuffer(&out, 1), nullptr);
  queue.Next(&tag, &ok);
  grpc::ByteBuffer in;
  call->Read(&in, nullptr);
  queue.Next(&tag, &ok);
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(ok && in.Dump(&slices).ok());
  grpc::Status status;
  context.TryCancel();
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  std::string answer;
  for (const grpc::Slice& slice : slices) {
    answer.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return answer;
}

TEST_F(Cluster, HealthAndReflectionAreServed) {
  StartServer();
  // The answer is a HealthCheckResponse with status = SERVING.
  EXPECT_EQ(CallRaw(address(), "/grpc.health.v1.Health/Check", ""), "\x08\x01");
  // The request is a ServerReflectionRequest with list_services = "".
  EXPECT_THAT(
      CallRaw(address(),
              "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              std::string("\x3a\x00", 2)),
      ::testing::HasSubstr("fathom.v1.WorkerService"));
}

TEST_F(Cluster, ASecondServerIsRefusedItsPortAndItsLedger) {
  StartServer();
  server::Server::Options same_port{.db_path = dir_.File("other.db"),
                                    .listen = address()};
  EXPECT_THAT(server::Server::Start(std::move(same_port)),
              StatusIs(absl::StatusCode::kAlreadyExists));
  server::Server::Options same_ledger{.db_path = db_path(),
                                      .listen = "127.0.0.1:0"};
  EXPECT_THAT(server::Server::Start(std::move(same_ledger)),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(Cluster, TheServerStaysOnLoopback) {
  server::Server::Options open{.db_path = db_path(), .listen = "0.0.0.0:0"};
  EXPECT_THAT(server::Server::Start(std::move(open)),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(Cluster, AFullDiskEndsTheServerAndLosesNothing) {
  StartServer();
  const v1::Sweep sweep = Submit(DepthSweep(40, 200));
  StopServer();
  // From here on no file of this process may grow beyond its present size.
  struct rlimit saved;
  getrlimit(RLIMIT_FSIZE, &saved);
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = saved;
  limit.rlim_cur = std::filesystem::file_size(db_path()) + (256 << 10);
  absl::Notification fatal;
  {
    server::Server::Options options{
        .db_path = db_path(), .listen = absl::StrCat("127.0.0.1:", port_)};
    options.on_fatal = [&](const absl::Status&) { fatal.Notify(); };
    auto server = server::Server::Start(std::move(options));
    ASSERT_OK(server);
    setrlimit(RLIMIT_FSIZE, &limit);
    auto worker = StartWorker("w", 2);
    fatal.WaitForNotification();
    setrlimit(RLIMIT_FSIZE, &saved);
    server->reset();

    StartServer();  // The same worker then finishes the sweep.
    const v1::Sweep done = WaitUntilComplete(sweep.sweep_id());
    EXPECT_EQ(done.progress().failed(), 0);
  }
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"), ElementsAre("600"));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM event_log WHERE kind LIKE "
                   "'%mismatch%'"),
              ElementsAre("0"));
}

}  // namespace
}  // namespace fathom
