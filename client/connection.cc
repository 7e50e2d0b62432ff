#include "client/connection.h"

#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/one_call.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/status.h"
#include "proto/shared/trace_context.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kLongTimeout = absl::Hours(24);

// Returns the text that names the sweep of this number, even where another
// sweep has the number as its name.
std::string NumberOf(int64_t sweep_id) { return absl::StrCat("+", sweep_id); }

}  // namespace

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

}  // namespace fathom::client
