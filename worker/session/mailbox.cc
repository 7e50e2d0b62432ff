#include "worker/session/mailbox.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/log.h"

namespace fathom::worker {
Mailbox::Mailbox(int slots, int64_t max_bytes, std::unique_ptr<Spool> spool)
    : max_bytes_(max_bytes),
      slots_(slots),
      running_slots_(slots),
      spool_(std::move(spool)) {}

std::shared_ptr<HeldLease> Mailbox::WaitForLease(int slot, int trials) {
  absl::MutexLock lock(&mutex_);
  slots_[slot].wanted = trials;
  slots_[slot].demanded = false;
  auto ready = [this, slot]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return slots_[slot].granted != nullptr || stopping_ || draining_;
  };
  mutex_.Await(absl::Condition(&ready));
  slots_[slot].wanted = 0;
  return std::exchange(slots_[slot].granted, nullptr);
}

void Mailbox::PutReport(v1::Report report) {
  absl::MutexLock lock(&mutex_);
  auto has_room = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return HasRoom() || stopping_;
  };
  mutex_.Await(absl::Condition(&has_room));
  if (!leases_.contains(report.lease_id())) return;  // The lease was dropped.
  v1::WorkerMessage message;
  message.mutable_report()->Swap(&report);
  Queue(std::move(message));
}

void Mailbox::EndLease(const HeldLease& lease, bool finished,
                       const std::string& declined) {
  absl::MutexLock lock(&mutex_);
  const int64_t id = lease.lease.lease_id();
  // When leases_ does not have the lease, the coordinator has dropped it.
  pulse_.Remove(id);
  const bool held = leases_.erase(id) > 0;
  if (leases_.empty()) idle_since_ = SteadyNow();
  if (!held || (finished && !lease.resumed)) return;
  HandBack(id, declined);
}

void Mailbox::HandBack(int64_t lease_id, const std::string& declined) {
  v1::WorkerMessage message;
  message.mutable_released()->add_lease_ids(lease_id);
  message.mutable_released()->set_declined(declined);
  Queue(std::move(message));
}

void Mailbox::Queue(v1::WorkerMessage message) {
  Queued queued{.sequence = next_sequence_++};
  message.set_sequence(queued.sequence);
  queued.is_report = message.has_report();
  queued.lease_id = queued.is_report ? message.report().lease_id()
                                     : message.released().lease_ids(0);
  queued.bytes = static_cast<int64_t>(message.ByteSizeLong());
  if (memory_bytes_ >= max_bytes_ && spool_ != nullptr && spool_->HasRoom()) {
    const auto offset = spool_->Append(message.SerializeAsString());
    if (offset.ok()) {
      queued.offset = *offset;
    } else {  // The message stays in memory; from now on the slots wait.
      Log(LogLevel::kWarning, offset.status().message());
    }
  }
  if (queued.offset < 0) {
    memory_bytes_ += queued.bytes;
    queued.message.Swap(&message);
  }
  outbox_.push_back(std::move(queued));
}

bool Mailbox::HasRoom() const {
  return memory_bytes_ < max_bytes_ || (spool_ != nullptr && spool_->HasRoom());
}

v1::WorkerMessage Mailbox::Recall(Queued& queued) {
  if (queued.offset < 0) return queued.message;
  const auto bytes = spool_->Read(queued.offset, queued.bytes);
  v1::WorkerMessage message;
  if (bytes.ok() && message.ParseFromString(*bytes) &&
      message.sequence() == queued.sequence) {
    return message;
  }
  Log(LogLevel::kError,
      absl::StrCat(
          bytes.ok() ? "the spool has been changed" : bytes.status().message(),
          "; lease ", queued.lease_id, " is handed back"));
  Drop(queued.lease_id);
  Forget(queued);
  // Another message takes the place, because the sequence must not have gaps.
  message.Clear();
  message.set_sequence(queued.sequence);
  message.mutable_released()->add_lease_ids(queued.lease_id);
  queued.is_report = false;
  queued.offset = -1;
  queued.bytes = static_cast<int64_t>(message.ByteSizeLong());
  memory_bytes_ += queued.bytes;
  queued.message = message;
  return message;
}

