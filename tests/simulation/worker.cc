#include "tests/simulation/worker.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"

namespace fathom::simulation {
namespace {

uint64_t HashOf(const std::string& text, uint64_t salt) {
  uint64_t hash = Mix(salt);
  for (const char c : text) hash = Mix(hash ^ static_cast<unsigned char>(c));
  return hash;
}

// The state of a trial after some chunks of its curve: what the next attempt
// needs, and nothing else.
std::string StateOf(const std::string& fingerprint, int64_t index,
                    int32_t chunks) {
  return absl::StrCat(fingerprint, " ", index, " ", chunks);
}

}  // namespace

TrialOutcome OutcomeOf(const std::string& fingerprint, int64_t index) {
  Random random(HashOf(fingerprint, static_cast<uint64_t>(index)));
  TrialOutcome outcome;
  v1::TrialResult& result = outcome.result;
  result.set_trial_index(index);
  const int64_t kind = random.Below(10);
  result.set_outcome(kind == 0   ? v1::TRIAL_STATE_DIVERGED
                     : kind == 1 ? v1::TRIAL_STATE_STOPPED
                                 : v1::TRIAL_STATE_SUCCEEDED);
  result.set_steps(100 - kind);
  result.set_final_loss(random.Unit());
  result.set_best_loss(result.final_loss() * 0.5);
  result.set_best_step(random.Below(90));
  for (int64_t point = random.Below(4); point >= 0; --point) {
    v1::TrialPoints& chunk = outcome.curve.emplace_back();
    chunk.set_trial_index(index);
    chunk.set_chunk(static_cast<int32_t>(outcome.curve.size()) - 1);
    chunk.add_metrics(v1::METRIC_LOSS);
    chunk.add_steps(static_cast<int64_t>(outcome.curve.size()) - 1);
    chunk.add_values(random.Unit());
  }
  return outcome;
}

SimulatedWorker::SimulatedWorker(std::string name, std::string session,
                                 int slots, Random* random, Send send,
                                 States states)
    : name_(std::move(name)),
      session_(std::move(session)),
      slots_(slots),
      random_(random),
      send_(std::move(send)),
      states_(std::move(states)) {}

void SimulatedWorker::Connect() {
  connected_ = true;
  welcomed_ = false;
  demands_ = 0;
  unsent_ = 0;
  if (forgets) outbox_.clear();
  v1::WorkerMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_worker(name_);
  hello.set_session_id(session_);
  hello.set_slots(slots_);
  // A lease may be on record that never reached a worker. Results that a liar
  // sends for it by chance must not count as a second opinion, so that a liar
  // has numerics of its own.
  hello.set_numerics(hostile ? "hostile" : "simulated");
  std::set<int64_t> held;
  for (const auto& [id, lease] : leases_) held.insert(id);
  for (const v1::WorkerMessage& queued : outbox_) {
    if (queued.has_report()) held.insert(queued.report().lease_id());
  }
  for (const int64_t id : held) hello.add_held_lease_ids(id);
  send_(std::move(message));
}

void SimulatedWorker::Disconnect() {
  connected_ = false;
  welcomed_ = false;
}

void SimulatedWorker::OnMessage(const v1::CoordinatorMessage& message) {
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome:
      for (int64_t id : message.welcome().dropped_lease_ids())
        leases_.erase(id);
      welcomed_ = true;
      if (leaving_) {
        v1::WorkerMessage leaving;
        leaving.mutable_leaving();
        send_(std::move(leaving));
      }
      break;
    case v1::CoordinatorMessage::kLease:
      Grant(message.lease());
      break;
    case v1::CoordinatorMessage::kAck:
      while (!outbox_.empty() &&
             outbox_.front().sequence() <= message.ack().sequence()) {
        outbox_.pop_front();
        if (unsent_ > 0) --unsent_;
      }
      break;
    case v1::CoordinatorMessage::kRevoke:
      for (int64_t id : message.revoke().lease_ids()) leases_.erase(id);
      break;
    case v1::CoordinatorMessage::kDrain:
      draining_ = true;
      break;
    default:
      break;
  }
  Flush();
  DemandMore();
}

