// Sends anything that workers may send, in any order, on several streams.
// Whatever it is, leases must be exclusive, attempts may only grow, a trial
// ends once, and nothing may cost more than the bytes of the messages and the
// trials that they move allow.
//
// A few bytes of an input stand for long messages (thousands of entries that
// follow from one another) and for many messages (the last one again and
// again), on sweeps and leases as large as there are, because a cost that grows
// with the square of something shows only there.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/coordinator.h"
#include "tests/fuzz/draws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/trial_laws.h"

namespace fathom::fuzz {
namespace {

constexpr int kConnections = 4;
constexpr int kSteps = 100;

// An input that is worth more bytes than these takes too long to be tried
// often.
constexpr int64_t kMostEarned = 250'000;
constexpr int64_t kMostRepeated = 50'000;

// An entry of a message has some bytes and costs about a microsecond.
constexpr Rates kRates = {.seconds = 0.1,
                          .seconds_per_byte = 3e-6,
                          .bytes = int64_t{64} << 20,
                          .bytes_per_byte = 1024};
// A trial that is given out and comes back is worth a number of bytes, and so
// is what the coordinator does by itself, such as a tick.
constexpr int64_t kBytesOfTrial = 4;
constexpr int64_t kBytesOfEvent = 100;

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

class Play : private Draws {
 public:
  Play(const uint8_t* data, size_t size)
      : Draws(data, size), budget_(size, kRates), coordinator_({}, {}, now_) {
    budget_.Pause();
  }

  void Run() {
    focus_ = Small(4);
    // A sweep and a worker are under way from the start.
    CreateSweep();
    Send(1, SomeHello(1));
    Send(1, SomeDemand());
    for (int step = 0; step < kSteps && in().remaining_bytes() > 0 &&
                       budget_.earned() < kMostEarned;
         ++step) {
      Step();
    }
    coordinator_.ListWorkers(now_);
  }

