#include "worker/session/problem_cache.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/status.h"
#include "proto/sweep/fingerprint.h"
#include "worker/session/pass_trace.h"

namespace fathom::worker {
namespace {

// The most entries kept of each kind.
constexpr size_t kKeptSpaces = 64;
// This number also bounds the time of a search among the problems.
constexpr size_t kKeptProblems = 256;
constexpr size_t kKeptOptima = 4096;

// How often a slot that waits for another one asks whether to go on.
constexpr absl::Duration kPatience = absl::Milliseconds(100);

constexpr auto kSpecDeadline = std::chrono::seconds(10);

// Returns the value of `key` after moving its entry to the front, or null when
// there is no such entry.
template <typename Key, typename Value>
std::shared_ptr<const Value> Find(
    std::list<std::pair<Key, std::shared_ptr<const Value>>>& entries,
    const Key& key) {
  auto it = std::find_if(entries.begin(), entries.end(),
                         [&](const auto& entry) { return entry.first == key; });
  if (it == entries.end()) return nullptr;
  entries.splice(entries.begin(), entries, it);
  return it->second;
}

// Inserts an entry at the front and returns its value. Drops the last entry
// when there are more than `kept`.
template <typename Key, typename Value>
std::shared_ptr<const Value> Insert(
    std::list<std::pair<Key, std::shared_ptr<const Value>>>& entries, Key key,
    Value value, size_t kept) {
  entries.emplace_front(std::move(key),
                        std::make_shared<const Value>(std::move(value)));
  if (entries.size() > kept) entries.pop_back();
  return entries.front().second;
}

// Two specs that prepare the same data in the same way have the same key.
std::string KeyOf(v1::DataSpec spec) {
  spec.clear_import();
  return spec.SerializeAsString();
}

// Returns about how many bytes the prepared data will take, or 0 when that is
// not known yet.
double ExpectedBytes(const v1::DataSpec& spec) {
  if (!spec.has_synthetic()) return 0;
  const v1::SyntheticData& data = spec.synthetic();
  return ProblemBytes(data.rows(), data.columns(), data.outputs());
}

}  // namespace

void ProblemCache::Cancel() { calls_.Cancel(); }

absl::StatusOr<std::shared_ptr<const Space>> ProblemCache::GetSpace(
    int64_t sweep_id) {
  {
    absl::MutexLock lock(&spaces_mutex_);
    if (auto found = Find(spaces_, sweep_id)) return found;
  }
  // The lock is not held here, because slots that work on other sweeps need
  // nothing from the coordinator.
  grpc::ClientContext context;
  PassTraceOn(&context);
  const RunningCalls::Call call(&calls_, &context);
  context.set_deadline(std::chrono::system_clock::now() + kSpecDeadline);
  v1::GetSpecRequest request;
  request.set_sweep_id(sweep_id);
  v1::SweepSpec spec;
  const grpc::Status status = stub_->GetSpec(&context, request, &spec);
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    // The spec is larger than a message may be, and will be so the next time.
    return absl::FailedPreconditionError(status.error_message());
  }
  RETURN_IF_ERROR(CallError(status));
  absl::StatusOr<Space> space = Space::FromStored(spec);
  if (!space.ok()) {  // Accepted by a newer coordinator.
    return absl::FailedPreconditionError(
        absl::StrCat("this fathom-worker (" FATHOM_VERSION
                     ") does not understand the spec: ",
                     space.status().message()));
  }
  absl::MutexLock lock(&spaces_mutex_);
  // Another slot may have been faster.
  if (auto found = Find(spaces_, sweep_id)) return found;
  return Insert(spaces_, sweep_id, *std::move(space), kKeptSpaces);
}

std::shared_ptr<const Problem> ProblemCache::FindProblem(
    const std::string& key) {
  const auto it =
      std::find_if(problems_.begin(), problems_.end(),
                   [&](const KeptProblem& kept) { return kept.key == key; });
  if (it == problems_.end()) return nullptr;
  problems_.splice(problems_.begin(), problems_, it);
  return it->problem;
}

void ProblemCache::KeepProblem(KeptProblem kept) {
  problems_.push_front(std::move(kept));
  // Problems grow as they are used, so their bytes are counted anew.
  double bytes = 0;
  size_t kept_problems = 0;
  auto last = problems_.begin();
  for (; last != problems_.end() && kept_problems < kKeptProblems; ++last) {
    bytes += ProblemBytes(*last->problem);
    if (kept_problems > 0 && bytes > problem_bytes_) break;
    ++kept_problems;
  }
  problems_.erase(last, problems_.end());
}

void ProblemCache::DropProblems() {
  absl::MutexLock lock(&problems_mutex_);
  problems_.clear();
}

// The largest data do not count, so that no slot with small data waits for
// them.
bool ProblemCache::MayPrepare(const std::string& key, double bytes) const {
  if (preparing_.contains(key)) return false;
  double sum = bytes;
  double largest = bytes;
  for (const auto& [other, its_bytes] : preparing_) {
    sum += its_bytes;
    largest = std::max(largest, its_bytes);
  }
  return sum - largest <= problem_bytes_;
}

