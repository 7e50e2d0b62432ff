// What LeaseTable promises, by examples and against a slow model.
#include "server/coordinator/lease_table.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace fathom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

double StepsOf(int64_t index) { return static_cast<double>(10 + index % 7); }

std::vector<int64_t> Indices(const Lease& lease) {
  std::vector<int64_t> indices;
  for (const LeasedTrial& trial : lease.trials()) {
    indices.push_back(trial.index);
  }
  return indices;
}

// Trials 0 to 9 of sweep 1, of which the first six came back, by their limits.
class LeaseTableTest : public ::testing::Test {
 protected:
  LeaseTableTest() {
    const int64_t limits[] = {0, 4, 1, 3, 4, 2};
    for (int64_t i = 0; i < std::ssize(limits); ++i) {
      pending_.Return(i,
                      {.attempts = 2, .losses = {.bundle_limit = limits[i]}});
    }
  }

  const Lease& Grant(Holder& holder, int64_t limit, bool isolated = false) {
    return table_.Grant(holder, 1, pending_, limit, isolated, StepsOf, now_);
  }

  absl::Time now_ = kStart;
  PendingTrials pending_{10, 6};
  Holder one_{"one"}, two_{"two"};
  LeaseTable table_{7};
};

TEST_F(LeaseTableTest, SuspectsGoFirstAndNoMoreThanTheirLimitsAllow) {
  const Lease& first = Grant(one_, 8);
  EXPECT_THAT(Indices(first), ElementsAre(1, 3, 4));  // 5 would have to be one
  EXPECT_EQ(first.bundle_limit(), 3);                 // of two.
  EXPECT_EQ(first.trials()[0].attempt, 3);
  EXPECT_EQ(one_.bundle_limit(), 3);
  EXPECT_EQ(one_.open().suspects, 3);
  EXPECT_THAT(Indices(Grant(one_, 2)), ElementsAre(0, 6));
  EXPECT_EQ(one_.open().suspects, 3);
  EXPECT_EQ(one_.open().trials, 5);
  EXPECT_THAT(Indices(Grant(two_, 8)), ElementsAre(5));
}

TEST_F(LeaseTableTest, AnIsolatedTrialGoesAlone) {
  const Lease& lease = Grant(one_, 8, /*isolated=*/true);
  EXPECT_THAT(Indices(lease), ElementsAre(2));
  EXPECT_TRUE(one_.HoldsIsolated());
  EXPECT_TRUE(pending_.isolated().empty());
  table_.Erase(lease.id());
  EXPECT_FALSE(one_.HoldsIsolated());
}

TEST_F(LeaseTableTest, NumbersOfLeasesAreNotUsedAgain) {
  table_.Enter(3, one_, 1, {{.index = 9, .attempt = 1}}, StepsOf, now_);
  EXPECT_EQ(Grant(one_, 1).id(), 7);
  table_.Erase(7);
  EXPECT_EQ(Grant(one_, 1).id(), 8);
  EXPECT_THAT(table_.OfSweep(1), ElementsAre(3, 8));
}

TEST_F(LeaseTableTest, NobodyFindsALeaseOfSomebodyElse) {
  const int64_t id = Grant(one_, 1).id();
  EXPECT_EQ(table_.FindHeld(one_, id), table_.Find(id));
  EXPECT_EQ(table_.FindHeld(two_, id), nullptr);
  EXPECT_EQ(table_.Find(id + 1), nullptr);
}

TEST_F(LeaseTableTest, AnOldAttemptIsNotFound) {
  Lease& lease = *table_.Find(Grant(one_, 8).id());
  EXPECT_EQ(lease.FindOpen(1, 2), nullptr);
  LeasedTrial* const trial = lease.FindOpen(1, 3);
  ASSERT_NE(trial, nullptr);
  table_.Close(lease, *trial);
  EXPECT_EQ(lease.FindOpen(1, 3), nullptr);
}

// What a worker says is of all trials of its lease, finished ones included.
TEST_F(LeaseTableTest, StepsOfFinishedTrialsAreNotAmongThoseOfTheLease) {
  const int64_t id =
      table_
          .Enter(3, one_, 1,
                 {{.index = 7, .attempt = 1}, {.index = 8, .attempt = 1}},
                 StepsOf, now_)
          .id();
  Lease& lease = *table_.Find(id);
  table_.NoteSteps(lease, 14, now_);
  EXPECT_EQ(table_.StepsTaken(1), 14);
  table_.Close(lease, *lease.FindOpen(7, 1));  // 10 steps.
  EXPECT_EQ(table_.StepsTaken(1), 4);
  table_.NoteSteps(lease, 17, now_);
  EXPECT_EQ(table_.StepsTaken(1), 7);
  table_.NoteSteps(lease, 1000, now_);
  EXPECT_EQ(table_.StepsTaken(1), 11);
  EXPECT_EQ(table_.StepsTaken(2), 0);
}

