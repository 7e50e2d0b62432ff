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
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "proto/shared/credentials.h"

namespace fathom::client {

// A coordinator as clients see it: SweepService behind a channel, with a
// deadline on every call and gRPC statuses turned into absl ones. A coordinator
// that ends a call because it stops is UNAVAILABLE, as one that is gone, and so
// is one that does not answer in time. DEADLINE_EXCEEDED is left for queries
// that take longer than they may.
//
// This class is thread-safe.
class Connection {
 public:
  struct Options {
    absl::Duration call_timeout = absl::Seconds(10);    // Of short calls.
    absl::Duration create_timeout = absl::Seconds(30);  // Of those that write.
    absl::Duration query_margin = absl::Seconds(5);  // Beyond its time limit.
    // The other side is in this process: when it takes too long, that is no
    // coordinator that cannot be reached.
    bool in_process = false;
  };

  Connection(std::shared_ptr<grpc::Channel> channel, Options options);
  virtual ~Connection() = default;

  bool in_process() const { return options_.in_process; }

  // `priority` and `weight` are for a new sweep; 0 means the default.
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::SweepSpec& spec,
                                        bool force_new, int32_t priority = 0,
                                        double weight = 0);
  absl::StatusOr<v1::Sweep> GetSweep(const std::string& sweep);
  absl::StatusOr<v1::Sweep> GetSweep(int64_t sweep_id);
  // The sweep that was made last. NOT_FOUND when there is none.
  absl::StatusOr<v1::Sweep> GetNewestSweep();
  absl::StatusOr<std::vector<v1::Sweep>> ListSweeps();  // All pages.
  absl::StatusOr<v1::Sweep> CancelSweep(const std::string& sweep);
  absl::StatusOr<v1::Sweep> UpdateSweep(const v1::UpdateSweepRequest& request);
  absl::StatusOr<v1::Sweep> RetrySweep(const std::string& sweep);
  absl::StatusOr<v1::Trial> GetTrial(int64_t sweep_id, int64_t index);
  absl::StatusOr<std::vector<v1::Worker>> ListWorkers();
  absl::StatusOr<std::vector<v1::Worker>> DrainWorkers(
      const std::string& worker);

  // Returns what is known of an uploaded dataset. NOT_FOUND.
  absl::StatusOr<v1::Dataset> GetDataset(const std::string& digest);

  // Uploads canonical bytes, unless the coordinator has them.
  absl::StatusOr<v1::Dataset> UploadDataset(const std::string& digest,
                                            const std::string& title,
                                            const std::string& bytes);

  // Runs SQL and hands the answer over message by message (the first one has
  // the column names, the last one says whether rows were cut off).
  absl::Status Query(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume);

  // Hands the curves of a sweep over, message by message. UNIMPLEMENTED, with
  // what to do, when the coordinator is too old for it.
  absl::Status ReadCurves(
      const v1::ReadCurvesRequest& request,
      absl::FunctionRef<absl::Status(const v1::CurveBatch&)> consume);

  // Checks the whole ledger; may take long.
  absl::StatusOr<v1::AuditResponse> Audit();

  // Hands the bytes of a copy of the ledger over, piece by piece. DATA_LOSS
  // when they did not come over whole.
  absl::Status Backup(
      absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
      absl::FunctionRef<bool()> is_interrupted = [] { return false; });

 private:
  // Calls a method of one request and one answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (v1::SweepService::Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
      const Request& request, absl::Duration timeout);
  // What is said of a call that got no answer within `timeout`.
  absl::Status NoAnswer(absl::Duration timeout) const;

  const Options options_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
};

// Connects to a coordinator at HOST:PORT. UNAVAILABLE, with what to check, when
// the name is not known or nobody answers there within `timeout`;
// UNAUTHENTICATED, with what to change, when someone does and the two do not
// agree about TLS; the errors of MakeChannelCredentials.
absl::StatusOr<std::unique_ptr<Connection>> ConnectToServer(
    const std::string& address, const ClientCredentials& credentials = {},
    absl::Duration timeout = absl::Seconds(5));

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_CONNECTION_H_
