// Anything that workers may send, in any order, on several streams: whatever it
// is, leases are exclusive, attempts only grow, and a trial ends once.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"
#include "server/coordinator/coordinator.h"
#include "tests/fuzz/fuzz.h"

namespace fathom::fuzz {
namespace {

constexpr int kConnections = 4;
constexpr int kSteps = 400;

v1::SweepSpec Spec(int64_t trials, bool varies_steps = false) {
  v1::SweepSpec spec;
  spec.set_name("fuzz");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.set_steps(10);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field(varies_steps ? "steps" : "seed");
  axis.mutable_range()->set_from(1);
  axis.mutable_range()->set_to(trials + 1);
  return Normalize(spec);
}

// Follows the writes, as the ledger would, and requires the laws.
class Ledger {
 public:
  void Apply(const Write& write) {
    if (const auto* lease = std::get_if<InsertLease>(&write)) {
      ForEach(lease->lease.sweep_id(), lease->lease,
              [&](Trial trial, int32_t attempt) {
                Require(attempt == attempts_[trial] + 1,
                        "an attempt is the last one plus 1");
                attempts_[trial] = attempt;
                Require(open_.insert(trial).second, "a trial is leased once");
                Require(ended_.count(trial) == 0, "what has ended stays so");
              });
    } else if (const auto* report = std::get_if<RecordReport>(&write)) {
      for (const v1::TrialResult& result : report->report.results()) {
        const Trial trial{report->report.sweep_id(), result.trial_index()};
        Require(result.attempt() == attempts_[trial],
                "a result is of the open attempt");
        End(trial);
      }
      for (const v1::TrialPoints& points : report->report.points()) {
        const Trial trial{report->report.sweep_id(), points.trial_index()};
        Require(points.attempt() == attempts_[trial],
                "points are of the open attempt");
      }
    } else if (const auto* returned = std::get_if<ReturnTrial>(&write)) {
      Require(open_.erase({returned->sweep_id, returned->trial_index}) == 1,
              "what is returned was leased");
    } else if (const auto* failed = std::get_if<QuarantineTrial>(&write)) {
      End({failed->sweep_id, failed->trial_index});
    } else if (const auto* cancel = std::get_if<CancelTrials>(&write)) {
      for (auto it = open_.begin(); it != open_.end();) {
        it = it->first == cancel->sweep_id ? open_.erase(it) : std::next(it);
      }
    }
  }

 private:
  using Trial = std::pair<int64_t, int64_t>;

  template <typename Use>
  static void ForEach(int64_t sweep, const v1::Lease& lease, Use use) {
    for (const v1::TrialRange& range : lease.trials()) {
      for (int64_t i = 0; i < range.count(); ++i) {
        use(Trial{sweep, range.first_index() + i}, range.attempt());
      }
    }
  }
  void End(Trial trial) {
    Require(open_.erase(trial) == 1, "what ends was leased");
    Require(ended_.insert(trial).second, "a trial ends once");
  }

  std::map<Trial, int32_t> attempts_;
  std::set<Trial> open_;
  std::set<Trial> ended_;
};

class Play {
 public:
  Play(const uint8_t* data, size_t size)
      : in_(data, size), budget_(size), coordinator_({}, {}, now_) {}

  void Run() {
    for (int step = 0; step < kSteps && in_.remaining_bytes() > 0; ++step) {
      Step();
      Settle();
    }
  }

 private:
  template <typename Number>
  Number Small(Number most) {
    return in_.ConsumeIntegralInRange<Number>(0, most);
  }
  // Mostly what may be there, seldom anything at all.
  int64_t Id(int64_t most) {
    return in_.ConsumeBool() || in_.ConsumeBool()
               ? Small<int64_t>(most)
               : in_.ConsumeIntegral<int64_t>();
  }
  // Mostly few, now and then as many as a message of some KiB holds.
  int Few() { return Small(50) == 0 ? 300 : Small(3); }
  std::string Session() { return absl::StrCat("s", Small(2)); }