TEST_F(LeaseTableTest, ALeaseMovesByReportsAndByStepsThatAreMoreThanEver) {
  Lease& lease = *table_.Find(Grant(one_, 3).id());
  const auto unmoved = [&] { return table_.Unmoved(absl::Seconds(5), now_); };
  now_ += absl::Seconds(5);
  EXPECT_THAT(unmoved(), IsEmpty());
  now_ += absl::Seconds(1);
  EXPECT_THAT(unmoved(), ElementsAre(lease.id()));
  table_.NoteSteps(lease, 3, now_);
  EXPECT_THAT(unmoved(), IsEmpty());
  now_ += absl::Seconds(6);
  table_.NoteSteps(lease, 3, now_);
  EXPECT_THAT(unmoved(), ElementsAre(lease.id()));
  table_.NoteReport(lease, now_);
  EXPECT_THAT(unmoved(), IsEmpty());
  now_ += absl::Seconds(60);
  table_.Postpone(absl::Seconds(58), now_);
  EXPECT_THAT(unmoved(), IsEmpty());
  table_.Postpone(absl::Seconds(58), now_);  // Not into the future.
  now_ += absl::Seconds(6);
  EXPECT_THAT(unmoved(), ElementsAre(lease.id()));
}

// The same, kept as a list of trials that are looked through for every
// question.
struct SlowTrial {
  enum class Place { kNew, kReturned, kLeased, kEnded };
  Place place = Place::kNew;
  int32_t attempts = 0;
  int64_t limit = 0;
};
struct SlowLease {
  int64_t sweep = 0;
  size_t holder = 0;
  std::map<int64_t, bool> open;  // By index.
  int64_t limit = 0;
  double steps = 0;

  double Sum(bool of_open) const {
    double sum = 0;
    for (const auto& [index, is_open] : open) {
      if (is_open == of_open) sum += StepsOf(index);
    }
    return sum;
  }
  int64_t Open() const {
    return std::count_if(open.begin(), open.end(),
                         [](const auto& entry) { return entry.second; });
  }
};

class LeaseTableModelTest : public ::testing::TestWithParam<int> {
 protected:
  using Place = SlowTrial::Place;
  static constexpr int64_t kSweeps = 3;
  static constexpr int64_t kTrials = 30;

  LeaseTableModelTest() {
    for (size_t i = 0; i < 4; ++i) holders_.emplace_back(absl::StrCat(i));
    for (int64_t i = 0; i < kSweeps; ++i) pending_.emplace_back(kTrials);
    trials_.assign(kSweeps, std::vector<SlowTrial>(kTrials));
  }

  int Draw(int64_t n) {
    return std::uniform_int_distribution<int>(0, static_cast<int>(n) - 1)(rng_);
  }

  // In the order of the index.
  std::vector<int64_t> Waiting(int64_t sweep, Place place, int64_t least,
                               int64_t most) const {
    std::vector<int64_t> waiting;
    for (int64_t i = 0; i < kTrials; ++i) {
      const SlowTrial& trial = trials_[sweep][i];
      if (trial.place == place && least <= trial.limit && trial.limit <= most) {
        waiting.push_back(i);
      }
    }
    return waiting;
  }

  int64_t OpenSuspects(size_t holder) const {
    int64_t suspects = 0;
    for (const auto& [id, lease] : leases_) {
      if (lease.holder == holder && lease.limit > 0) suspects += lease.Open();
    }
    return suspects;
  }
  int64_t LeastLimit(size_t holder) const {
    int64_t least = 0;
    for (const auto& [id, lease] : leases_) {
      if (lease.holder != holder || lease.limit == 0) continue;
      least = least == 0 ? lease.limit : std::min(least, lease.limit);
    }
    return least;
  }
  bool HoldsNothing(size_t holder) const {
    return std::none_of(leases_.begin(), leases_.end(), [&](const auto& entry) {
      return entry.second.holder == holder;
    });
  }