 private:
  // Returns a number of entries or of messages: mostly few, and up to the
  // bounds of limits.h.
  int64_t Count(int64_t most = 10'000) {
    constexpr int64_t kMany[] = {server::MaxLeases(1), server::MaxLeases(64),
                                 server::MaxLeases(server::kMaxSlots), 10'000};
    if (in().ConsumeBool()) return Small(3);
    return std::min(most, in().PickValueInArray(kMany));
  }
  // Returns the size of a sweep. In the largest sweep, the lease for each of
  // many slots is as large as leases are.
  int64_t Size() {
    constexpr int64_t kLargest =
        int64_t{server::kMaxTrialsPerLease} * server::kMaxSlots;
    constexpr int64_t kSizes[] = {20, 300, 65536, kLargest, kLargest};
    return in().PickValueInArray(kSizes);
  }
  server::ConnectionId Connection() {
    return in().ConsumeBool() ? 1 : 1 + Small(kConnections - 1);
  }

  // Returns mostly a lease that was granted to this stream, and lately.
  v1::Lease SomeLease(server::ConnectionId connection) {
    const std::vector<v1::Lease>& granted = granted_[connection];
    if (granted.empty() || Seldom()) {
      v1::Lease lease;
      lease.set_lease_id(Id(6));
      lease.set_sweep_id(Id(3));
      return lease;
    }
    return granted[granted.size() - 1 -
                   Small(std::min<size_t>(granted.size() - 1, 3))];
  }
  Row SomeLeases(server::ConnectionId connection) {
    return {SomeLease(connection).lease_id(), By()};
  }

  // Calls `use` and does what follows from it, on the budget.
  template <typename Use>
  void Timed(Use use) {
    budget_.Resume();
    use();
    Settle();
    budget_.Pause();
    Follow();
    budget_.Check();
  }

  void CreateSweep() {
    const int64_t size = Size();
    const v1::SweepSpec spec = Spec(size, size < 1000 && in().ConsumeBool());
    budget_.Earn(static_cast<int64_t>(spec.ByteSizeLong()));
    const bool force_new = in().ConsumeBool();
    Timed(
        [&] { coordinator_.CreateSweep(spec, force_new, now_).IgnoreError(); });
  }

  void Send(server::ConnectionId connection, v1::WorkerMessage message,
            int64_t times = 1) {
    const auto bytes = static_cast<int64_t>(message.ByteSizeLong());
    times = std::min(
        times, std::max<int64_t>(int64_t{kMostRepeated} / (bytes + 1), 1));
    // The clock is not read for each message, because that takes longer than
    // some messages do.
    const int64_t most = message.has_demand() ? 1 : 50;
    while (times > 0 && budget_.earned() < kMostEarned) {
      int64_t together = std::min(times, most);
      times -= together;
      budget_.Earn(together * bytes);
      Timed([&] {
        for (; together > 0; --together) {
          coordinator_.OnMessage(connection, message, now_);
          if (message.sequence() > 0) message.set_sequence(++sequence_);
          if (together > 1) Settle();
        }
      });
    }
    // A message that was refused would be refused again.
    if (open_[connection]) last_ = {connection, std::move(message)};
  }

  // Does mostly messages. An input has more messages of one kind than of
  // others.
  void Step() {
    const server::ConnectionId connection = Connection();
    if (Small(7) == 7) return OtherStep(connection);
    if (Small(3) == 3 && open_[last_.first]) {
      return Send(last_.first, last_.second, Count());
    }
    // Most workers come back when their stream has ended.
    if (!open_[connection] && !Seldom()) {
      Send(connection, SomeHello(connection));
    }
    Send(connection, SomeMessage(connection));
  }

  void OtherStep(server::ConnectionId connection) {
    switch (Small(4)) {
      case 0:
        return CreateSweep();
      case 1: {
        const int64_t sweep = Id(3);
        return OnEvent(
            [&] { coordinator_.CancelSweep(sweep, now_).IgnoreError(); });
      }
      case 2:  // Steps that are no interruption.
        for (int seconds = 5 * Small(8); seconds > 0; seconds -= 5) {
          now_ += absl::Seconds(5);
          OnEvent([&] { coordinator_.OnTick(now_); });
        }
        return;
      case 3:
        open_[connection] = false;
        return OnEvent([&] { coordinator_.OnDisconnected(connection, now_); });
      default: {  // Bytes that may be a message.
        std::string bytes = Seldom()
                                ? in().ConsumeRandomLengthString(200)
                                : SomeMessage(connection).SerializeAsString();
        for (int i = Small(3); i > 0 && !bytes.empty(); --i) {
          bytes[Small(bytes.size() - 1)] = in().ConsumeIntegral<char>();
        }
        v1::WorkerMessage message;
        if (message.ParseFromString(bytes)) Send(connection, message);
      }
    }
  }

  template <typename Use>
  void OnEvent(Use use) {
    budget_.Earn(kBytesOfEvent + coordinator_.open_leases());
    Timed(use);
  }

  v1::WorkerMessage SomeMessage(server::ConnectionId connection) {
    v1::WorkerMessage message;
    switch (Small(3) < 3 ? focus_ : Small(5)) {
      case 0:
        message = SomeDemand();
        break;
      case 1:
        Fill(SomeLease(connection), *message.mutable_report());
        break;
      case 2: {
        const Row ids = SomeLeases(connection);
        const Row steps = Ids(100);
        const int64_t most = server::MaxLeases(slots_[connection]);
        for (int64_t i = Count(Seldom() ? 2 * most : most); i > 0; --i) {
          auto& progress = *message.mutable_heartbeat()->add_progress();
          progress.set_lease_id(ids.at(i));
          progress.set_steps(steps.at(i));
        }
        break;
      }
      case 3: {
        const Row ids = SomeLeases(connection);
        for (int64_t i = Count(); i > 0; --i) {
          message.mutable_released()->add_lease_ids(ids.at(i));
        }
        if (Seldom()) message.mutable_released()->set_declined("no");
        break;
      }
      case 4:
        message = SomeHello(connection);
        break;
      default:
        message.mutable_leaving();
    }
    if (in().ConsumeBool())
      message.set_sequence(Seldom() ? Id(20) : ++sequence_);
    return message;
  }

  v1::WorkerMessage SomeHello(server::ConnectionId connection) {
    constexpr int kSlots[] = {1, 2, 64, server::kMaxSlots};
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(Seldom() ? Small(3) : kProtocolVersion);
    hello.set_spec_revision(Seldom() ? Small(3) : kSpecRevision);
    hello.set_session_id(absl::StrCat("s", Seldom() ? Small(3) : connection));
    hello.set_worker("w");
    hello.set_host(absl::StrCat("h", Small(1)));
    hello.set_numerics(absl::StrCat("n", Small(1)));
    hello.set_slots(Seldom() ? static_cast<int32_t>(Id(3))
                             : in().PickValueInArray(kSlots));
    slots_[connection] = std::clamp(hello.slots(), 1, server::kMaxSlots);
    if (Seldom()) {
      const Row ids = SomeLeases(connection);
      for (int64_t i = Count(); i > 0; --i) hello.add_held_lease_ids(ids.at(i));
    } else {
      for (const v1::Lease& lease : granted_[connection]) {
        hello.add_held_lease_ids(lease.lease_id());
      }
    }
    return message;
  }

  v1::WorkerMessage SomeDemand() {
    v1::WorkerMessage message;
    constexpr int64_t kTrials[] = {16384, 16384, 16384,
                                   server::kMaxTrialsPerLease};
    message.mutable_demand()->set_trials(static_cast<int32_t>(
        in().ConsumeBool() ? in().PickValueInArray(kTrials) : Id(8)));
    return message;
  }

  void Fill(const v1::Lease& lease, v1::Report& report) {
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    v1::TrialRange range;
    if (!lease.trials().empty()) range = lease.trials(0);
    if (range.count() == 0 || Seldom()) range.set_count(20);
    if (range.attempt() == 0 || Seldom()) range.set_attempt(Small(3));
    const Row of_lease = {range.first_index(), 1};
    const Row trials = {of_lease.at(Id(range.count() - 1)), By()};
    FillResults(trials, range.attempt(), report);
    FillPoints(trials, range.attempt(), report);
    for (int64_t i = Seldom() ? Count() : 0; i > 0; --i) {
      static const auto* const kTrial = new auto(Spec(1).trial());
      v1::Optimum& optimum = *report.add_optima();
      *optimum.mutable_data() = kTrial->data();
      *optimum.mutable_loss() = kTrial->loss();
      optimum.set_iterations(Small(1));
    }
  }

  void FillResults(const Row& trials, int32_t attempt, v1::Report& report) {
    v1::TrialResult result;
    result.set_attempt(attempt);
    result.set_outcome(static_cast<v1::TrialState>(
        Seldom() ? Small(9) : v1::TRIAL_STATE_SUCCEEDED + Small(2)));
    result.set_steps(Seldom() ? Id(10) : 1);
    if (in().ConsumeBool()) {
      result.set_final_loss(in().ConsumeFloatingPoint<double>());
    }
    if (result.outcome() == v1::TRIAL_STATE_FAILED) {
      result.set_error(std::string(static_cast<size_t>(Count()), 'x'));
    }
    const int64_t count = result.error().size() > 300
                              ? Small(3)
                              : Count(Seldom() ? 10'000 : 1000);
    for (int64_t i = 0; i < count; ++i) {
      result.set_trial_index(trials.at(i));
      *report.add_results() = result;
    }
  }

  // Fills mostly what an honest worker sends: the metrics of the sweep, in
  // order.
  void FillPoints(const Row& trials, int32_t attempt, v1::Report& report) {
    static const auto* const kMetrics =
        new auto(Spec(1).trial().record().metrics());
    v1::TrialPoints points;
    points.set_attempt(attempt);
    if (Seldom()) {
      for (int64_t m = Count(); m > 0; --m) {
        points.add_metrics(static_cast<v1::Metric>(Id(20)));
      }
      for (int64_t v = Count(); v > 0; --v) {
        points.add_values(in().ConsumeFloatingPoint<double>());
      }
    } else {
      *points.mutable_metrics() = *kMetrics;
    }
    const Row steps = {Small(5), Seldom() ? By() : 1};
    for (int s = Small(3); s > 0; --s) {
      points.add_steps(steps.at(3 - s));
      points.mutable_values()->Resize(
          points.values_size() + points.metrics_size(), 0.5);
    }
    // The points are chunks of one trial, or of as many trials.
    const Row chunks = {Small(1), Small(1)};
    const int64_t count =
        points.ByteSizeLong() > 300 ? Small(3) : Count(Seldom() ? 10'000 : 300);
    for (int64_t i = 0; i < count; ++i) {
      points.set_chunk(static_cast<int32_t>(chunks.at(i)));
      points.set_trial_index(trials.at(i));
      *report.add_points() = points;
    }
  }

  void Settle() {
    effects_.push_back(coordinator_.TakeEffects());
    while (coordinator_.behind()) {
      coordinator_.CatchUp(now_);
      effects_.push_back(coordinator_.TakeEffects());
    }
  }

  void Follow() {
    for (const server::Effects& effects : effects_) {
      for (const server::Write& write : effects.writes) {
        budget_.Earn(kBytesOfTrial * laws_.Apply(write));
      }
      for (const server::Outgoing& out : effects.messages) {
        if (out.message.has_welcome()) open_[out.connection] = true;
        if (!out.message.has_lease()) continue;
        granted_[out.connection].push_back(out.message.lease());
      }
      for (const server::CloseConnection& close : effects.closes) {
        open_[close.connection] = false;
      }
    }
    effects_.clear();
  }

  Budget budget_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  server::Coordinator coordinator_;
  std::vector<server::Effects> effects_;  // Not yet seen by the laws.
  TrialLaws laws_;
  std::map<server::ConnectionId, std::vector<v1::Lease>> granted_;
  std::map<server::ConnectionId, bool> open_;
  std::map<server::ConnectionId, int64_t> slots_;  // As named last.
  int64_t sequence_ = 0;
  int focus_ = 0;
  std::pair<server::ConnectionId, v1::WorkerMessage> last_ = {1, {}};
};

}  // namespace
}  // namespace fathom::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fathom::fuzz::Play(data, size).Run();
  return 0;
}