  void Step() {
    const ConnectionId connection = 1 + Small(kConnections - 1);
    switch (Small(11)) {
      case 0:
        coordinator_
            .CreateSweep(Spec(1 + (in_.ConsumeBool() ? Small(20) : Small(3000)),
                              in_.ConsumeBool()),
                         in_.ConsumeBool(), now_)
            .IgnoreError();
        return;
      case 1:
        coordinator_.CancelSweep(Id(3), now_).IgnoreError();
        return;
      case 2:
        now_ += absl::Seconds(Small(40));
        coordinator_.OnTick(now_);
        return;
      case 3:
        coordinator_.OnDisconnected(connection, now_);
        return;
      case 4: {  // Bytes that are some message.
        v1::WorkerMessage message;
        if (message.ParseFromString(in_.ConsumeRandomLengthString(200))) {
          coordinator_.OnMessage(connection, std::move(message), now_);
        }
        return;
      }
      default:
        coordinator_.OnMessage(connection, Message(), now_);
    }
  }

  v1::WorkerMessage Message() {
    v1::WorkerMessage message;
    if (in_.ConsumeBool()) message.set_sequence(Id(20));
    switch (Small(6)) {
      case 0: {
        v1::Hello& hello = *message.mutable_hello();
        hello.set_protocol_version(in_.ConsumeBool() ? kProtocolVersion
                                                     : Small(3));
        hello.set_session_id(Session());
        hello.set_slots(static_cast<int32_t>(Id(3)));
        for (int i = Few(); i > 0; --i) hello.add_held_lease_ids(Id(6));
        break;
      }
      case 1:
        message.mutable_demand()->set_trials(
            static_cast<int32_t>(Id(in_.ConsumeBool() ? 8 : 3000)));
        break;
      case 2:
      case 3:
        Fill(*message.mutable_report());
        break;
      case 4:
        for (int i = Few(); i >= 0; --i) {
          message.mutable_released()->add_lease_ids(Id(6));
        }
        break;
      case 5: {
        const int64_t lease = Id(6);
        for (int i = Few(); i >= 0; --i) {
          v1::LeaseProgress& progress =
              *message.mutable_heartbeat()->add_progress();
          progress.set_lease_id(lease);
          progress.set_steps(Id(100));
        }
        break;
      }
      default:
        message.mutable_leaving();
    }
    return message;
  }

  void Fill(v1::Report& report) {
    report.set_lease_id(Id(6));
    report.set_sweep_id(Id(3));
    for (int i = Small(3); i > 0; --i) {
      v1::TrialResult& result = *report.add_results();
      result.set_trial_index(Id(20));
      result.set_attempt(static_cast<int32_t>(Id(3)));
      result.set_outcome(static_cast<v1::TrialState>(Small(9)));
      result.set_steps(Id(10));
      if (in_.ConsumeBool())
        result.set_final_loss(in_.ConsumeFloatingPoint<double>());
    }
    for (int i = Small(2); i > 0; --i) {
      v1::TrialPoints& points = *report.add_points();
      points.set_trial_index(Id(20));
      points.set_attempt(static_cast<int32_t>(Id(3)));
      points.set_chunk(static_cast<int32_t>(Id(3)));
      if (in_.ConsumeBool()) {
        FillWell(points);
        continue;
      }
      for (int m = Small(2); m > 0; --m) {
        points.add_metrics(static_cast<v1::Metric>(Id(20)));
      }
      for (int s = Small(3); s > 0; --s) points.add_steps(Id(10));
      for (int v = Small(6); v > 0; --v) {
        points.add_values(in_.ConsumeFloatingPoint<double>());
      }
    }
  }

  // As an honest worker does: the metrics of the sweep, in order.
  void FillWell(v1::TrialPoints& points) {
    static const auto* const kMetrics =
        new auto(Spec(1).trial().record().metrics());
    *points.mutable_metrics() = *kMetrics;
    int64_t step = Small(5);
    for (int s = Small(3); s > 0; --s, step += 1 + Small(3)) {
      points.add_steps(step);
      for (int m = 0; m < kMetrics->size(); ++m) points.add_values(0.5);
    }
  }

  void Settle() {
    coordinator_.ListWorkers(now_);
    const Effects effects = coordinator_.TakeEffects();
    budget_.Pause();
    for (const Write& write : effects.writes) ledger_.Apply(write);
    budget_.Resume();
  }

  FuzzedDataProvider in_;
  Budget budget_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  Coordinator coordinator_;
  Ledger ledger_;
};

}  // namespace
}  // namespace fathom::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fathom::fuzz::Play(data, size).Run();
  return 0;
}
