#ifndef FATHOM_SERVER_API_SWEEP_CALLS_H_
#define FATHOM_SERVER_API_SWEEP_CALLS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/api/space_cache.h"
#include "server/coordinator/coordinator.h"
#include "server/coordinator/ownership.h"
#include "server/core.h"
#include "server/store/reader.h"

namespace fathom::server {

// The requests of clients that have a single answer: which checks come first,
// what the ledger is asked, and what the coordinator. The class knows neither
// gRPC nor threads, so that the fuzzer can go through the same steps as a
// caller. The errors are those of sweep_service.proto.
//
// This class is thread-safe if the two functions that it is given are.
class SweepCalls {
 public:
  // Runs a decision and returns when its effects are on disk, or with the error
  // that prevents this.
  using Decide = std::function<absl::Status(Core::Decide)>;
  // Returns what the coordinator knows and the ledger does not.
  using Look =
      std::function<absl::StatusOr<std::shared_ptr<const Coordinator::Look>>()>;

  // `reader` must outlive this object. Both functions are null when the ledger
  // is open for reading only; calls that need them then fail with
  // FAILED_PRECONDITION.
  SweepCalls(const LedgerReader* reader, Decide decide, Look look)
      : reader_(reader), decide_(std::move(decide)), look_(std::move(look)) {}

  // The unary calls of SweepService, except Audit. `caller` is who makes the
  // call, where that matters.
  absl::Status CreateSweep(const v1::CreateSweepRequest& request,
                           const Caller& caller, v1::Sweep* response,
                           const std::string& traceparent = "");
  absl::Status GetSweep(const v1::GetSweepRequest& request,
                        v1::Sweep* response);
  absl::Status ListSweeps(const v1::ListSweepsRequest& request,
                          v1::ListSweepsResponse* response);
  absl::Status CancelSweep(const v1::CancelSweepRequest& request,
                           const Caller& caller, v1::Sweep* response);
  absl::Status UpdateSweep(const v1::UpdateSweepRequest& request,
                           const Caller& caller, v1::Sweep* response);
  absl::Status RetrySweep(const v1::RetrySweepRequest& request,
                          const Caller& caller, v1::Sweep* response);
  absl::Status DeleteSweep(const v1::DeleteSweepRequest& request,
                           const Caller& caller,
                           v1::DeleteSweepResponse* response);
  absl::Status GetTrial(const v1::GetTrialRequest& request,
                        v1::Trial* response);
  absl::Status ListWorkers(const v1::ListWorkersRequest& request,
                           v1::ListWorkersResponse* response);
  // Deletes the sweeps that ended before `time`, the oldest first, but for
  // those that `keeps` says are to be kept, up to `most` of them. Returns how
  // many it deleted. Not for a ledger that is open for reading only.
  absl::StatusOr<int> DeleteEnded(
      absl::Time time, absl::FunctionRef<bool(const v1::Sweep&)> keeps,
      int most);
  absl::Status DrainWorkers(const v1::DrainWorkersRequest& request,
                            v1::ListWorkersResponse* response);
  absl::Status GetDatasetInfo(const v1::GetDatasetInfoRequest& request,
                              v1::Dataset* response);

 private:
  // Runs `decide`. FAILED_PRECONDITION when the ledger is open for reading
  // only.
  absl::Status Run(Core::Decide decide);
  // Whether no coordinator has the ledger open, so that nobody works on sweeps
  // that are running in it. To be called before the ledger is read: a
  // coordinator that has closed it by then has written everything.
  bool IsUnattended() const;
  // Returns the sweep that `name` means, with live progress while it runs. Does
  // not wait for decisions.
  absl::StatusOr<v1::Sweep> Find(const std::string& name);
  // Gives out again the failed trials among kTrialsPerRetry trials from `first`
  // on, in one decision.
  absl::StatusOr<v1::Sweep> RetryPiece(int64_t sweep_id, int64_t first);
  // Deletes a sweep and returns the number of its trials that had rows. `why`
  // is that of Coordinator::DeleteSweep.
  absl::StatusOr<int64_t> DeleteOne(int64_t sweep_id, const std::string& why);

  const LedgerReader* const reader_;
  const Decide decide_;
  const Look look_;
  SpaceCache spaces_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_SWEEP_CALLS_H_
