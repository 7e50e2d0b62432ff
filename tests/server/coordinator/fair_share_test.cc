// What FairShare promises, by examples and against a slow model.
#include "server/coordinator/fair_share.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace fathom::server {
namespace {

// Shares are sums of some thousand terms of up to some thousand seconds.
constexpr double kRounding = 1e-6;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

bool Always(int64_t) { return true; }

// A lease of `account` from `begin` to `end`.
void Hold(FairShare& fair, FairShare::Account& account, double begin,
          double end) {
  fair.LeaseBegins(account, At(begin));
  fair.LeaseEnds(account, At(begin), At(end));
}

TEST(FairShareTest, AShareIsTheTimeOfAllLeasesOverTheWeight) {
  FairShare fair(kStart);
  FairShare::Account& account = fair.Open(1, {.weight = 4});
  Hold(fair, account, 10, 30);
  fair.LeaseBegins(account, At(40));
  fair.LeaseBegins(account, At(50));
  // 20 s that have ended, 20 s and 10 s that are open, a second for each.
  EXPECT_NEAR(fair.TurnOf(account, At(60)).share, (20 + 20 + 10 + 2) / 4.0,
              kRounding);
  fair.LeaseEnds(account, At(40), At(60));
  fair.LeaseEnds(account, At(50), At(60));
  EXPECT_NEAR(fair.TurnOf(account, At(1000)).share, 50 / 4.0, kRounding);
}

TEST(FairShareTest, ALeaseCountsAtOnce) {
  FairShare fair(kStart);
  FairShare::Account& account = fair.Open(1, {.weight = 0.5});
  fair.LeaseBegins(account, At(7));
  EXPECT_NEAR(fair.TurnOf(account, At(7)).share, 2, kRounding);
}

TEST(FairShareTest, PriorityGoesBeforeShare) {
  const FairShare::Turn high = {.priority = 1, .share = 9};
  const FairShare::Turn low = {.priority = 0, .share = 1};
  const FairShare::Turn ahead = {.priority = 0, .share = 2};
  EXPECT_TRUE(high.IsBefore(low));
  EXPECT_FALSE(low.IsBefore(high));
  EXPECT_TRUE(low.IsBefore(ahead));
  EXPECT_FALSE(low.IsBefore(low));
}

TEST(FairShareTest, WhoJoinsStartsWithTheLeastOfThoseThatCompete) {
  FairShare fair(kStart);
  Hold(fair, fair.Open(1, {}), 0, 50);               // Has nothing left.
  Hold(fair, fair.Open(2, {}), 0, 80);               // Competes.
  Hold(fair, fair.Open(3, {}), 0, 90);               // Competes.
  Hold(fair, fair.Open(4, {.priority = 1}), 0, 10);  // With others.
  FairShare::Account& late = fair.Open(5, {});
  const auto competes = [](int64_t sweep) { return sweep != 1; };
  fair.Join(late, competes, At(100));
  EXPECT_NEAR(fair.TurnOf(late, At(100)).share, 80, kRounding);
  // Where none competes, all count.
  FairShare::Account& later = fair.Open(6, {});
  fair.Join(
      later, [](int64_t) { return false; }, At(100));
  EXPECT_NEAR(fair.TurnOf(later, At(100)).share, 50, kRounding);
}

TEST(FairShareTest, WhoJoinsKeepsWhatItHasHad) {
  FairShare fair(kStart);
  Hold(fair, fair.Open(1, {}), 0, 10);
  FairShare::Account& retried = fair.Open(2, {});
  Hold(fair, retried, 0, 30);
  fair.Join(retried, Always, At(40));
  EXPECT_NEAR(fair.TurnOf(retried, At(40)).share, 30, kRounding);
}

TEST(FairShareTest, ASweepAloneJoinsAtNothing) {
  FairShare fair(kStart);
  FairShare::Account& account = fair.Open(1, {});
  fair.Join(account, Always, At(40));
  EXPECT_EQ(fair.TurnOf(account, At(40)).share, 0);
}

TEST(FairShareTest, WhoGoesAwayComesBackAsFarAheadAsItWas) {
  for (const bool pauses : {false, true}) {
    FairShare fair(kStart);
    FairShare::Account& other = fair.Open(1, {});
    FairShare::Account& account = fair.Open(2, {});
    Hold(fair, other, 0, 10);
    Hold(fair, account, 0, 25);
    ShareTerms away;
    pauses ? void(away.paused = true) : void(away.priority = 5);
    fair.Change(account, away, Always, At(30));
    Hold(fair, other, 30, 130);
    fair.Change(account, {}, Always, At(200));
    EXPECT_NEAR(fair.TurnOf(account, At(200)).share,
                fair.TurnOf(other, At(200)).share + 15, kRounding);
  }
}

TEST(FairShareTest, WhoGoesAwayBehindTheOthersComesBackLevel) {
  FairShare fair(kStart);
  FairShare::Account& other = fair.Open(1, {});
  FairShare::Account& account = fair.Open(2, {});
  Hold(fair, other, 0, 40);
  Hold(fair, account, 0, 25);
  fair.Change(account, {.paused = true}, Always, At(50));
  fair.Change(account, {}, Always, At(60));
  EXPECT_NEAR(fair.TurnOf(account, At(60)).share, 40, kRounding);
}

// The same from the definition: keeps every lease there ever was, and where the
// share stood when something was last asked for.
struct SlowAccount {
  struct Lease {
    double begin = 0;
    std::optional<double> end = {};
  };
  ShareTerms terms;
  std::vector<Lease> leases;
  double share_then = 0;
  double time_then = 0;
  double lead = 0;
  bool competes = true;

