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
#include "worker/session/dataset_fetcher.h"
#include "worker/session/running_calls.h"

namespace fathom::worker {

// What a worker has fetched from its coordinator: sweeps by number, and data,
// prepared, by DataSpec. The slots share it, so that data is fetched, prepared
// and held in memory once. Keeps those used last: problems of `problem_bytes`,
// or one.
//
// Errors: INVALID_ARGUMENT when no worker can prepare the data,
// FAILED_PRECONDITION when this one cannot have or does not understand what was
// asked for, CANCELLED after Cancel; others may pass. This class is
// thread-safe; nobody waits for the coordinator with a lock in hand.
class ProblemCache {
 public:
  // As ProblemBytes counts.
  static constexpr double kProblemBytes = 1 << 30;

  // Keeps fetched datasets in the folder `directory` as well, across runs;
  // empty: in memory only.
  ProblemCache(v1::WorkerService::StubInterface* stub, std::string directory,
               double problem_bytes = kProblemBytes)
      : stub_(stub),
        directory_(std::move(directory)),
        problem_bytes_(problem_bytes),
        fetcher_(stub, &calls_) {}

  absl::StatusOr<std::shared_ptr<const Space>> GetSpace(int64_t sweep_id);

  // Slots that ask for the same data wait for each other, others do not, unless
  // what is being prepared together would not fit into `problem_bytes` beside
  // the largest. CANCELLED once `keep_going` has returned false, which it then
  // has to go on doing. Throws bad_alloc when the data does not fit into memory
  // even though nothing else is kept.
  absl::StatusOr<std::shared_ptr<const Problem>> GetProblem(
      const v1::DataSpec& spec, const std::function<bool()>& keep_going);

  // Keeps no problem any more: memory is short.
  void DropProblems();

  // Returns the optimum of the loss of `trial` on its data, as engines of these
  // numerics find it: from memory, else from the coordinator, else by `solve`.
  // Slots that ask for the same one wait for each other. CANCELLED once
  // `keep_going` has returned false, otherwise the errors of `solve`; a
  // coordinator that does not answer is no error.
  struct KnownOptimum {
    v1::Optimum optimum;
    bool is_new = false;  // Found here: the coordinator may not know it.
  };
  using Solve = absl::FunctionRef<absl::StatusOr<v1::Optimum>()>;
  absl::StatusOr<KnownOptimum> GetOptimum(
      const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
      const std::function<bool()>& keep_going);

  // Makes running and later calls fail with CANCELLED.
  void Cancel();

 private:
  absl::StatusOr<KnownOptimum> AskOrSolve(
      const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
      const std::function<bool()>& keep_going);
  using KeepGoing = std::function<bool()>;
  struct KeptProblem {
    std::string key;
    std::shared_ptr<const Problem> problem;
    double bytes = 0;
  };
  std::shared_ptr<const Problem> FindProblem(const std::string& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(problems_mutex_);
  void KeepProblem(KeptProblem kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(problems_mutex_);
  // Whether this slot may prepare `key` now, of about so many bytes.
  bool MayPrepare(const std::string& key, double bytes) const
      ABSL_SHARED_LOCKS_REQUIRED(problems_mutex_);
  absl::StatusOr<Problem> MakeProblem(const v1::DataSpec& spec,
                                      const KeepGoing& keep_going);
  absl::StatusOr<Dataset> LoadDataset(const std::string& digest,
                                      const KeepGoing& keep_going);
  std::string PathOf(const std::string& digest) const;

  v1::WorkerService::StubInterface* const stub_;
  const std::string directory_;
  const double problem_bytes_;
  RunningCalls calls_;
  DatasetFetcher fetcher_;

  absl::Mutex spaces_mutex_;
  absl::Mutex problems_mutex_;
  absl::Mutex optima_mutex_;
  // Used last comes first.
  std::list<std::pair<int64_t, std::shared_ptr<const Space>>> spaces_
      ABSL_GUARDED_BY(spaces_mutex_);
  std::list<KeptProblem> problems_ ABSL_GUARDED_BY(problems_mutex_);
  // In the hands of a slot, by key: about how many bytes they will take.
  std::map<std::string, double> preparing_ ABSL_GUARDED_BY(problems_mutex_);
  // By numerics and OptimumFingerprint. Few: a sweep has one, or one per loss.
  std::map<std::string, absl::StatusOr<KnownOptimum>> optima_
      ABSL_GUARDED_BY(optima_mutex_);
  std::set<std::string> solving_ ABSL_GUARDED_BY(optima_mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PROBLEM_CACHE_H_
