#include "client/connection.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/call_cost.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/call_cost.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"
#include "proto/shared/server_address.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/shared/trace_context.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kProbeTimeout = absl::Seconds(2);
constexpr absl::Duration kLongTimeout = absl::Hours(24);
constexpr absl::Duration kInterruptPeriod = absl::Milliseconds(100);
// The default time limit of the server.
constexpr absl::Duration kQueryTimeLimit = absl::Seconds(30);
constexpr double kSlowestUploadBytesPerSecond = 1 << 20;

void SetTimeout(absl::Duration timeout, grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        absl::ToChronoMilliseconds(timeout));
}

// What gRPC says when a connection breaks or none can be made, in words that
// help only those who know gRPC.
bool IsOfTransport(absl::string_view message) {
  for (const char* words :
       {"failed to connect", "Failed to connect", "connections to all backends",
        "Socket closed", "Stream removed", "Connection reset", "Broken pipe",
        "Endpoint read failed", "GOAWAY", "RST_STREAM", "ransport closed",
        "keepalive watchdog", "DNS resolution failed", "recvmsg", "sendmsg"}) {
    if (absl::StrContains(message, words)) return true;
  }
  return false;
}

// Turns the status of a call into one of absl. A coordinator that stops ends
// its calls with CANCELLED; to a client that is the same as a coordinator that
// has gone and may come back.
absl::Status StatusOfCall(const grpc::Status& status) {
  const bool lost = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                    status.error_code() == grpc::StatusCode::UNKNOWN ||
                    status.error_code() == grpc::StatusCode::INTERNAL;
  if (lost && IsOfTransport(status.error_message())) {
    return absl::UnavailableError(
        "the coordinator does not answer: it has been stopped, or the network "
        "does not reach it");
  }
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::UnavailableError("the coordinator is stopping");
  }
  return FromGrpcStatus(status);
}

// Returns the text that names the sweep of this number, even where another
// sweep has the number as its name.
std::string NumberOf(int64_t sweep_id) { return absl::StrCat("+", sweep_id); }

// Returns how long the coordinator may work on a request that has a time limit.
template <typename Request>
absl::Duration TimeLimit(const Request& request) {
  if (!request.has_time_limit()) return kQueryTimeLimit;
  return absl::Seconds(request.time_limit().seconds()) +
         absl::Nanoseconds(request.time_limit().nanos());
}

thread_local absl::Duration cost_of_calls = absl::ZeroDuration();

// More is not believed of a call, so that a coordinator that is wrong about it
// does not stop what is paced by it.
constexpr absl::Duration kMostCost = absl::Minutes(1);

// Adds what a call has cost to cost_of_calls.
class CountCost {
 public:
  explicit CountCost(const grpc::ClientContext& context) : context_(context) {}
  CountCost(const CountCost&) = delete;
  CountCost& operator=(const CountCost&) = delete;
  // A call that was broken off here does not say what it has cost.
  ~CountCost() {
    if (!ended_) cost_of_calls += absl::Now() - begin_;
  }

  // To be called with the status in which the call has ended. Waiting for a
  // coordinator that is away costs it nothing.
  void End(const grpc::Status& status) {
    ended_ = true;
    const auto& metadata = context_.GetServerTrailingMetadata();
    const auto said = metadata.find(kCallCostKey);
    int64_t micros = 0;
    if (said != metadata.end() &&
        absl::SimpleAtoi(
            absl::string_view(said->second.data(), said->second.size()),
            &micros) &&
        micros >= 0) {
      cost_of_calls += std::min(absl::Microseconds(micros), kMostCost);
    } else if (status.ok()) {
      cost_of_calls += absl::Now() - begin_;
    }
  }

 private:
  const grpc::ClientContext& context_;
  bool ended_ = false;
  const absl::Time begin_ = absl::Now();
};

}  // namespace

absl::Duration CostOfCalls() { return cost_of_calls; }

Connection::Connection(std::shared_ptr<grpc::Channel> channel, Options options)
    : options_(options),
      stub_(v1::SweepService::NewStub(channel)),
      scaling_(v1::ScalingService::NewStub(std::move(channel))) {}