void SimulatedWorker::Grant(const v1::Lease& lease) {
  --demands_;
  if (leaving_ || static_cast<int>(leases_.size()) >= slots_) {
    v1::WorkerMessage message;
    message.mutable_released()->add_lease_ids(lease.lease_id());
    Queue(std::move(message));
    return;
  }
  if (declines > 0 && random_->Chance(declines)) {
    has_declined_ = true;
    v1::WorkerMessage message;
    message.mutable_released()->add_lease_ids(lease.lease_id());
    message.mutable_released()->set_declined("out of memory");
    Queue(std::move(message));
    return;
  }
  Lease& held = leases_[lease.lease_id()];
  held.lease = lease;
  for (const v1::TrialRange& range : lease.trials()) {
    for (int64_t i = 0; i < range.count(); ++i) {
      held.lanes.push_back({range.first_index() + i, range.attempt()});
      given_.emplace(lease.sweep_id(), range.first_index() + i);
    }
  }
}

void SimulatedWorker::Work(
    const std::function<std::string(int64_t)>& fingerprint_of) {
  if (hostile) {
    Misbehave();
    return;
  }
  if (leases_.empty()) return;
  auto it = std::next(leases_.begin(),
                      random_->Below(static_cast<int64_t>(leases_.size())));
  Lease& lease = it->second;
  v1::WorkerMessage message;
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(it->first);
  report.set_sweep_id(lease.lease.sweep_id());
  const std::string fingerprint = fingerprint_of(lease.lease.sweep_id());
  if (random_->Chance(0.7)) NameCheckpoint();
  if (!std::exchange(lease.begun, true)) Resume(lease.lease, fingerprint);
  for (int64_t lanes = 1 + random_->Below(4); lanes > 0; --lanes) {
    if (lease.lanes.empty()) break;
    const int64_t at = random_->Below(static_cast<int64_t>(lease.lanes.size()));
    Lane& lane = lease.lanes[at];
    TrialOutcome outcome = OutcomeOf(fingerprint, lane.index);
    const auto total = static_cast<int32_t>(outcome.curve.size());
    const auto until = static_cast<int32_t>(
        lane.next_chunk + random_->Below(total - lane.next_chunk + 1));
    for (; lane.next_chunk < until; ++lane.next_chunk) {
      v1::TrialPoints& chunk = *report.add_points();
      chunk = outcome.curve[lane.next_chunk];
      chunk.set_attempt(lane.attempt);
    }
    if (lane.next_chunk < total) {
      if (lane.next_chunk > 0 && random_->Chance(0.4)) {
        Checkpoint(lane, fingerprint, report);
      }
      continue;
    }
    v1::TrialResult& result = *report.add_results();
    result = outcome.result;
    result.set_attempt(lane.attempt);
    lease.lanes.erase(lease.lanes.begin() + at);
  }
  const bool done = lease.lanes.empty();
  if (report.points_size() + report.results_size() + report.checkpoints_size() >
      0) {
    Queue(std::move(message));
  }
  if (done) leases_.erase(it);
  DemandMore();
}

void SimulatedWorker::Resume(const v1::Lease& lease,
                             const std::string& fingerprint) {
  v1::WorkerMessage message;
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease.lease_id());
  report.set_sweep_id(lease.sweep_id());
  for (const v1::TrialCheckpoint& checkpoint : lease.checkpoints()) {
    if (random_->Chance(0.1)) continue;  // As a worker of before would.
    v1::Resumption& resumption = *report.add_resumptions();
    resumption.set_trial_index(checkpoint.trial_index());
    resumption.set_digest(checkpoint.digest());
    for (Lane& lane : leases_[lease.lease_id()].lanes) {
      if (lane.index != checkpoint.trial_index()) continue;
      resumption.set_attempt(lane.attempt);
      const bool usable = states_.get(checkpoint.digest()) ==
                          StateOf(fingerprint, lane.index, checkpoint.chunks());
      if (usable && random_->Chance(0.9)) {
        lane.next_chunk = checkpoint.chunks();
      } else {
        resumption.set_unusable("damaged");
      }
    }
  }
  if (!report.resumptions().empty()) Queue(std::move(message));
}

