#include "tests/attacks/attack_fixture.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"

namespace fathom::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

constexpr int64_t kHonestTrials = 48;

std::chrono::system_clock::time_point In(int seconds) {
  return std::chrono::system_clock::now() + std::chrono::seconds(seconds);
}

}  // namespace

v1::SweepSpec HonestSpec(const std::string& name, int64_t trials) {
  v1::SweepSpec spec;
  spec.set_name(name);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.set_steps(100);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  axis.mutable_range()->set_to(trials);
  return Normalize(spec);
}

RawWorker::RawWorker(v1::WorkerService::Stub& stub, absl::string_view session,
                     int slots) {
  hello_.set_protocol_version(kProtocolVersion);
  hello_.set_session_id(std::string(session));
  hello_.set_worker(std::string(session));
  hello_.set_slots(slots);
  hello_.set_numerics("test");
  hello_.set_program_version("test");
  context_.set_deadline(In(60));
  stream_ = stub.Work(&context_);
}

RawWorker::~RawWorker() {
  if (finished_) return;
  context_.TryCancel();
  Finish();
}

bool RawWorker::Send(const v1::WorkerMessage& message) {
  return stream_->Write(message);
}

bool RawWorker::Hello() {
  v1::WorkerMessage message;
  *message.mutable_hello() = hello_;
  return Send(message);
}

bool RawWorker::Demand(int trials) {
  v1::WorkerMessage message;
  message.mutable_demand()->set_trials(trials);
  return Send(message);
}

bool RawWorker::Succeed(const v1::Lease& lease, int64_t first, int64_t count) {
  v1::WorkerMessage message;
  message.set_sequence(++sequence_);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease.lease_id());
  report.set_sweep_id(lease.sweep_id());
  for (int64_t i = first; i < first + count; ++i) {
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(i);
    result.set_attempt(lease.trials(0).attempt());
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    result.set_steps(1);
  }
  return Send(message);
}

bool RawWorker::SucceedAll(const v1::Lease& lease) {
  for (const v1::TrialRange& range : lease.trials()) {
    if (!Succeed(lease, range.first_index(), range.count())) return false;
  }
  return true;
}

std::optional<v1::CoordinatorMessage> RawWorker::Read() {
  v1::CoordinatorMessage message;
  if (!stream_->Read(&message)) return std::nullopt;
  return message;
}

std::optional<v1::Lease> RawWorker::ReadLease() {
  while (const auto message = Read()) {
    if (message->has_lease()) return message->lease();
  }
  return std::nullopt;
}

bool RawWorker::ReadAck() {
  while (const auto message = Read()) {
    if (message->has_ack() && message->ack().sequence() == sequence_) {
      return true;
    }
  }
  return false;
}

grpc::Status RawWorker::Finish() {
  finished_ = true;
  stream_->WritesDone();
  v1::CoordinatorMessage rest;
  while (stream_->Read(&rest)) {
  }
  return stream_->Finish();
}

void AttackTest::SetUp() {
  const auto* const info =
      ::testing::UnitTest::GetInstance()->current_test_info();
  folder_ = absl::StrCat(::testing::TempDir(), "/attack-", getpid(), "-",
                         info->name());
  std::filesystem::create_directories(folder_);
  StartServer();
}

void AttackTest::StartServer(const std::string& tokens) {
  server_.reset();
  const char* const other = std::getenv("FATHOM_SERVER_PROGRAM");
  absl::StatusOr<std::unique_ptr<ServerProcess>> server = ServerProcess::Start(
      other != nullptr ? other : FATHOM_SERVER_PROGRAM, folder_, tokens);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  channel_ = grpc::CreateCustomChannel(
      server_->address(), grpc::InsecureChannelCredentials(), arguments);
  sweeps_ = v1::SweepService::NewStub(channel_);
  workers_ = v1::WorkerService::NewStub(channel_);
  BeginAttack();
}

void AttackTest::TearDown() {
  if (server_ != nullptr) {
    EXPECT_EQ(server_->Stop(), absl::OkStatus());
  }
  std::filesystem::remove_all(folder_);
}

std::unique_ptr<grpc::ClientContext> AttackTest::Within(int seconds) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(In(seconds));
  return context;
}

grpc::Status AttackTest::Create(const v1::SweepSpec& spec, v1::Sweep* sweep) {
  v1::CreateSweepRequest request;
  *request.mutable_spec() = spec;
  return sweeps_->CreateSweep(Within(30).get(), request, sweep);
}

v1::Sweep AttackTest::MustCreate(const v1::SweepSpec& spec) {
  v1::Sweep sweep;
  const grpc::Status status = Create(spec, &sweep);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return sweep;
}

void AttackTest::ExpectUnharmed(double cpu_seconds, double mib) {
  v1::Sweep honest;
  {
    v1::CreateSweepRequest request;
    *request.mutable_spec() = HonestSpec("honest", kHonestTrials);
    request.set_priority(1000);  // Before what the attack left.
    const grpc::Status status =
        sweeps_->CreateSweep(Within(20).get(), request, &honest);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  RawWorker worker(*workers_, "honest");
  ASSERT_TRUE(worker.Hello());
  for (int64_t done = 0; done < kHonestTrials;) {
    ASSERT_TRUE(worker.Demand(16));
    const std::optional<v1::Lease> lease = worker.ReadLease();
    ASSERT_TRUE(lease.has_value()) << worker.Finish().error_message();
    ASSERT_EQ(lease->sweep_id(), honest.sweep_id());
    ASSERT_TRUE(worker.SucceedAll(*lease));
    ASSERT_TRUE(worker.ReadAck());
    for (const v1::TrialRange& range : lease->trials()) done += range.count();
  }
  v1::GetSweepRequest get;
  get.set_sweep(absl::StrCat(honest.sweep_id()));
  v1::Sweep seen;
  ASSERT_TRUE(sweeps_->GetSweep(Within(20).get(), get, &seen).ok());
  EXPECT_EQ(seen.state(), v1::SWEEP_STATE_COMPLETED);
  v1::ListSweepsResponse list;
  EXPECT_TRUE(sweeps_->ListSweeps(Within(20).get(), {}, &list).ok());
  v1::AuditResponse audit;
  EXPECT_TRUE(sweeps_->Audit(Within(30).get(), {}, &audit).ok());
  EXPECT_EQ(audit.problem_count(), 0) << audit.ShortDebugString();

  const Usage usage = server_->usage();
  if (kSanitized) return;
  EXPECT_LE(usage.cpu_seconds - before_.cpu_seconds, cpu_seconds);
  EXPECT_LE(usage.peak_bytes / (1 << 20), mib);
}

}  // namespace fathom::test
