#include "client/ui/data/outcomes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/load/rows.h"
#include "client/ui/data/number_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// 29 bytes a trial, in all tables together.
constexpr int64_t kMostTrials = 3'000'000;
constexpr int64_t kManyTrials = 300'000;
constexpr int64_t kTrialsPerQuery = 50'000;
constexpr int64_t kSecondsPerPiece = 60;
// Ranges of open trials that lie this near are read as one.
constexpr int64_t kNear = 1000;
constexpr size_t kMostRanges = 64;
// A sweep that runs changes all the time, and pages need not see all of it.
constexpr absl::Duration kOldEnough = absl::Seconds(2);

// Returns the state that the view `results` calls so.
uint8_t StateCalled(const std::string& name) {
  static const auto* const states = [] {
    auto* all = new absl::flat_hash_map<std::string, uint8_t>;
    const auto& type = *v1::TrialState_descriptor();
    for (int i = 0; i < type.value_count(); ++i) {
      (*all)[EnumText(*type.value(i))] =
          static_cast<uint8_t>(type.value(i)->number());
    }
    return all;
  }();
  const auto found = states->find(name);
  return found == states->end() ? uint8_t{v1::TRIAL_STATE_UNSPECIFIED}
                                : found->second;
}

// Whether the row of a trial in this state can still change. A trial that
// failed may be given out again.
bool IsOpen(uint8_t state) {
  return state != v1::TRIAL_STATE_SUCCEEDED &&
         state != v1::TRIAL_STATE_DIVERGED && state != v1::TRIAL_STATE_STOPPED;
}

}  // namespace

Outcome OutcomeTable::Reader::At(int64_t trial) const {
  if (trial < 0 || trial >= end() || table_.states_[trial] == 0) {
    return {v1::TRIAL_STATE_PENDING, kNoNumber, kNoNumber, kNoNumber};
  }
  return {static_cast<v1::TrialState>(table_.states_[trial]),
          table_.final_losses_[trial], table_.best_losses_[trial],
          table_.steps_[trial]};
}

double OutcomeTable::Reader::SecondsOf(int64_t trial) const {
  return trial < 0 || trial >= end() ? kNoNumber : table_.seconds_[trial];
}

std::vector<std::pair<int64_t, int64_t>> OutcomeTable::OpenRanges(
    int64_t end) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::pair<int64_t, int64_t>> ranges;
  const auto known = static_cast<int64_t>(states_.size());
  for (int64_t i = 0; i < known; ++i) {
    if (!IsOpen(states_[i])) continue;
    if (!ranges.empty() &&
        (i - ranges.back().second < kNear || ranges.size() >= kMostRanges)) {
      ranges.back().second = i + 1;
    } else {
      ranges.push_back({i, i + 1});
    }
  }
  for (int64_t i = known; i < end; i += kTrialsPerQuery) {
    ranges.push_back({i, std::min(end, i + kTrialsPerQuery)});
  }
  return ranges;
}

void OutcomeTable::Take(const v1::QueryResponse& response) {
  enum Column { kTrial, kState, kFinalLoss, kBestLoss, kSteps, kSeconds };
  absl::MutexLock lock(&mutex_);
  for (const v1::QueryRow& row : response.rows()) {
    const int64_t trial = CellAt(row, kTrial).integer();
    if (trial < 0 || trial >= kMostTrials) continue;
    const size_t size = static_cast<size_t>(trial) + 1;
    if (states_.size() < size) {
      states_.resize(size);
      final_losses_.resize(size, kNoNumber);
      best_losses_.resize(size, kNoNumber);
      steps_.resize(size, kNoNumber);
      seconds_.resize(size, std::numeric_limits<float>::quiet_NaN());
    }
    states_[trial] = StateCalled(CellAt(row, kState).text());
    final_losses_[trial] =
        NumberOf(CellAt(row, kFinalLoss)).value_or(kNoNumber);
    best_losses_[trial] = NumberOf(CellAt(row, kBestLoss)).value_or(kNoNumber);
    steps_[trial] = NumberOf(CellAt(row, kSteps)).value_or(kNoNumber);
    seconds_[trial] =
        static_cast<float>(NumberOf(CellAt(row, kSeconds)).value_or(kNoNumber));
  }
}