absl::Status Connection::NoAnswer(absl::Duration timeout) const {
  const std::string text = absl::FormatDuration(timeout);
  if (options_.in_process) {
    return absl::DeadlineExceededError(
        absl::StrCat("the ledger did not answer within ", text));
  }
  return absl::UnavailableError(absl::StrCat(
      "the coordinator did not answer within ", text,
      "; it is there, but stopped, too busy, or the network holds it back"));
}

template <typename Request, typename Response>
absl::StatusOr<Response> Connection::Call(
    grpc::Status (v1::SweepService::Stub::*method)(grpc::ClientContext*,
                                                   const Request&, Response*),
    const Request& request, absl::Duration timeout,
    absl::string_view traceparent) {
  return CallStub(*stub_, method, request, timeout, traceparent);
}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Connection::CallStub(
    Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const Request& request, absl::Duration timeout,
    absl::string_view traceparent) {
  grpc::ClientContext context;
  if (const auto trace = ReadTraceparent(traceparent); trace.has_value()) {
    context.AddMetadata(kTraceparentKey, trace->ToHeader());
  }
  SetTimeout(timeout, &context);
  Response response;
  CountCost cost(context);
  const grpc::Status status = (stub.*method)(&context, request, &response);
  cost.End(status);
  // The coordinator sets no time limit of its own to these calls, so that this
  // one is ours.
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return NoAnswer(timeout);
  }
  if (!status.ok()) return StatusOfCall(status);
  return response;
}

absl::StatusOr<v1::Sweep> Connection::CreateSweep(
    const v1::SweepSpec& spec, bool force_new, int32_t priority, double weight,
    absl::string_view traceparent) {
  v1::CreateSweepRequest request;
  request.set_priority(priority);
  request.set_weight(weight);
  *request.mutable_spec() = spec;
  request.set_force_new(force_new);
  return Call(&v1::SweepService::Stub::CreateSweep, request,
              options_.create_timeout, traceparent);
}

absl::StatusOr<v1::Sweep> Connection::GetSweep(const std::string& sweep) {
  v1::GetSweepRequest request;
  request.set_sweep(sweep);
  return Call(&v1::SweepService::Stub::GetSweep, request,
              options_.call_timeout);
}

absl::StatusOr<v1::Sweep> Connection::GetSweep(int64_t sweep_id) {
  return GetSweep(NumberOf(sweep_id));
}

absl::StatusOr<v1::Sweep> Connection::GetNewestSweep() {
  v1::ListSweepsRequest request;
  request.set_page_size(1);
  ASSIGN_OR_RETURN(const v1::ListSweepsResponse page, ListSweepsPage(request));
  if (page.sweeps().empty()) {
    return absl::NotFoundError(
        options_.in_process
            ? "there is no sweep yet; begin with `fathom run quickstart`"
            : "there is no sweep yet; begin with `fathom submit quickstart`");
  }
  return GetSweep(page.sweeps(0).sweep_id());  // Lists have no specs.
}