absl::StatusOr<std::shared_ptr<const Problem>> ProblemCache::GetProblem(
    const v1::DataSpec& spec, const KeepGoing& keep_going) {
  const std::string key = KeyOf(spec);
  const double expected = ExpectedBytes(spec);
  while (true) {
    absl::MutexLock lock(&problems_mutex_);
    if (auto found = FindProblem(key)) return found;
    const auto may_prepare = [&]() ABSL_SHARED_LOCKS_REQUIRED(problems_mutex_) {
      return MayPrepare(key, expected);
    };
    if (may_prepare()) {
      preparing_.emplace(key, expected);
      break;
    }
    problems_mutex_.AwaitWithTimeout(absl::Condition(&may_prepare), kPatience);
    // keep_going may wait for the coordinator, so it is called unlocked.
    problems_mutex_.Unlock();
    const bool go_on = keep_going();
    problems_mutex_.Lock();
    if (!go_on) return absl::CancelledError("cancelled");
  }
  const absl::Cleanup release = [&] {
    absl::MutexLock lock(&problems_mutex_);
    preparing_.erase(key);
  };
  absl::StatusOr<Problem> made = absl::UnknownError("not made");
  try {
    made = MakeProblem(spec, keep_going);
  } catch (const std::bad_alloc&) {
    DropProblems();
    made = MakeProblem(spec, keep_going);
  }
  RETURN_IF_ERROR(made.status());
  auto problem = std::make_shared<const Problem>(*std::move(made));
  absl::MutexLock lock(&problems_mutex_);
  KeepProblem({key, problem});
  return problem;
}

absl::StatusOr<Problem> ProblemCache::MakeProblem(const v1::DataSpec& spec,
                                                  const KeepGoing& keep_going) {
  if (IsGenerated(spec)) {
    return GenerateProblem(spec, keep_going);
  }
  if (!IsDatasetDigest(spec.digest())) {
    return absl::FailedPreconditionError(
        absl::StrCat("\"", spec.digest(), "\" is not a dataset digest"));
  }
  ASSIGN_OR_RETURN(Dataset dataset, fetcher_.Get(spec.digest(), keep_going));
  return PrepareProblem(spec, std::move(dataset));
}

absl::StatusOr<ProblemCache::KnownOptimum> ProblemCache::GetOptimum(
    const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
    const std::function<bool()>& keep_going) {
  const std::string key = absl::StrCat(
      numerics, "\n", OptimumFingerprint(trial.data(), trial.loss()));
  while (true) {
    absl::MutexLock lock(&optima_mutex_);
    if (auto it = optima_.find(key); it != optima_.end()) return it->second;
    if (solving_.insert(key).second) break;
    // Another slot looks for this optimum.
    const auto ended = [this, &key]() ABSL_SHARED_LOCKS_REQUIRED(
                           optima_mutex_) { return !solving_.contains(key); };
    optima_mutex_.AwaitWithTimeout(absl::Condition(&ended), kPatience);
    if (ended()) continue;
    // keep_going may wait for the coordinator, so it is called unlocked.
    optima_mutex_.Unlock();
    const bool go_on = keep_going();
    optima_mutex_.Lock();
    if (!go_on) return absl::CancelledError("cancelled");
  }
  const absl::Cleanup release = [&] {
    absl::MutexLock lock(&optima_mutex_);
    solving_.erase(key);
  };
  absl::StatusOr<KnownOptimum> known =
      AskOrSolve(numerics, trial, solve, keep_going);
  if (!absl::IsCancelled(known.status())) {
    absl::MutexLock lock(&optima_mutex_);
    if (optima_.size() >= kKeptOptima) optima_.clear();
    optima_.emplace(key, known);
  }
  return known;
}

absl::StatusOr<ProblemCache::KnownOptimum> ProblemCache::AskOrSolve(
    const std::string& numerics, const v1::TrialSpec& trial, Solve solve,
    const std::function<bool()>& keep_going) {
  {
    grpc::ClientContext context;
    PassTraceOn(&context);
    const RunningCalls::Call call(&calls_, &context);
    context.set_deadline(std::chrono::system_clock::now() + kSpecDeadline);
    v1::GetOptimumRequest request;
    *request.mutable_data() = trial.data();
    *request.mutable_loss() = trial.loss();
    request.set_numerics(numerics);
    v1::Optimum optimum;
    const grpc::Status status = stub_->GetOptimum(&context, request, &optimum);
    if (status.ok()) return KnownOptimum{std::move(optimum), false};
  }
  if (!keep_going()) return absl::CancelledError("cancelled");
  ASSIGN_OR_RETURN(v1::Optimum optimum, solve());
  return KnownOptimum{std::move(optimum), true};
}

}  // namespace fathom::worker
