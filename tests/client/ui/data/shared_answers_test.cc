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

class SharedAnswersTest : public ::testing::Test {
 protected:
  UiRequest Get(std::vector<std::string> path,
                std::vector<std::pair<std::string, std::string>> query = {}) {
    UiRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    return request;
  }
  // Asks, and returns the number of the computation that was answered with.
  std::string Ask(const UiRequest& request, int status = 200) {
    return answers_
        .Get(request,
             [&] {
               return UiResponse{.status = status,
                                 .body = absl::StrCat(++computed_)};
             })
        .body;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  int64_t version_ = 1;
  std::atomic<int> computed_ = 0;
  SharedAnswers answers_{absl::Seconds(1), [this] { return version_; },
                         [this] { return now_; }};
};

TEST_F(SharedAnswersTest, TheSameIsAnsweredOnceForAMoment) {
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "1");
  now_ += absl::Milliseconds(999);
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "1");
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "2");
  now_ -= absl::Seconds(5);  // A clock that was put back.
  EXPECT_EQ(Ask(Get({"sweeps", "1"})), "3");
}

TEST_F(SharedAnswersTest, WhatIsAskedDifferentlyIsAnsweredApart) {
  UiRequest csv = Get({"sweeps"}), known = Get({"sweeps"});
  csv.accept = "text/csv";
  known.if_none_match = "\"x\"";
  std::set<std::string> seen;
  for (const UiRequest& request :
       {Get({"sweeps"}), Get({"sweeps", "1"}),
        Get({"sweeps", "1"}, {{"a", "b"}}), Get({"sweeps", "1"}, {{"ab", ""}}),
        Get({"sweeps", "1"}, {{"", "ab"}}), Get({"sweeps1"}),
        Get({"sweeps", "1;"}), csv, known}) {
    EXPECT_TRUE(seen.insert(Ask(request)).second);
  }
}

// Who has heard of a change gets no answer from before it.
TEST_F(SharedAnswersTest, AChangeEndsTheSharing) {
  EXPECT_EQ(Ask(Get({"sweeps"})), "1");
  ++version_;
  EXPECT_EQ(Ask(Get({"sweeps"})), "2");
  EXPECT_EQ(Ask(Get({"sweeps"})), "2");
  UiRequest pause = Get({"sweeps", "1", "pause"});
  pause.method = "POST";
  EXPECT_EQ(Ask(pause), "3");
  EXPECT_EQ(Ask(pause), "4");
  EXPECT_EQ(Ask(Get({"sweeps"})), "5");
}

// A token of one viewer that was taken back is no error of the others.
TEST_F(SharedAnswersTest, ErrorsAreNotShared) {
  EXPECT_EQ(Ask(Get({"sweeps"}), 401), "1");
  EXPECT_EQ(Ask(Get({"sweeps"}), 503), "2");
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
  EXPECT_EQ(Ask(Get({"sweeps"})), "3");
}

TEST_F(SharedAnswersTest, MemoryIsBounded) {
  for (int i = 0; i < 1000; ++i) Ask(Get({"sweeps", absl::StrCat(i)}));
  EXPECT_EQ(computed_, 1000);
  EXPECT_EQ(Ask(Get({"sweeps", "0"})), "1");
  EXPECT_EQ(Ask(Get({"sweeps", "999"})), "1001");  // There was no room.
  const UiRequest large = Get({"large"});
  now_ += absl::Seconds(2);
  for (int i = 0; i < 2; ++i) {
    answers_.Get(large, [&] {
      ++computed_;
      return UiResponse{.body = std::string((4 << 20) + 1, 'x')};
    });
  }
  EXPECT_EQ(computed_, 1003);
}

TEST_F(SharedAnswersTest, AllAnswersTogetherAreBounded) {
  const auto ask = [&](int i) {
    answers_.Get(Get({absl::StrCat(i)}), [&] {
      ++computed_;
      return UiResponse{.body = std::string(4 << 20, 'x')};
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
    answers_.Get(Get({"sweeps"}), [&] {
      begun.Notify();
      go_on.WaitForNotification();
      ++computed_;
      return UiResponse{.body = "first"};
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
  EXPECT_THAT(bodies, ::testing::Each("first"));
  EXPECT_EQ(computed_, 1);
}

}  // namespace
}  // namespace fathom::client
