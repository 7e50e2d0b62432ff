#ifndef FATHOM_TESTS_TESTING_COORDINATOR_FIXTURE_H_
#define FATHOM_TESTS_TESTING_COORDINATOR_FIXTURE_H_

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {

// Returns a normalized, valid spec of `rates` trials of 100 steps each.
inline v1::SweepSpec SmallSpec(int64_t rates,
                               const std::string& name = "small") {
  v1::SweepSpec spec;
  spec.set_name(name);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.set_steps(100);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  axis.mutable_range()->set_from(0);
  axis.mutable_range()->set_to(rates);
  return Normalize(spec);
}

// A test of a coordinator whose clock stands still. Its methods are the things
// that can happen to a coordinator, and it remembers every write and every
// message that came out.
class CoordinatorTest : public ::testing::Test {
 protected:
  void Start(server::LedgerState state = {},
             server::Coordinator::Options options = {}) {
    coordinator_ =
        std::make_unique<server::Coordinator>(options, std::move(state), now_);
  }

  v1::Sweep Create(const v1::SweepSpec& spec) {
    absl::StatusOr<v1::Sweep> sweep =
        coordinator_->CreateSweep(spec, /*force_new=*/false, now_);
    EXPECT_OK(sweep);
    Settle();
    return *std::move(sweep);
  }

  void Receive(server::ConnectionId connection, v1::WorkerMessage message) {
    coordinator_->OnMessage(connection, std::move(message), now_);
    Settle();
  }

  void Hello(server::ConnectionId connection, const std::string& session,
             int slots = 1, const std::vector<int64_t>& held = {}) {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_session_id(session);
    hello.set_worker(session);
    hello.set_slots(slots);
    for (int64_t id : held) hello.add_held_lease_ids(id);
    Receive(connection, message);
  }

  void Demand(server::ConnectionId connection, int trials) {
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(trials);
    Receive(connection, message);
  }

  // Reports that trial `index` has ended.
  void Finish(server::ConnectionId connection, int64_t sequence,
              const v1::Lease& lease, int64_t index, int32_t attempt = 1,
              v1::TrialState outcome = v1::TRIAL_STATE_SUCCEEDED) {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(index);
    result.set_attempt(attempt);
    result.set_outcome(outcome);
    Receive(connection, message);
  }

  // Lets time pass, with a tick of the coordinator every second.
  void Tick(absl::Duration by) {
    for (const absl::Time end = now_ + by; now_ < end;) {
      now_ = std::min(now_ + absl::Seconds(1), end);
      coordinator_->OnTick(now_);
    }
    Settle();
  }

  // Returns the leases sent to `connection` so far, the oldest first.
  std::vector<v1::Lease> Leases(server::ConnectionId connection) const {
    std::vector<v1::Lease> leases;
    for (const server::Outgoing& out : messages_) {
      if (out.connection == connection && out.message.has_lease()) {
        leases.push_back(out.message.lease());
      }
    }
    return leases;
  }

  // Returns the writes of one kind so far, in order.
  template <typename Kind>
  std::vector<Kind> Writes() const {
    std::vector<Kind> found;
    for (const server::Write& write : writes_) {
      if (const Kind* kind = std::get_if<Kind>(&write)) found.push_back(*kind);
    }
    return found;
  }

  v1::Progress LastProgress() const {
    return Writes<server::UpdateSweep>().back().progress;
  }

  void Settle() {
    TakeEffects();
    while (coordinator_->behind()) {
      coordinator_->CatchUp(now_);
      TakeEffects();
    }
  }

  void TakeEffects() {
    server::Effects effects = coordinator_->TakeEffects();
    for (server::Write& write : effects.writes)
      writes_.push_back(std::move(write));
    for (server::Outgoing& out : effects.messages)
      messages_.push_back(std::move(out));
    for (server::CloseConnection& close : effects.closes) {
      closes_[close.connection] = close.status;
    }
  }

  static int64_t Trials(const v1::Lease& lease) {
    int64_t count = 0;
    for (const v1::TrialRange& range : lease.trials()) count += range.count();
    return count;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::unique_ptr<server::Coordinator> coordinator_;
  std::vector<server::Write> writes_;
  std::vector<server::Outgoing> messages_;
  std::map<server::ConnectionId, absl::Status> closes_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_COORDINATOR_FIXTURE_H_
