#ifndef FATHOM_WORKER_SESSION_PROBLEM_CACHE_H_
#define FATHOM_WORKER_SESSION_PROBLEM_CACHE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "proto/sweep/space.h"
#include "worker/data/problem.h"

namespace fathom {

// What a worker has fetched from its coordinator: sweeps by number, and data,
// prepared, by DataSpec. The slots share it, so that data is fetched, prepared
// and held in memory once. Keeps the few used last.
//
// Errors: INVALID_ARGUMENT when no worker can prepare the data,
// FAILED_PRECONDITION when this one cannot have or does not understand what was
// asked for, CANCELLED after Cancel; others may pass. This class is
// thread-safe; calls for the same kind of thing wait for each other.
class ProblemCache {
 public:
  // Keeps fetched datasets in the folder `directory` as well, across runs;
  // empty: in memory only.
  ProblemCache(v1::WorkerService::StubInterface* stub, std::string directory)
      : stub_(stub), directory_(std::move(directory)) {}

  absl::StatusOr<std::shared_ptr<const Space>> GetSpace(int64_t sweep_id);
  absl::StatusOr<std::shared_ptr<const Problem>> GetProblem(
      const v1::DataSpec& spec);

  // Returns the optimum of the loss of `trial` on `problem`, the prepared data
  // of the trial: from memory, else from the coordinator, else found here.
  // Slots that ask for the same one wait for each other. CANCELLED once
  // `keep_going` has returned false, otherwise the errors of SolveOptimum; a
  // coordinator that does not answer is no error.
  struct KnownOptimum {
    v1::Optimum optimum;
    bool is_new = false;  // Found here: the coordinator may not know it.
  };
  absl::StatusOr<KnownOptimum> GetOptimum(
      const Problem& problem, const v1::TrialSpec& trial,
      const std::function<bool()>& keep_going);

  // Makes running and later calls fail with CANCELLED.
  void Cancel();

 private:
  // Registers `context` for Cancel while a call runs.
  class RunningCall;

  absl::StatusOr<KnownOptimum> AskOrSolve(
      const Problem& problem, const v1::TrialSpec& trial,
      const std::function<bool()>& keep_going);
  absl::StatusOr<Dataset> LoadDataset(const std::string& digest);
  absl::StatusOr<std::string> Fetch(const std::string& digest);
  std::string PathOf(const std::string& digest) const;

  v1::WorkerService::StubInterface* const stub_;
  const std::string directory_;
  absl::Mutex calls_mutex_;
  bool cancelled_ ABSL_GUARDED_BY(calls_mutex_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(calls_mutex_);

  absl::Mutex spaces_mutex_;
  absl::Mutex problems_mutex_;
  absl::Mutex optima_mutex_;
  // Used last comes first.
  std::list<std::pair<int64_t, std::shared_ptr<const Space>>> spaces_
      ABSL_GUARDED_BY(spaces_mutex_);
  std::list<std::pair<std::string, std::shared_ptr<const Problem>>> problems_
      ABSL_GUARDED_BY(problems_mutex_);
  // By OptimumFingerprint. Few: a sweep has one, or one per loss.
  std::map<std::string, absl::StatusOr<KnownOptimum>> optima_
      ABSL_GUARDED_BY(optima_mutex_);
  std::set<std::string> solving_ ABSL_GUARDED_BY(optima_mutex_);
};

}  // namespace fathom

#endif  // FATHOM_WORKER_SESSION_PROBLEM_CACHE_H_
