#include "client/scale/decision.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/scaling/wanted_slots.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Seconds(15);
constexpr absl::Duration kLongestBackoff = absl::Minutes(15);

// Who is there, by where it was found.
struct Census {
  int64_t workers = 0;        // Of our jobs, that have said hello.
  int64_t starting = 0;       // Of our jobs, that may still say hello.
  int64_t queued = 0;         // Of our jobs.
  int64_t running = 0;        // Of our jobs, whether or not they were heard.
  int64_t foreign_slots = 0;  // Of workers that are not of our jobs.
};

// Looks at who has said hello, and counts the starts that have failed.
Census Count(const v1::Load& load, const std::vector<BatchJob>& jobs,
             const ScaleLimits& limits, absl::Time now, ScaleMemory& memory) {
  absl::flat_hash_set<std::string> live;     // Jobs that say hello now.
  absl::flat_hash_set<std::string> leaving;  // Of these, those about to end.
  absl::flat_hash_set<std::string> ours;
  for (const BatchJob& job : jobs) {
    if (job.state == BatchJob::State::kRunning) ours.insert(job.id);
  }
  Census census;
  for (const v1::LoadWorker& worker : load.workers()) {
    if (!worker.connected()) continue;
    absl::string_view id = worker.job_id();
    if (absl::ConsumePrefix(&id, "slurm:") && ours.contains(id)) {
      live.insert(std::string(id));
      if (worker.leaving()) leaving.insert(std::string(id));
    } else if (!worker.leaving()) {
      census.foreign_slots += std::max(0, worker.slots());
    }
  }
  const absl::flat_hash_set<std::string> known(memory.heard.begin(),
                                               memory.heard.end());
  std::vector<ScaleMemory::Starting> starting;
  std::vector<std::string> heard;
  for (const BatchJob& job : jobs) {
    if (job.state == BatchJob::State::kQueued) ++census.queued;
    if (job.state != BatchJob::State::kRunning) continue;
    ++census.running;
    // One that was heard and is not connected comes back, or its job is over
    // soon: a coordinator that starts again must not be flooded with new ones.
    if (live.contains(job.id) || known.contains(job.id)) {
      if (!leaving.contains(job.id)) ++census.workers;
      if (!known.contains(job.id)) memory.failed_starts = 0;
      heard.push_back(job.id);
      continue;
    }
    const auto seen =
        std::find_if(memory.starting.begin(), memory.starting.end(),
                     [&](const auto& entry) { return entry.id == job.id; });
    const absl::Time since = seen == memory.starting.end() ? now : seen->since;
    starting.push_back({job.id, since});
    if (now - since <= limits.start_limit) ++census.starting;
  }
  // A start has failed when its time is over, or when the job is gone before
  // its worker was heard; each counts once.
  for (const ScaleMemory::Starting& entry : memory.starting) {
    const bool runs = ours.contains(entry.id);
    if (runs && live.contains(entry.id)) continue;
    const bool was_late = entry.since == absl::InfinitePast();
    if (was_late) continue;
    if (!runs || now - entry.since > limits.start_limit) {
      ++memory.failed_starts;
    }
  }
  for (ScaleMemory::Starting& entry : starting) {
    if (now - entry.since > limits.start_limit) {
      entry.since = absl::InfinitePast();  // Was counted.
    }
  }
  memory.starting = std::move(starting);
  memory.heard = std::move(heard);
  return census;
}

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

std::string Workers(int64_t count) {
  return absl::StrCat(count, count == 1 ? " worker" : " workers");
}

}  // namespace

ScaleDecision Decide(const v1::Load& load, const std::vector<BatchJob>& jobs,
                     const ScaleLimits& limits, absl::Time now,
                     ScaleMemory& memory) {
  const Census census = Count(load, jobs, limits, now, memory);
  const WantedSlots wanted = SlotsWanted(load, limits.target);
  const int64_t slots =
      std::max<int64_t>(0, wanted.slots - census.foreign_slots);
  ScaleDecision decision;
  decision.wanted =
      std::clamp(DivideUp(slots, std::max<int64_t>(1, limits.slots)),
                 limits.min, limits.max);
  const int64_t there = census.workers + census.starting;
  decision.reason = absl::StrCat(
      wanted.reason, ": ", wanted.slots, " slots, of which ",
      std::min(wanted.slots, census.foreign_slots),
      " are there without our jobs; wanted ", Workers(decision.wanted), " of ",
      limits.slots, " slots (", limits.min, " to ", limits.max, "), found ",
      census.workers, " at work, ", census.starting, " starting, ",
      census.queued, " queued");
  const int64_t missing = decision.wanted - there - census.queued;
  if (missing < 0) {
    const int64_t most = std::min(-missing, census.queued);
    // The last ones have waited for the shortest time.
    for (auto it = jobs.rbegin();
         it != jobs.rend() &&
         static_cast<int64_t>(decision.cancel.size()) < most;
         ++it) {
      if (it->state == BatchJob::State::kQueued)
        decision.cancel.push_back(it->id);
    }
    return decision;
  }
  if (missing == 0) return decision;
  if (memory.failed_starts >= limits.most_failed_starts) {
    decision.gave_up = true;
    absl::StrAppend(&decision.reason,
                    "; nothing is submitted: ", memory.failed_starts,
                    " jobs in a row have run without their worker saying hello "
                    "to the coordinator");
    return decision;
  }
  if (now < memory.not_before) {
    absl::StrAppend(&decision.reason, "; the batch system has refused ",
                    memory.refusals,
                    memory.refusals == 1 ? " submission" : " submissions",
                    ", the next try is in ",
                    absl::FormatDuration(
                        absl::Ceil(memory.not_before - now, absl::Seconds(1))));
    return decision;
  }
  const int64_t room = std::min(limits.backlog - census.queued,
                                limits.max - census.running - census.queued);
  decision.submit = std::max<int64_t>(0, std::min(missing, room));
  if (decision.submit < missing) {
    absl::StrAppend(&decision.reason, "; at most ", limits.backlog,
                    " may be queued at a time, and ", limits.max,
                    " queued or running");
  }
  return decision;
}

void NoteSubmission(bool accepted, absl::Time now, ScaleMemory& memory) {
  if (accepted) {
    memory.refusals = 0;
    memory.not_before = absl::InfinitePast();
    return;
  }
  absl::Duration wait = kFirstBackoff;
  for (int64_t i = 0; i < memory.refusals && wait < kLongestBackoff; ++i) {
    wait *= 2;
  }
  ++memory.refusals;
  memory.not_before = now + std::min(wait, kLongestBackoff);
}

}  // namespace fathom::client
