#include "client/ui/data/shared_answers.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kShortest = absl::Seconds(1);
constexpr double kSpacing = 20;

class SharedAnswersTest : public ::testing::Test {
 protected:
  static UiRequest Get(
      std::vector<std::string> path,
      std::vector<std::pair<std::string, std::string>> query = {}) {
    UiRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    return request;
  }
  static UiRequest Holding(UiRequest request, const std::string& tag) {
    request.if_none_match = absl::StrCat("\"", tag, "\"");
    return request;
  }
  // Asks something whose answer is new each time, with its number as its body
  // and tag, and costs `cost_`.
  UiResponse Answer(const UiRequest& request, int status = 200) {
    return answers_.Get(request, [&](const UiRequest& asked) {
      asked_.push_back(asked.if_none_match);
      spent_ += cost_;
      const std::string number = absl::StrCat(++computed_);
      return UiResponse{.status = status, .body = number, .etag = number};
    });
  }
  // Returns the number of the computation that was answered with.
  std::string Ask(const UiRequest& request, int status = 200) {
    return Answer(request, status).body;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  int64_t version_ = 1;
  int64_t turn_ = 1;
  absl::Duration cost_ = absl::ZeroDuration();
  absl::Duration spent_ = absl::ZeroDuration();
  std::atomic<int> computed_ = 0;
  std::vector<std::string> asked_;  // The tags that were held up.
  SharedAnswers answers_{{.rule = {kShortest, kSpacing},
                          .version = [this] { return version_; },
                          .turn = [this] { return turn_; },
                          .now = [this] { return now_; },
                          .cost = [this] { return spent_; }}};
};

TEST_F(SharedAnswersTest, TheSameIsAnsweredOnceInARound) {
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "1");
  now_ += absl::Milliseconds(999);
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "1");
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "2");
  now_ -= absl::Seconds(5);  // A clock that was put back.
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "3");
}

TEST_F(SharedAnswersTest, WhatIsAskedDifferentlyIsAnsweredApart) {
  UiRequest csv = Get({"sweeps"});
  csv.accept = "text/csv";
  std::set<std::string> seen;
  for (const UiRequest& request :
       {Get({"sweeps"}), Get({"sweeps", "1"}),
        Get({"sweeps", "1"}, {{"a", "b"}}), Get({"sweeps", "1"}, {{"ab", ""}}),
        Get({"sweeps", "1"}, {{"", "ab"}}), Get({"sweeps1"}),
        Get({"sweeps", "1;"}), csv}) {
    EXPECT_TRUE(seen.insert(Ask(request)).second);
  }
}

// The promise to the coordinator: whatever is asked however often, it costs at
// most the part 1 / kSpacing of the time, and what has not been asked before.
TEST_F(SharedAnswersTest, WatchingCostsASmallPartOfTheTime) {
  const absl::Time start = now_;
  for (int tick = 0; tick < 4'000; ++tick) {
    now_ += absl::Milliseconds(100);
    ++version_;
    for (int viewer = 0; viewer < 5; ++viewer) {
      cost_ = absl::Milliseconds(40);
      Ask(Get({"sweeps", absl::StrCat(viewer)}));
      cost_ = absl::Milliseconds(300);
      Ask(Get({"curves", absl::StrCat(viewer)}));
    }
  }
  EXPECT_LE(spent_ * kSpacing, now_ - start + kSpacing * absl::Seconds(1.7));
  // And it is no lazier than that.
  EXPECT_GE(spent_ * kSpacing, 0.95 * (now_ - start));
}

TEST_F(SharedAnswersTest, WhatIsHeldBackSaysHowOldItIsAndWhenToAskAgain) {
  cost_ = absl::Milliseconds(500);
  EXPECT_THAT(Answer(Get({"sweeps"})).headers, IsEmpty());
  now_ += absl::Seconds(4);
  // Nothing has changed that it could miss.
  EXPECT_THAT(Answer(Get({"sweeps"})).headers, IsEmpty());
  ++version_;
  for (const UiRequest& request :
       {Get({"sweeps"}), Holding(Get({"sweeps"}), "1")}) {
    EXPECT_THAT(Answer(request).headers,
                UnorderedElementsAre(Pair("Fathom-Age", "4.0"),
                                     Pair("Fathom-Next", "6.0")));
  }
  now_ += absl::Seconds(6);
  const UiResponse next = Answer(Get({"sweeps"}));
  EXPECT_EQ(next.body, "2");
  EXPECT_THAT(next.headers, IsEmpty());
}

TEST_F(SharedAnswersTest, ANewQuestionDoesNotWaitAndIsPaidForLater) {
  cost_ = absl::Milliseconds(500);
  Ask(Get({"sweeps"}));
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask(Get({"curves"})), "2");
  now_ += absl::Seconds(18);
  EXPECT_EQ(Ask(Get({"sweeps"})), "1");
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
  // So is what is found in the background.
  answers_.Charge(absl::Seconds(1.5));
  now_ += absl::Seconds(39);
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask(Get({"sweeps"})), "4");
}

TEST_F(SharedAnswersTest, APersonMayAskAnew) {
  cost_ = absl::Seconds(1);
  UiRequest request = Get({"sweeps"});
  EXPECT_EQ(Ask(request), "1");
  request.anew = true;
  EXPECT_EQ(Ask(request), "2");
  request.anew = false;
  now_ += absl::Seconds(30);
  EXPECT_EQ(Ask(request), "2");
}

