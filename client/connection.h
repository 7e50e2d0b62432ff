#ifndef FATHOM_CLIENT_CONNECTION_H_
#define FATHOM_CLIENT_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/scaling.grpc.pb.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "proto/shared/credentials.h"

namespace fathom::client {

// A coordinator as clients see it: the service SweepService behind a channel.
// Every call but Backup has a deadline, and statuses of gRPC become those of
// absl. UNAVAILABLE stands for a coordinator that is gone, that ends a call
// because it stops, or that does not answer in time. DEADLINE_EXCEEDED is left
// for queries that take longer than they may, and for a coordinator in this
// process that takes too long.
//
// This class is thread-safe.
class Connection {
 public:
  struct Options {
    absl::Duration call_timeout = absl::Seconds(10);    // For short calls.
    absl::Duration create_timeout = absl::Seconds(30);  // For calls that write.
    // Added to a query's own time limit.
    absl::Duration query_margin = absl::Seconds(5);
    // The coordinator is in this process. A call that takes too long then does
    // not mean that the coordinator cannot be reached.
    bool in_process = false;
  };

  Connection(std::shared_ptr<grpc::Channel> channel, Options options);
  virtual ~Connection() = default;

  bool in_process() const { return options_.in_process; }

  // Creates a sweep. Unless `force_new` is set, an existing sweep of the same
  // spec that is not cancelled is returned instead. `priority` and `weight` are
  // those of a new sweep; 0 means the default. `traceparent` names the trace
  // that the call belongs to; what names none is not sent.
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::SweepSpec& spec,
                                        bool force_new, int32_t priority = 0,
                                        double weight = 0,
                                        absl::string_view traceparent = "");
  // The next methods make the calls of SweepService that have their names,
  // whose errors are in sweep_service.proto. `sweep` is the number or the name
  // of a sweep.
  absl::StatusOr<v1::Sweep> GetSweep(const std::string& sweep);
  absl::StatusOr<v1::Sweep> GetSweep(int64_t sweep_id);
  // Returns the sweep that was created last. NOT_FOUND when there is none.
  absl::StatusOr<v1::Sweep> GetNewestSweep();
  absl::StatusOr<std::vector<v1::Sweep>> ListSweeps();  // Reads all pages.
  absl::StatusOr<v1::ListSweepsResponse> ListSweepsPage(
      const v1::ListSweepsRequest& request);
  absl::StatusOr<v1::Sweep> CancelSweep(const std::string& sweep);
  absl::StatusOr<v1::Sweep> UpdateSweep(const v1::UpdateSweepRequest& request);
  absl::StatusOr<v1::Sweep> RetrySweep(const std::string& sweep);
  absl::StatusOr<v1::DeleteSweepResponse> DeleteSweep(int64_t sweep_id);
  absl::StatusOr<v1::Trial> GetTrial(int64_t sweep_id, int64_t index);
  absl::StatusOr<std::vector<v1::Worker>> ListWorkers();
  absl::StatusOr<std::vector<v1::Worker>> DrainWorkers(
      const std::string& worker);

  // UNIMPLEMENTED from coordinators of the first release, both.
  absl::StatusOr<v1::GetCallerResponse> GetCaller();
  absl::StatusOr<v1::Telemetry> GetTelemetry();
  // What there is to do, for those who start workers; see scaling.proto.
  absl::StatusOr<v1::Load> GetLoad();

  // Returns what the coordinator knows of an uploaded dataset. NOT_FOUND when
  // it has none of that digest.
  absl::StatusOr<v1::Dataset> GetDataset(const std::string& digest);

  // Uploads the canonical bytes of a dataset, unless the coordinator has them.
  absl::StatusOr<v1::Dataset> UploadDataset(const std::string& digest,
                                            const std::string& title,
                                            const std::string& bytes);

  // Runs SQL and hands the answer to `consume` message by message. The first
  // message has the column names, and the last one says whether rows were cut
  // off.
  absl::Status Query(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume);

  // Hands the curves of a sweep to `consume`, message by message.
  // UNIMPLEMENTED, with what to do, when the coordinator is too old for this
  // call.
  absl::Status ReadCurves(
      const v1::ReadCurvesRequest& request,
      absl::FunctionRef<absl::Status(const v1::CurveBatch&)> consume);

  // Checks the whole ledger, which may take long.
  absl::StatusOr<v1::AuditResponse> Audit();

  // Hands the bytes of a copy of the ledger to `consume`, piece by piece. Ends
  // early when `is_interrupted` returns true. DATA_LOSS when the pieces do not
  // add up to the copy that was sent.
  absl::Status Backup(
      absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
      absl::FunctionRef<bool()> is_interrupted = [] { return false; });

 private:
  // Calls a method that has one request and one response.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (v1::SweepService::Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
      const Request& request, absl::Duration timeout,
      absl::string_view traceparent = "");
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> CallStub(
      Stub& stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, absl::Duration timeout,
      absl::string_view traceparent = "");
  // Returns the error of a call that got no answer within `timeout`.
  absl::Status NoAnswer(absl::Duration timeout) const;

  const Options options_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
  std::unique_ptr<v1::ScalingService::Stub> scaling_;
};

// Connects to a coordinator at HOST:PORT. Errors are UNAVAILABLE, with what to
// check, when the name is not known or nobody answers there within `timeout`;
// UNAUTHENTICATED, with what to change, when the two sides do not agree about
// TLS; and those of MakeChannelCredentials.
absl::StatusOr<std::unique_ptr<Connection>> ConnectToServer(
    const std::string& address, const ClientCredentials& credentials = {},
    absl::Duration timeout = absl::Seconds(5));

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_CONNECTION_H_