absl::StatusOr<std::vector<v1::Sweep>> Connection::ListSweeps() {
  std::vector<v1::Sweep> sweeps;
  v1::ListSweepsRequest request;
  request.set_page_size(1000);
  do {
    ASSIGN_OR_RETURN(v1::ListSweepsResponse page, ListSweepsPage(request));
    std::move(page.mutable_sweeps()->begin(), page.mutable_sweeps()->end(),
              std::back_inserter(sweeps));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return sweeps;
}

absl::StatusOr<v1::ListSweepsResponse> Connection::ListSweepsPage(
    const v1::ListSweepsRequest& request) {
  return Call(&v1::SweepService::Stub::ListSweeps, request,
              options_.call_timeout);
}

absl::StatusOr<v1::Sweep> Connection::CancelSweep(const std::string& sweep) {
  v1::CancelSweepRequest request;
  request.set_sweep(sweep);
  return Call(&v1::SweepService::Stub::CancelSweep, request,
              options_.call_timeout);
}

absl::StatusOr<v1::Sweep> Connection::UpdateSweep(
    const v1::UpdateSweepRequest& request) {
  return Call(&v1::SweepService::Stub::UpdateSweep, request,
              options_.call_timeout);
}

absl::StatusOr<v1::DeleteSweepResponse> Connection::DeleteSweep(
    int64_t sweep_id) {
  v1::DeleteSweepRequest request;
  request.set_sweep(absl::StrCat("+", sweep_id));
  return Call(&v1::SweepService::Stub::DeleteSweep, request,
              options_.call_timeout);
}

// A retry takes time in proportion to the number of failed trials.
absl::StatusOr<v1::Sweep> Connection::RetrySweep(const std::string& sweep) {
  v1::RetrySweepRequest request;
  request.set_sweep(sweep);
  return Call(&v1::SweepService::Stub::RetrySweep, request,
              10 * options_.create_timeout);
}

absl::StatusOr<v1::Trial> Connection::GetTrial(int64_t sweep_id,
                                               int64_t index) {
  v1::GetTrialRequest request;
  request.set_sweep(NumberOf(sweep_id));
  request.set_trial_index(index);
  return Call(&v1::SweepService::Stub::GetTrial, request,
              options_.call_timeout);
}

absl::StatusOr<std::vector<v1::Worker>> Connection::ListWorkers() {
  ASSIGN_OR_RETURN(const v1::ListWorkersResponse response,
                   Call(&v1::SweepService::Stub::ListWorkers,
                        v1::ListWorkersRequest(), options_.call_timeout));
  return std::vector<v1::Worker>(response.workers().begin(),
                                 response.workers().end());
}

absl::StatusOr<v1::GetCallerResponse> Connection::GetCaller() {
  return Call(&v1::SweepService::Stub::GetCaller, v1::GetCallerRequest(),
              options_.call_timeout);
}

absl::StatusOr<v1::Load> Connection::GetLoad() {
  return CallStub(*scaling_, &v1::ScalingService::Stub::GetLoad,
                  v1::GetLoadRequest(), options_.call_timeout);
}

absl::StatusOr<v1::Telemetry> Connection::GetTelemetry() {
  return Call(&v1::SweepService::Stub::GetTelemetry, v1::GetTelemetryRequest(),
              options_.call_timeout);
}

absl::StatusOr<v1::Dataset> Connection::GetDataset(const std::string& digest) {
  v1::GetDatasetInfoRequest request;
  request.set_digest(digest);
  return Call(&v1::SweepService::Stub::GetDatasetInfo, request,
              options_.call_timeout);
}

absl::StatusOr<std::vector<v1::Worker>> Connection::DrainWorkers(
    const std::string& worker) {
  v1::DrainWorkersRequest request;
  request.set_worker(worker);
  ASSIGN_OR_RETURN(const v1::ListWorkersResponse response,
                   Call(&v1::SweepService::Stub::DrainWorkers, request,
                        options_.call_timeout));
  return std::vector<v1::Worker>(response.workers().begin(),
                                 response.workers().end());
}

absl::StatusOr<v1::AuditResponse> Connection::Audit() {
  return Call(&v1::SweepService::Stub::Audit, v1::AuditRequest(), kLongTimeout);
}

absl::Status Connection::Backup(
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
    absl::FunctionRef<bool()> is_interrupted) {
  grpc::ClientContext context;
  // The first piece comes only when the copy is made, which may take minutes.
  // Until then a thread has to look for an interrupt.
  absl::Notification ended;
  std::thread watch([&] {
    while (!ended.WaitForNotificationWithTimeout(kInterruptPeriod)) {
      if (is_interrupted()) context.TryCancel();
    }
  });
  const absl::Cleanup join = [&] {
    ended.Notify();
    watch.join();
  };
  const std::unique_ptr<grpc::ClientReader<v1::BackupChunk>> reader =
      stub_->Backup(&context, v1::BackupRequest());
  Sha256 hash;
  std::string expected;
  v1::BackupChunk chunk;
  while (reader->Read(&chunk)) {
    hash.Update(chunk.data());
    if (!chunk.digest().empty()) expected = chunk.digest();
    absl::Status consumed = consume(chunk.data());
    if (!consumed.ok()) {
      context.TryCancel();
      reader->Finish();
      return consumed;
    }
  }
  RETURN_IF_ERROR(StatusOfCall(reader->Finish()));
  if (hash.HexDigest() == expected) return absl::OkStatus();
  return absl::DataLossError("the copy was damaged on its way");
}

absl::StatusOr<v1::Dataset> Connection::UploadDataset(
    const std::string& digest, const std::string& title,
    const std::string& bytes) {
  absl::StatusOr<v1::Dataset> stored = GetDataset(digest);
  if (!absl::IsNotFound(stored.status())) return stored;

  grpc::ClientContext context;
  const absl::Duration timeout =
      options_.create_timeout +
      absl::Seconds(static_cast<double>(bytes.size()) /
                    kSlowestUploadBytesPerSecond);
  SetTimeout(timeout, &context);
  v1::Dataset dataset;
  const std::unique_ptr<grpc::ClientWriter<v1::UploadDatasetRequest>> writer =
      stub_->UploadDataset(&context, &dataset);
  v1::UploadDatasetRequest request;
  request.set_digest(digest);
  request.set_title(title);
  // A write fails when the coordinator has answered already; Finish returns its
  // answer.
  bool open = writer->Write(request);
  request.Clear();
  for (size_t at = 0; open && at < bytes.size(); at += kDatasetChunkBytes) {
    request.set_data(bytes.substr(at, kDatasetChunkBytes));
    open = writer->Write(request);
  }
  if (open) writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return NoAnswer(timeout);
  }
  if (!status.ok()) return StatusOfCall(status);
  return dataset;
}