void Mailbox::Forget(const Queued& queued) {
  if (queued.offset < 0) {
    memory_bytes_ -= queued.bytes;
  } else {
    spool_->Release(queued.bytes);
  }
}

bool Mailbox::Holds(int64_t lease_id) const {
  absl::MutexLock lock(&mutex_);
  return leases_.contains(lease_id);
}

bool Mailbox::SleepUnlessStopping(absl::Duration duration) {
  return !stop_.WaitUntil(SteadyIn(duration));
}

void Mailbox::SlotEnded() {
  absl::MutexLock lock(&mutex_);
  --running_slots_;
  if (Finished()) answered_.Raise();
}

std::vector<int64_t> Mailbox::BeginConnection(SteadyTime welcome_due) {
  pulse_.Rest();
  absl::MutexLock lock(&mutex_);
  answered_.Lower();
  if (Finished()) answered_.Raise();
  broken_ = false;
  welcomed_ = false;
  said_leaving_ = false;
  welcome_due_ = welcome_due;
  unsent_ = 0;
  sent_reports_ = 0;
  meter_.NoteUnacknowledged(0);
  std::set<int64_t> held;
  for (const auto& [id, lease] : leases_) {
    lease->resumed = true;
    held.insert(id);
  }
  // A lease is also held while its last report is not acknowledged.
  std::set<int64_t> ended;
  for (const Queued& queued : outbox_) {
    if (leases_.contains(queued.lease_id)) continue;
    if (queued.is_report) {
      held.insert(queued.lease_id);
      ended.insert(queued.lease_id);
    } else {
      ended.erase(queued.lease_id);  // It is handed back already.
    }
  }
  for (const int64_t id : ended) HandBack(id);
  for (Slot& slot : slots_) slot.demanded = false;
  return {held.begin(), held.end()};
}

void Mailbox::OnMessage(const v1::CoordinatorMessage& message) {
  if (message.has_welcome()) {
    pulse_.Start(absl::Nanoseconds(
        google::protobuf::util::TimeUtil::DurationToNanoseconds(
            message.welcome().heartbeat_period())));
  }
  absl::MutexLock lock(&mutex_);
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome:
      for (int64_t id : message.welcome().dropped_lease_ids()) Drop(id);
      welcomed_ = true;
      if (std::exchange(was_welcomed_, true)) meter_.NoteReconnection();
      owes_hello_ = false;
      answered_.Raise();
      break;
    case v1::CoordinatorMessage::kLease:
      Grant(message.lease());
      break;
    case v1::CoordinatorMessage::kAck:
      while (!outbox_.empty() &&
             outbox_.front().sequence <= message.ack().sequence()) {
        Forget(outbox_.front());
        NoteAcknowledged(outbox_.front());
        outbox_.pop_front();
        if (unsent_ > 0) --unsent_;
      }
      meter_.NoteUnacknowledged(sent_reports_);
      if (Finished()) answered_.Raise();
      break;
    case v1::CoordinatorMessage::kRevoke:
      for (int64_t id : message.revoke().lease_ids()) Drop(id);
      break;
    case v1::CoordinatorMessage::kDrain:
      if (!draining_) {
        Log(LogLevel::kInfo,
            "drained by the coordinator: finishing what it "
            "holds");
      }
      draining_ = true;
      break;
    case v1::CoordinatorMessage::BODY_NOT_SET:
      break;  // Newer coordinators send what need not be known.
  }
}

void Mailbox::NoteAcknowledged(const Queued& queued) {
  if (!queued.is_report || unsent_ == 0) return;
  --sent_reports_;
  meter_.NoteAck(SteadySince(queued.sent));
}