void SimulatedWorker::Checkpoint(Lane& lane, const std::string& fingerprint,
                                 v1::Report& report) {
  v1::TrialCheckpoint& announced = *report.add_checkpoints();
  announced.set_trial_index(lane.index);
  announced.set_attempt(lane.attempt);
  announced.set_chunks(lane.next_chunk);
  announced.set_step(lane.next_chunk);  // Chunk i has the point of step i.
  v1::TrialCheckpoint checkpoint = announced;
  const std::string state = StateOf(fingerprint, lane.index, lane.next_chunk);
  checkpoint.set_digest(absl::StrCat("sha256:", Sha256Hex(state)));
  checkpoint.set_bytes(static_cast<int64_t>(state.size()));
  if (!states_.put(session_, report.lease_id(), checkpoint, state)) return;
  to_name_.set_lease_id(report.lease_id());
  to_name_.set_sweep_id(report.sweep_id());
  to_name_.clear_checkpoints();
  *to_name_.add_checkpoints() = std::move(checkpoint);
}

void SimulatedWorker::NameCheckpoint() {
  if (to_name_.checkpoints().empty()) return;
  v1::WorkerMessage message;
  message.mutable_report()->Swap(&to_name_);
  to_name_.Clear();
  if (leases_.contains(message.report().lease_id())) Queue(std::move(message));
}

// No hostile message is queued: the outbox of the worker stays in order, and
// its leases are handed back in good order when it leaves.
void SimulatedWorker::Misbehave() {
  if (!welcomed_) return;
  v1::WorkerMessage message;
  const int64_t lease = random_->Below(60);
  const int64_t sweep = random_->Below(5);
  const int64_t trial = random_->Below(80) - 2;
  const auto attempt = static_cast<int32_t>(random_->Below(5));
  const bool is_own =
      leases_.contains(lease) || given_.contains({sweep, trial});
  message.set_sequence(random_->Below(1000) - 10);
  switch (random_->Below(9)) {
    case 0:
    case 1:
    case 2: {  // Results of other workers' trials.
      if (is_own) return;
      v1::Report& report = *message.mutable_report();
      report.set_lease_id(lease);
      report.set_sweep_id(sweep);
      v1::TrialResult& result = *report.add_results();
      result.set_trial_index(trial);
      result.set_attempt(attempt);
      result.set_outcome(static_cast<v1::TrialState>(random_->Below(9)));
      result.set_final_loss(-1);
      result.set_steps(random_->Chance(0.5) ? 50 : -50);
      break;
    }
    case 3: {  // Points, some of a wrong shape.
      if (is_own) return;
      message.mutable_report()->set_lease_id(lease);
      message.mutable_report()->set_sweep_id(sweep);
      v1::TrialPoints& points = *message.mutable_report()->add_points();
      points.set_trial_index(trial);
      points.set_attempt(attempt);
      points.set_chunk(static_cast<int32_t>(random_->Below(9)) - 1);
      points.add_metrics(v1::METRIC_LOSS);
      points.add_steps(random_->Below(200) - 5);
      if (random_->Chance(0.8)) points.add_values(random_->Unit());
      break;
    }
    case 4:  // Leases of others, handed back or declined.
      if (is_own) return;
      message.mutable_released()->add_lease_ids(lease);
      message.mutable_released()->set_declined("\x1b[2Jnobody can");
      break;
    case 5: {  // Progress of others' leases.
      v1::LeaseProgress& progress =
          *message.mutable_heartbeat()->add_progress();
      progress.set_lease_id(lease);
      progress.set_steps(int64_t{1} << 60);
      break;
    }
    case 6:
    case 7: {  // Checkpoints that nobody has put aside, also of its own trials.
      v1::Report& report = *message.mutable_report();
      report.set_lease_id(lease);
      report.set_sweep_id(sweep);
      v1::TrialCheckpoint& checkpoint = *report.add_checkpoints();
      checkpoint.set_trial_index(trial);
      checkpoint.set_attempt(attempt);
      checkpoint.set_step(random_->Below(200) - 5);
      checkpoint.set_chunks(static_cast<int32_t>(random_->Below(4)) - 1);
      *report.add_checkpoints() = checkpoint;
      checkpoint.set_digest(absl::StrCat("sha256:", std::string(64, 'f')));
      checkpoint.set_bytes(random_->Below(100) - 5);
      std::swap(*report.mutable_checkpoints(0), *report.mutable_checkpoints(1));
      v1::Resumption& resumption = *report.add_resumptions();
      resumption.set_trial_index(trial);
      resumption.set_attempt(attempt);
      resumption.set_digest(absl::StrCat("sha256:", std::string(64, 'f')));
      // To go on from what nobody knows takes its own trial away from it.
      if (is_own || random_->Chance(0.5)) resumption.set_unusable("\x1b[2J");
      break;
    }
    default:  // A second Hello, or an empty message.
      if (random_->Chance(0.5)) message.mutable_hello()->set_session_id("x");
      break;
  }
  send_(std::move(message));
}