absl::Status Connection::Query(
    const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume) {
  grpc::ClientContext context;
  const absl::Duration timeout = TimeLimit(request) + options_.query_margin;
  const absl::Time start = absl::Now();
  SetTimeout(timeout, &context);
  CountCost cost(context);
  const std::unique_ptr<grpc::ClientReader<v1::QueryResponse>> reader =
      stub_->Query(&context, request);
  v1::QueryResponse response;
  while (reader->Read(&response)) {
    absl::Status consumed = consume(response);
    if (!consumed.ok()) {
      context.TryCancel();
      reader->Finish();
      return consumed;
    }
  }
  const grpc::Status status = reader->Finish();
  cost.End(status);
  // A coordinator that is well reports itself that the time of the query is
  // over. An answer that is later means that the coordinator does not answer.
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
      absl::Now() - start > timeout - options_.query_margin / 2) {
    return NoAnswer(timeout);
  }
  return StatusOfCall(status);
}

absl::Status Connection::ReadCurves(
    const v1::ReadCurvesRequest& request,
    absl::FunctionRef<absl::Status(const v1::CurveBatch&)> consume) {
  grpc::ClientContext context;
  SetTimeout(TimeLimit(request) + options_.query_margin, &context);
  CountCost cost(context);
  const std::unique_ptr<grpc::ClientReader<v1::CurveBatch>> reader =
      stub_->ReadCurves(&context, request);
  v1::CurveBatch batch;
  while (reader->Read(&batch)) {
    absl::Status consumed = consume(batch);
    if (!consumed.ok()) {
      context.TryCancel();
      reader->Finish();
      return consumed;
    }
  }
  const grpc::Status status = reader->Finish();
  cost.End(status);
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::UnimplementedError(
        "the coordinator is of an older fathom, which cannot hand curves over; "
        "update fathom-server and start it again, or read its ledger file with "
        "--db");
  }
  return StatusOfCall(status);
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectToServer(
    const std::string& address, const ClientCredentials& credentials,
    absl::Duration timeout) {
  RETURN_IF_ERROR(CheckServerAddress(address));
  ASSIGN_OR_RETURN(auto channel_credentials,
                   MakeChannelCredentials(address, credentials));
  RETURN_IF_ERROR(CheckServerHost(address));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // gRPC would wait up to two minutes before it looks for a coordinator again,
  // and half a minute for its address, when it has long been back.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 500);
  // Coordinators are in the same network, where a proxy for the web could not
  // reach them.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      address, std::move(channel_credentials), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 absl::ToChronoMilliseconds(timeout))) {
    if (std::string reason =
            DiagnoseConnection(address, credentials, kProbeTimeout);
        !reason.empty()) {
      return absl::UnauthenticatedError(reason);
    }
    return absl::UnavailableError(absl::StrCat(
        "no coordinator answers at ", address, " within ",
        absl::FormatDuration(timeout),
        "; is fathom-server running there, and can this machine reach the "
        "port?",
        IsLoopback(address)
            ? absl::StrCat(" Start one with: fathom-server --db FILE --listen ",
                           address)
            : ""));
  }
  return std::make_unique<Connection>(std::move(channel),
                                      Connection::Options());
}

}  // namespace fathom::client