void Mailbox::Grant(const v1::Lease& lease) {
  auto held = std::make_shared<HeldLease>();
  held->lease = lease;
  auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) {
    return s.wanted > 0 && s.demanded && s.granted == nullptr;
  });
  if (slot == slots_.end() || stopping_) {
    HandBack(lease.lease_id());
    return;
  }
  leases_[lease.lease_id()] = held;
  pulse_.Add(held);
  slot->demanded = false;
  slot->granted = std::move(held);
}

void Mailbox::Drop(int64_t lease_id) {
  auto it = leases_.find(lease_id);
  if (it == leases_.end()) return;
  it->second->dropped = true;
  leases_.erase(it);
  if (leases_.empty()) idle_since_ = SteadyNow();
  pulse_.Remove(lease_id);
}

std::optional<v1::WorkerMessage> Mailbox::NextHeartbeat() {
  std::optional<v1::WorkerMessage> message = pulse_.Next();
  if (message.has_value()) {
    *message->mutable_heartbeat()->mutable_telemetry() = meter_.Read();
  }
  return message;
}

void Mailbox::OnBroken() {
  pulse_.Stop();
  absl::MutexLock lock(&mutex_);
  broken_ = true;
  for (Slot& slot : slots_) owes_hello_ |= std::exchange(slot.demanded, false);
  answered_.Raise();
}

void Mailbox::OnEnded() {
  absl::MutexLock lock(&mutex_);
  owes_hello_ = false;
}

bool Mailbox::HasMessage() const {
  return unsent_ < outbox_.size() || (stopping_ && !said_leaving_) ||
         (!stopping_ && !draining_ &&
          std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
            return slot.wanted > 0 && !slot.demanded && slot.granted == nullptr;
          }));
}

std::optional<v1::WorkerMessage> Mailbox::NextMessage() {
  SteadyTime welcome_due;
  {
    absl::MutexLock lock(&mutex_);
    welcome_due = welcome_due_;
  }
  if (!answered_.WaitUntil(welcome_due)) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return broken_ || Finished() || HasMessage();
  };
  mutex_.Await(absl::Condition(&ready));
  if (broken_ || Finished()) return std::nullopt;
  if (stopping_ && !said_leaving_) {
    said_leaving_ = true;
    v1::WorkerMessage message;
    message.mutable_leaving();
    return message;
  }
  if (unsent_ < outbox_.size()) {
    Queued& queued = outbox_[unsent_++];
    queued.sent = SteadyNow();
    v1::WorkerMessage message = Recall(queued);
    if (queued.is_report) meter_.NoteUnacknowledged(++sent_reports_);
    return message;
  }
  for (Slot& slot : slots_) {
    if (slot.wanted > 0 && !slot.demanded && slot.granted == nullptr) {
      slot.demanded = true;
      v1::WorkerMessage message;
      message.mutable_demand()->set_trials(slot.wanted);
      return message;
    }
  }
  return std::nullopt;
}

void Mailbox::Drain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
}

absl::Duration Mailbox::idle() const {
  absl::MutexLock lock(&mutex_);
  return leases_.empty() ? SteadySince(idle_since_) : absl::ZeroDuration();
}

bool Mailbox::draining() const {
  absl::MutexLock lock(&mutex_);
  return draining_;
}

void Mailbox::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  stop_.Raise();
  for (const auto& [id, lease] : leases_) lease->stopping = true;
}

bool Mailbox::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

bool Mailbox::Finished() const { return HandedOver() && !owes_hello_; }

bool Mailbox::HandedOver() const {
  return running_slots_ == 0 && outbox_.empty();
}

bool Mailbox::finished() const {
  absl::MutexLock lock(&mutex_);
  return Finished();
}

bool Mailbox::handed_over() const {
  absl::MutexLock lock(&mutex_);
  return HandedOver();
}

}  // namespace fathom::worker