// Who has heard that a sweep has ended sees its end.
TEST_F(SharedAnswersTest, WhatMustBeSeenEndsTheRound) {
  cost_ = absl::Seconds(1);
  EXPECT_EQ(Ask(Get({"sweeps"})), "1");
  now_ += absl::Seconds(1);
  ++turn_;
  EXPECT_EQ(Ask(Get({"sweeps"})), "2");
  now_ += absl::Seconds(39);  // Both are paid for.
  EXPECT_EQ(Ask(Get({"sweeps"})), "2");
  now_ += absl::Seconds(1);
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
  UiRequest pause = Get({"sweeps", "1", "pause"});
  pause.method = "POST";
  EXPECT_EQ(Ask(pause), "4");
  EXPECT_EQ(Ask(pause), "5");
  EXPECT_EQ(Ask(Get({"sweeps"})), "6");
  UiRequest query = Get({"query"});
  query.method = "POST";
  EXPECT_EQ(Ask(query), "7");
  EXPECT_EQ(Ask(query), "8");
  EXPECT_EQ(Ask(Get({"sweeps"})), "6");
}

// The answer is found out anew by its tag, and each gets what he has not.
TEST_F(SharedAnswersTest, WhatHasNotChangedIsKeptByItsTag) {
  int bodies = 0;
  const auto ask = [&](const UiRequest& request) {
    return answers_.Get(request, [&](const UiRequest& asked) {
      if (asked.if_none_match == "\"v\"") {
        return UiResponse{.status = 304, .etag = "v"};
      }
      ++bodies;
      return UiResponse{.body = "whole", .etag = "v"};
    });
  };
  EXPECT_EQ(ask(Get({"curves"})).body, "whole");
  for (int round = 0; round < 3; ++round) {
    now_ += kShortest;
    const UiResponse other = ask(Holding(Get({"curves"}), "old"));
    EXPECT_EQ(other.status, 200);
    EXPECT_EQ(other.body, "whole");
    EXPECT_EQ(ask(Holding(Get({"curves"}), "v")).status, 304);
  }
  EXPECT_EQ(bodies, 1);
}

TEST_F(SharedAnswersTest, WhatIsNotFinishedIsSharedForAMomentOnly) {
  const auto ask = [&] {
    return answers_
        .Get(Get({"density"}),
             [&](const UiRequest&) {
               return UiResponse{.body = absl::StrCat(++computed_)};
             })
        .body;
  };
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ask(), "1");
  now_ += absl::Milliseconds(400);
  EXPECT_EQ(ask(), "2");
}

// A token of one viewer that was taken back is no error of the others.
TEST_F(SharedAnswersTest, ErrorsAreNotShared) {
  EXPECT_EQ(Ask(Get({"sweeps"}), 401), "1");
  EXPECT_EQ(Ask(Get({"sweeps"}), 503), "2");
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
}

TEST_F(SharedAnswersTest, MemoryIsBounded) {
  for (int i = 0; i < 1000; ++i) {
    now_ += absl::Microseconds(1);
    Ask(Get({"sweeps", absl::StrCat(i)}));
  }
  EXPECT_EQ(computed_, 1000);
  EXPECT_EQ(Ask(Get({"sweeps", "999"})), "1000");
  EXPECT_EQ(Ask(Get({"sweeps", "0"})), "1001");  // It was dropped.
}

// For large ones those who watch have the body already.
TEST_F(SharedAnswersTest, OfALargeAnswerOnlyTheTagIsKept) {
  int computed = 0;
  const auto ask = [&](const UiRequest& request) {
    return answers_
        .Get(request,
             [&](const UiRequest&) {
               ++computed;
               return UiResponse{.body = std::string((4 << 20) + 1, 'x'),
                                 .etag = "large"};
             })
        .status;
  };
  EXPECT_EQ(ask(Get({"large"})), 200);
  EXPECT_EQ(ask(Holding(Get({"large"}), "large")), 304);
  EXPECT_EQ(computed, 1);
  EXPECT_EQ(ask(Get({"large"})), 200);
  EXPECT_EQ(computed, 2);
}

TEST_F(SharedAnswersTest, AllAnswersTogetherAreBounded) {
  const auto ask = [&](int i) {
    answers_.Get(Get({absl::StrCat(i)}), [&](const UiRequest&) {
      ++computed_;
      return UiResponse{.body = std::string(4 << 20, 'x'), .etag = "x"};
    });
  };
  for (int i = 0; i < 6; ++i) ask(i);
  EXPECT_EQ(computed_, 6);
  for (int i = 0; i < 4; ++i) ask(i);
  EXPECT_EQ(computed_, 6);
  ask(5);
  EXPECT_EQ(computed_, 7);
}

TEST_F(SharedAnswersTest, WhoComesWhileItIsComputedWaitsForIt) {
  constexpr int kOthers = 8;
  absl::Notification begun, go_on;
  std::thread first([&] {
    answers_.Get(Get({"sweeps"}), [&](const UiRequest&) {
      begun.Notify();
      go_on.WaitForNotification();
      ++computed_;
      return UiResponse{.body = "first", .etag = "1"};
    });
  });
  begun.WaitForNotification();
  std::vector<std::thread> others;
  std::vector<std::string> bodies(kOthers);
  for (int i = 0; i < kOthers; ++i) {
    others.emplace_back([&, i] { bodies[i] = Ask(Get({"sweeps"})); });
  }
  go_on.Notify();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_THAT(bodies, Each("first"));
  EXPECT_EQ(computed_, 1);
}

}  // namespace
}  // namespace fathom::client
