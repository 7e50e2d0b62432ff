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
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "proto/sweep/space.h"
#include "worker/data/problem.h"
#include "worker/session/datasets/coordinator_source.h"
#include "worker/session/datasets/dataset_fetcher.h"
#include "worker/session/running_calls.h"

namespace fathom::worker {

// Keeps what a worker has fetched from its coordinator: sweeps by number, and
// prepared data by DataSpec. All slots share the cache, so that data are
// fetched, prepared and held in memory once. It keeps the problems used last,
// as many as fit into `problem_bytes` and at least one.
//
// Errors: INVALID_ARGUMENT when no worker can prepare the data,
// FAILED_PRECONDITION when this worker cannot get or does not understand what
// was asked for, CANCELLED after Cancel; other errors may pass. This class is
// thread-safe, and no call holds a lock while it waits for the coordinator.
class ProblemCache {
 public:
  // Most bytes of problems to keep, as ProblemBytes estimates them.
  static constexpr double kProblemBytes = 1 << 30;

  // Gets datasets as `datasets` says.
  ProblemCache(v1::WorkerService::StubInterface* stub, DatasetOptions datasets,
               double problem_bytes = kProblemBytes)
      : stub_(stub),
        problem_bytes_(problem_bytes),
        fetcher_(std::move(datasets),
                 std::make_unique<CoordinatorSource>(stub, &calls_)) {}

  // Returns the trials of a sweep. May ask the coordinator.
  absl::StatusOr<std::shared_ptr<const Space>> GetSpace(int64_t sweep_id);

  // Returns the prepared data of `spec`. A slot waits for another one that
  // prepares the same data, but not for slots that prepare other data, unless
  // all data in preparation would take more than `problem_bytes` beside the
  // largest one. CANCELLED once `keep_going` has returned false; `keep_going`
  // must then go on returning false. Throws bad_alloc when the data do not fit
  // into memory even though the cache has dropped all other problems.
  absl::StatusOr<std::shared_ptr<const Problem>> GetProblem(
      const v1::DataSpec& spec, const std::function<bool()>& keep_going);

  // Drops all problems, when memory is short.
  void DropProblems();

  // Returns the optimum of the loss of `trial` on its data, as engines of these
  // numerics find it: from memory, else from the coordinator, else by `solve`.
  // A slot waits for another one that looks for the same optimum. CANCELLED
  // once `keep_going` has returned false, otherwise the errors of `solve`; a
  // coordinator that does not answer is no error.
  struct KnownOptimum {
    v1::Optimum optimum;
    bool is_new = false;  // Solved here; the coordinator may lack it.
  };
  using Solve = absl::FunctionRef<absl::StatusOr<v1::Optimum>()>;
  absl::StatusOr<KnownOptimum> GetOptimum(
      const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
      const std::function<bool()>& keep_going);

  // Makes running and later calls fail with CANCELLED.
  void Cancel();

 private:
  // Asks the coordinator for an optimum, and solves when it has none.
  absl::StatusOr<KnownOptimum> AskOrSolve(
      const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
      const std::function<bool()>& keep_going);
  using KeepGoing = std::function<bool()>;
  // A problem in memory, and its key (the DataSpec).
  struct KeptProblem {
    std::string key;
    std::shared_ptr<const Problem> problem;
  };
  // Returns the kept problem of `key` as the one used last, or null.
  std::shared_ptr<const Problem> FindProblem(const std::string& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(problems_mutex_);
  // Keeps a problem, and drops the ones used longest ago that have no room.
  void KeepProblem(KeptProblem kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(problems_mutex_);
  // Whether a slot may now prepare the data of `key`, of about `bytes` bytes.
  bool MayPrepare(const std::string& key, double bytes) const
      ABSL_SHARED_LOCKS_REQUIRED(problems_mutex_);
  // Generates the data of `spec`, or fetches and prepares them.
  absl::StatusOr<Problem> MakeProblem(const v1::DataSpec& spec,
                                      const KeepGoing& keep_going);

  v1::WorkerService::StubInterface* const stub_;
  const double problem_bytes_;
  RunningCalls calls_;
  DatasetFetcher fetcher_;

  absl::Mutex spaces_mutex_;
  absl::Mutex problems_mutex_;
  absl::Mutex optima_mutex_;
  // Entries of these two lists are in order of use, the one used last first.
  std::list<std::pair<int64_t, std::shared_ptr<const Space>>> spaces_
      ABSL_GUARDED_BY(spaces_mutex_);
  std::list<KeptProblem> problems_ ABSL_GUARDED_BY(problems_mutex_);
  // About how many bytes the data that slots prepare now will take, by key.
  std::map<std::string, double> preparing_ ABSL_GUARDED_BY(problems_mutex_);
  // Optima by numerics and OptimumFingerprint. They are few, because a sweep
  // has one optimum per loss and data.
  std::map<std::string, absl::StatusOr<KnownOptimum>> optima_
      ABSL_GUARDED_BY(optima_mutex_);
  // The keys of the optima that slots look for now.
  std::set<std::string> solving_ ABSL_GUARDED_BY(optima_mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PROBLEM_CACHE_H_