  double Time(double now) const {
    double time = 0;
    for (const Lease& lease : leases) {
      time += lease.end.value_or(now + 1) - lease.begin;
    }
    return time;
  }
  double Share(double now) const {
    return share_then + (Time(now) - time_then) / terms.weight;
  }
  void SetShare(double share, double now) {
    share_then = share;
    time_then = Time(now);
  }
};

class FairShareModelTest : public ::testing::TestWithParam<int> {
 protected:
  int Draw(int n) { return std::uniform_int_distribution<int>(0, n - 1)(rng_); }

  std::optional<double> Least(int64_t id) const {
    std::vector<double> competing, all;
    for (const auto& [other_id, other] : slow_) {
      if (other_id == id ||
          other.terms.priority != slow_.at(id).terms.priority) {
        continue;
      }
      all.push_back(other.Share(now_));
      if (other.competes) competing.push_back(all.back());
    }
    const std::vector<double>& from = competing.empty() ? all : competing;
    if (from.empty()) return std::nullopt;
    return *std::min_element(from.begin(), from.end());
  }

  bool Competes(int64_t id) const { return slow_.at(id).competes; }

  void Open() {
    const ShareTerms terms = {.priority = Draw(2), .weight = 1.0 + Draw(3)};
    const int64_t id = next_id_++;
    accounts_[id] = &fair_.Open(id, terms);
    slow_[id].terms = terms;
    Join(id);
  }

  void Join(int64_t id) {
    const double before = slow_[id].Share(now_);
    slow_[id].SetShare(std::max(before, Least(id).value_or(before)), now_);
    fair_.Join(*accounts_[id], competes_, At(now_));
  }

  void Close(int64_t id) {
    fair_.Close(id);
    accounts_.erase(id);
    slow_.erase(id);
  }

  void Begin(int64_t id) {
    slow_[id].leases.push_back({now_});
    fair_.LeaseBegins(*accounts_[id], At(now_));
  }

  void End(int64_t id) {
    for (SlowAccount::Lease& lease : slow_[id].leases) {
      if (lease.end.has_value() || Draw(2) == 0) continue;
      lease.end = now_;
      fair_.LeaseEnds(*accounts_[id], At(lease.begin), At(now_));
    }
  }

  void Change(int64_t id) {
    ShareTerms terms = slow_[id].terms;
    if (Draw(2) == 0) terms.priority = Draw(2);
    if (Draw(2) == 0) terms.weight = 1.0 + Draw(3);
    if (Draw(2) == 0) terms.paused = !terms.paused;
    SlowAccount& slow = slow_[id];
    const double share = slow.Share(now_);
    const bool moves = terms.priority != slow.terms.priority;
    const bool goes = !slow.terms.paused && (terms.paused || moves);
    const bool comes = !terms.paused && (slow.terms.paused || moves);
    if (goes && Least(id).has_value()) {
      slow.lead = std::max(0.0, share - *Least(id));
    } else if (goes) {
      slow.lead = std::max(0.0, slow.lead);
    }
    slow.terms = terms;
    const std::optional<double> least = Least(id);
    slow.SetShare(comes && least.has_value() ? *least + slow.lead : share,
                  now_);
    fair_.Change(*accounts_[id], terms, competes_, At(now_));
  }

  void Step() {
    if (slow_.empty() || (slow_.size() < 6 && Draw(10) == 0)) return Open();
    const int64_t id =
        std::next(slow_.begin(), Draw(static_cast<int>(slow_.size())))->first;
    switch (Draw(8)) {
      case 0:
        return Change(id);
      case 1:
        if (Draw(10) == 0) Close(id);
        return;
      case 2:
        return Join(id);
      case 3:
        slow_[id].competes = Draw(2) == 0;
        return;
      case 4:
      case 5:
        return Begin(id);
      default:
        return End(id);
    }
  }

  void CheckInvariants() const {
    ASSERT_EQ(accounts_.size(), slow_.size());
    for (const auto& [id, slow] : slow_) {
      const FairShare::Turn turn = fair_.TurnOf(*accounts_.at(id), At(now_));
      ASSERT_NEAR(turn.share, slow.Share(now_), kRounding) << "sweep " << id;
      ASSERT_EQ(turn.priority, slow.terms.priority);
      ASSERT_EQ(accounts_.at(id)->open_leases(),
                std::count_if(slow.leases.begin(), slow.leases.end(),
                              [](const SlowAccount::Lease& lease) {
                                return !lease.end.has_value();
                              }));
    }
  }

  std::mt19937_64 rng_{static_cast<uint64_t>(GetParam())};
  FairShare fair_{kStart};
  std::map<int64_t, FairShare::Account*> accounts_;
  std::map<int64_t, SlowAccount> slow_;
  int64_t next_id_ = 1;
  double now_ = 0;
  const std::function<bool(int64_t)> competes_ = [this](int64_t id) {
    return Competes(id);
  };
};

TEST_P(FairShareModelTest, SharesAreThoseOfTheDefinition) {
  for (int step = 0; step < 600; ++step) {
    Step();
    ASSERT_NO_FATAL_FAILURE(CheckInvariants()) << "step " << step;
    if (Draw(2) == 0) now_ += Draw(10);
    ASSERT_NO_FATAL_FAILURE(CheckInvariants()) << "after step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FairShareModelTest, ::testing::Range(0, 30));

}  // namespace
}  // namespace fathom::server