  // Which trials the holder is to get, from the rules.
  std::vector<int64_t> Expected(size_t holder, int64_t sweep, int64_t limit,
                                bool isolated) const {
    if (isolated) return {Waiting(sweep, Place::kReturned, 1, 1).front()};
    std::vector<int64_t> chosen;
    std::vector<int64_t> suspects =
        Waiting(sweep, Place::kReturned, 2, kTrials);
    const auto limit_of = [&](int64_t i) { return trials_[sweep][i].limit; };
    int64_t most = limit;
    if (!suspects.empty()) {
      const int64_t held = LeastLimit(holder);
      const int64_t first = limit_of(suspects[0]);
      most = std::min(most, (held == 0 ? first : std::min(first, held)) -
                                OpenSuspects(holder));
    }
    for (const int64_t i : suspects) {
      const auto size = static_cast<int64_t>(chosen.size()) + 1;
      if (size > most || size > limit_of(i)) break;
      if (std::any_of(chosen.begin(), chosen.end(),
                      [&](int64_t other) { return size > limit_of(other); })) {
        break;
      }
      chosen.push_back(i);
    }
    if (!chosen.empty()) return chosen;
    for (const Place place : {Place::kReturned, Place::kNew}) {
      for (const int64_t i : Waiting(sweep, place, 0, 0)) {
        if (static_cast<int64_t>(chosen.size()) < limit) chosen.push_back(i);
      }
    }
    return chosen;
  }

  void Grant() {
    const size_t holder = Draw(std::ssize(holders_));
    const int64_t sweep = Draw(kSweeps);
    const int64_t limit = 1 + Draw(6);
    if (LeastLimit(holder) == 1) return;  // It holds an isolated trial.
    const bool isolated = HoldsNothing(holder) &&
                          !Waiting(sweep, Place::kReturned, 1, 1).empty() &&
                          Draw(2) == 0;
    const std::vector<int64_t> expected =
        Expected(holder, sweep, limit, isolated);
    if (expected.empty()) return;
    const Lease& lease = table_.Grant(holders_[holder], sweep, pending_[sweep],
                                      limit, isolated, StepsOf, now_);
    ASSERT_EQ(Indices(lease), expected);
    ASSERT_GT(lease.id(), last_id_) << "a number was used again";
    last_id_ = lease.id();
    SlowLease& slow = leases_[lease.id()];
    slow.sweep = sweep;
    slow.holder = holder;
    for (const LeasedTrial& trial : lease.trials()) {
      SlowTrial& known = trials_[sweep][trial.index];
      ASSERT_EQ(trial.attempt, ++known.attempts);
      ASSERT_EQ(trial.losses.bundle_limit, known.limit);
      known.place = Place::kLeased;
      slow.open[trial.index] = true;
      slow.limit =
          slow.limit == 0 ? known.limit : std::min(slow.limit, known.limit);
    }
  }

  // What is no longer held ends, or comes back, perhaps as a suspect.
  void Settle(int64_t sweep, int64_t index) {
    SlowTrial& trial = trials_[sweep][index];
    if (Draw(4) == 0) {
      trial.place = Place::kEnded;
      return;
    }
    trial.place = Place::kReturned;
    trial.limit = Draw(2) == 0 ? 0 : 1 + Draw(5);
    pending_[sweep].Return(index, {.attempts = trial.attempts,
                                   .losses = {.bundle_limit = trial.limit}});
  }

  void CloseOne(int64_t id, SlowLease& slow) {
    const int64_t index =
        std::next(slow.open.begin(), Draw(std::ssize(slow.open)))->first;
    Lease& lease = *table_.Find(id);
    LeasedTrial* const trial =
        lease.FindOpen(index, trials_[slow.sweep][index].attempts);
    ASSERT_EQ(trial != nullptr, slow.open[index]);
    if (trial == nullptr) return;
    table_.Close(lease, *trial);
    slow.open[index] = false;
    slow.steps = std::clamp(slow.steps - StepsOf(index), 0.0,
                            slow.Sum(/*of_open=*/true));
    Settle(slow.sweep, index);
  }

  void Erase(int64_t id) {
    const SlowLease slow = leases_[id];
    leases_.erase(id);
    table_.Erase(id);
    for (const auto& [index, open] : slow.open) {
      if (open) Settle(slow.sweep, index);
    }
  }

  void EndLate() {
    const int64_t sweep = Draw(kSweeps);
    const std::vector<int64_t> back =
        Waiting(sweep, Place::kReturned, 0, kTrials);
    if (back.empty()) return;
    const int64_t index = back[Draw(std::ssize(back))];
    ASSERT_NE(pending_[sweep].Find(index), nullptr);
    pending_[sweep].Erase(index);
    trials_[sweep][index].place = Place::kEnded;
  }

