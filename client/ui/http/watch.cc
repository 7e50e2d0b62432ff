#include "client/ui/http/watch.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr int kNewest = 100;
constexpr size_t kMostOthers = 32;

template <typename Message>
size_t HashOfMessage(const Message& message) {
  return absl::HashOf(message.SerializeAsString());
}

// Returns `before` with what is no mere progress of a sweep.
size_t HashOfStates(size_t before, const v1::Sweep& sweep) {
  return absl::HashOf(before, sweep.sweep_id(), sweep.state(), sweep.paused(),
                      sweep.interrupted(), sweep.unreadable().empty(),
                      sweep.progress().failed() > 0);
}

}  // namespace

absl::StatusOr<WatchChanges> Watch::Look(Connection& connection,
                                         std::vector<int64_t> sweeps) {
  v1::ListSweepsRequest request;
  request.set_page_size(kNewest);
  ASSIGN_OR_RETURN(const v1::ListSweepsResponse page,
                   connection.ListSweepsPage(request));
  absl::flat_hash_map<int64_t, size_t> found;
  size_t states_hash = 0;
  const auto take = [&](const v1::Sweep& sweep) {
    found[sweep.sweep_id()] = HashOfMessage(sweep);
    states_hash = HashOfStates(states_hash, sweep);
  };
  for (const v1::Sweep& sweep : page.sweeps()) take(sweep);
  std::sort(sweeps.begin(), sweeps.end());
  sweeps.erase(std::unique(sweeps.begin(), sweeps.end()), sweeps.end());
  if (sweeps.size() > kMostOthers) sweeps.resize(kMostOthers);
  for (const int64_t id : sweeps) {
    if (found.contains(id)) continue;
    const absl::StatusOr<v1::Sweep> sweep = connection.GetSweep(id);
    if (sweep.ok()) {
      take(*sweep);
    } else if (!absl::IsNotFound(sweep.status())) {
      return sweep.status();
    }
  }
  // A ledger that is only read has no workers.
  std::vector<v1::Worker> workers;
  absl::StatusOr<std::vector<v1::Worker>> listed = connection.ListWorkers();
  if (listed.ok()) {
    workers = *std::move(listed);
  } else if (!absl::IsFailedPrecondition(listed.status())) {
    return listed.status();
  }
  size_t workers_hash = workers.size();
  for (v1::Worker& worker : workers) {
    worker.clear_silence();  // It changes always, and says nothing.
    workers_hash = absl::HashOf(workers_hash, worker.SerializeAsString());
  }

  WatchChanges changes = {.is_first = !has_looked_};
  const size_t list_hash = HashOfMessage(page);
  for (const auto& [id, hash] : found) {
    const auto before = sweeps_.find(id);
    if (before == sweeps_.end() || before->second != hash) {
      changes.sweeps.push_back(id);
    }
  }
  std::sort(changes.sweeps.begin(), changes.sweeps.end());
  changes.list = list_hash != list_;
  changes.states = states_hash != states_;
  changes.workers = workers_hash != workers_;
  sweeps_ = std::move(found);
  list_ = list_hash;
  states_ = states_hash;
  workers_ = workers_hash;
  has_looked_ = true;
  return changes;
}

void Watch::Forget() { *this = Watch(); }

}  // namespace fathom::client