void SimulatedWorker::Heartbeat() {
  if (!welcomed_) return;
  v1::WorkerMessage message;
  v1::Heartbeat& heartbeat = *message.mutable_heartbeat();
  for (const auto& [id, lease] : leases_) {
    v1::LeaseProgress& progress = *heartbeat.add_progress();
    progress.set_lease_id(id);
    progress.set_steps(random_->Below(1000));
  }
  send_(std::move(message));
}

void SimulatedWorker::Leave() {
  if (leaving_) return;
  leaving_ = true;
  if (welcomed_) {
    v1::WorkerMessage message;
    message.mutable_leaving();
    send_(std::move(message));
  }
  for (const auto& [id, lease] : leases_) {
    v1::WorkerMessage message;
    message.mutable_released()->add_lease_ids(id);
    Queue(std::move(message));
  }
  leases_.clear();
}

std::string SimulatedWorker::Text() const {
  return absl::StrCat(name_, ": ", slots_, " slots, ", leases_.size(),
                      " leases, ", demands_, " demands, ", outbox_.size(),
                      " messages", welcomed_ ? "" : ", not welcome",
                      leaving_ ? ", leaving" : "",
                      draining_ ? ", draining" : "");
}

bool SimulatedWorker::Holds(int64_t sweep_id, int64_t index) const {
  for (const auto& [id, lease] : leases_) {
    if (lease.lease.sweep_id() != sweep_id) continue;
    for (const Lane& lane : lease.lanes) {
      if (lane.index == index) return true;
    }
  }
  return false;
}

void SimulatedWorker::Queue(v1::WorkerMessage message) {
  message.set_sequence(next_sequence_++);
  outbox_.push_back(std::move(message));
  Flush();
}

void SimulatedWorker::Flush() {
  while (welcomed_ && unsent_ < outbox_.size()) send_(outbox_[unsent_++]);
}

void SimulatedWorker::DemandMore() {
  while (welcomed_ && !leaving_ && !draining_ &&
         demands_ + static_cast<int>(leases_.size()) < slots_) {
    ++demands_;
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(
        static_cast<int32_t>(1 + random_->Below(12)));
    send_(std::move(message));
  }
}

}  // namespace fathom::simulation