  void Step() {
    if (leases_.empty() || Draw(4) == 0) return Grant();
    const auto lease = std::next(leases_.begin(), Draw(std::ssize(leases_)));
    switch (Draw(8)) {
      case 0:
        return Erase(lease->first);
      case 1:
        return EndLate();
      case 2: {
        const double heard = Draw(100);
        SlowLease& slow = lease->second;
        table_.NoteSteps(*table_.Find(lease->first), heard, now_);
        slow.steps = std::clamp(heard - slow.Sum(/*of_open=*/false), 0.0,
                                slow.Sum(/*of_open=*/true));
        return;
      }
      default:
        return CloseOne(lease->first, lease->second);
    }
  }

  void CheckTrials() const {
    for (int64_t sweep = 0; sweep < kSweeps; ++sweep) {
      PendingTrials pending = pending_[sweep];
      int64_t waiting = 0;
      for (int64_t i = 0; i < kTrials; ++i) {
        const Place place = trials_[sweep][i].place;
        int open_in = 0;
        for (const auto& [id, lease] : table_.all()) {
          if (lease.sweep_id() != sweep) continue;
          for (const LeasedTrial& trial : lease.trials()) {
            open_in += trial.index == i && trial.open;
          }
        }
        ASSERT_EQ(open_in, place == Place::kLeased ? 1 : 0);
        ASSERT_EQ(pending.Find(i) != nullptr, place == Place::kReturned);
        ASSERT_EQ(i >= pending.next_index(), place == Place::kNew);
        waiting += place == Place::kReturned || place == Place::kNew;
      }
      ASSERT_EQ(pending.size(), waiting);
    }
  }

  void CheckLeases() const {
    ASSERT_EQ(table_.size(), std::ssize(leases_));
    std::map<int64_t, double> steps;
    std::map<int64_t, std::vector<int64_t>> of_sweep;
    for (const auto& [id, slow] : leases_) {
      const Lease& lease = table_.all().at(id);
      ASSERT_EQ(lease.sweep_id(), slow.sweep);
      ASSERT_EQ(&lease.holder(), &holders_[slow.holder]);
      ASSERT_EQ(lease.open_trials(), slow.Open());
      ASSERT_EQ(lease.bundle_limit(), slow.limit);
      ASSERT_EQ(lease.open_steps(), slow.Sum(/*of_open=*/true));
      ASSERT_EQ(lease.steps(), slow.steps);
      for (const LeasedTrial& trial : lease.trials()) {
        ASSERT_EQ(trial.losses.bundle_limit > 0, slow.limit > 0);
      }
      steps[slow.sweep] += slow.steps;
      of_sweep[slow.sweep].push_back(id);
    }
    for (int64_t sweep = 0; sweep < kSweeps; ++sweep) {
      ASSERT_EQ(table_.StepsTaken(sweep), steps[sweep]);
      ASSERT_EQ(table_.OfSweep(sweep), of_sweep[sweep]);
    }
  }

  void CheckHolders() const {
    for (size_t i = 0; i < holders_.size(); ++i) {
      const Holder& holder = holders_[i];
      std::set<int64_t> ids;
      int64_t trials = 0, open = 0;
      for (const auto& [id, lease] : leases_) {
        if (lease.holder != i) continue;
        ids.insert(id);
        trials += std::ssize(lease.open);
        open += lease.Open();
      }
      ASSERT_EQ(holder.leases(), ids);
      ASSERT_EQ(holder.trials(), trials);
      ASSERT_EQ(holder.open().trials, open);
      ASSERT_EQ(holder.open().suspects, OpenSuspects(i));
      ASSERT_EQ(holder.bundle_limit(), LeastLimit(i));
      ASSERT_TRUE(!holder.HoldsIsolated() || open <= 1);
    }
  }

  std::mt19937_64 rng_{static_cast<uint64_t>(GetParam())};
  absl::Time now_ = kStart;
  std::deque<Holder> holders_;
  std::vector<PendingTrials> pending_;
  LeaseTable table_{1};
  std::vector<std::vector<SlowTrial>> trials_;  // By sweep and index.
  std::map<int64_t, SlowLease> leases_;
  int64_t last_id_ = 0;
};

TEST_P(LeaseTableModelTest, ItAgreesWithAListOfTrials) {
  for (int step = 0; step < 300; ++step) {
    ASSERT_NO_FATAL_FAILURE(Step()) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(CheckTrials()) << "after step " << step;
    ASSERT_NO_FATAL_FAILURE(CheckLeases()) << "after step " << step;
    ASSERT_NO_FATAL_FAILURE(CheckHolders()) << "after step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeaseTableModelTest, ::testing::Range(0, 40));

}  // namespace
}  // namespace fathom::server