absl::Status OutcomeTable::Update(
    Connection& connection, int64_t sweep_id,
    absl::FunctionRef<absl::Status(double)> progress) {
  const std::string of_sweep = absl::StrCat("sweep = ", sweep_id);
  int64_t end = 0;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial FROM results WHERE ", of_sweep,
                   " ORDER BY trial DESC LIMIT 1"),
      [&](const v1::QueryRow& row) { end = CellAt(row, 0).integer() + 1; }));
  if (end > kMostTrials) {
    return absl::FailedPreconditionError(absl::StrCat(
        end,
        " trials of the sweep were given out, and this page sorts and "
        "filters by results where there are at most ",
        kMostTrials, "; ask with SQL"));
  }
  const auto ranges = OpenRanges(end);
  int64_t all = 0;
  for (const auto& [first, past] : ranges) all += past - first;
  int64_t read = 0;
  for (const auto& [first, past] : ranges) {
    v1::QueryRequest request;
    request.set_sql(absl::StrCat(
        "SELECT trial, state, final_loss, best_loss, steps, seconds FROM "
        "results WHERE ",
        of_sweep, " AND trial >= ", first, " AND trial < ", past));
    request.set_row_limit(past - first);
    request.mutable_time_limit()->set_seconds(kSecondsPerPiece);
    RETURN_IF_ERROR(connection.Query(
        request, [&](const v1::QueryResponse& response) -> absl::Status {
          Take(response);
          return progress(static_cast<double>(read) / static_cast<double>(all));
        }));
    read += past - first;
  }
  return absl::OkStatus();
}

void OutcomeTables::DropOld() {
  while (true) {
    int64_t trials = 0;
    const std::string* oldest = nullptr;
    absl::Time used = absl::InfiniteFuture();
    for (const auto& [key, entry] : entries_) {
      trials += entry.trials;
      if (entry.used < used) {
        used = entry.used;
        oldest = &key;
      }
    }
    if (trials <= kMostTrials || entries_.size() < 2) return;
    entries_.erase(std::string(*oldest));
  }
}

void OutcomeTables::MakeRoom() {
  absl::MutexLock lock(&mutex_);
  absl::erase_if(entries_, [](const auto& entry) {
    return entry.second.trials > kManyTrials;
  });
}

absl::StatusOr<OutcomeTables::Look> OutcomeTables::Get(
    const std::shared_ptr<Connection>& connection, const v1::Sweep& sweep,
    const std::string& version, absl::Duration patience) {
  // Another ledger may have taken the place of the one that was there.
  const std::string key =
      absl::StrCat(sweep.sweep_id(), "/", sweep.fingerprint(), "/",
                   sweep.create_time().seconds());
  std::shared_ptr<OutcomeTable> table;
  std::string wanted;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = entries_[key];
    const absl::Time now = now_();
    if (entry.table == nullptr) entry.table = std::make_shared<OutcomeTable>();
    // A table that is being loaded is loaded to its end first.
    if (entry.version != version &&
        (entry.version.empty() ||
         (entry.whole && (now - entry.time >= kOldEnough ||
                          sweep.state() != v1::SWEEP_STATE_RUNNING)))) {
      entry.version = version;
      entry.whole = false;
      entry.time = now;
    }
    entry.used = now;
    entry.trials =
        std::min(kMostTrials, sweep.trial_count() - sweep.progress().pending());
    wanted = entry.version;
    table = entry.table;
    DropOld();
  }
  const int64_t sweep_id = sweep.sweep_id();
  const Jobs::Look look = jobs_.Ask(
      absl::StrCat("outcomes/", key, "/", wanted), sweep_id, "outcomes",
      [connection, table,
       sweep_id](Jobs::Control& control) -> absl::StatusOr<std::string> {
        RETURN_IF_ERROR(table->Update(
            *connection, sweep_id, [&](double done) -> absl::Status {
              control.Progress(done);
              return control.IsCancelled()
                         ? absl::CancelledError("nobody waits for it")
                         : absl::OkStatus();
            }));
        return std::string();
      },
      patience, /*any_will_do=*/false);
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(key);
    if (entry != entries_.end() && entry->second.version == wanted) {
      entry->second.whole = look.done >= 1 || !look.status.ok();
    }
  }
  RETURN_IF_ERROR(look.status);
  return Look{table, look.done};
}

}  // namespace fathom::client
