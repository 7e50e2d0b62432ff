#include "client/ui/http/event_hub.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "tests/client/ui/http/fake_coordinator.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/within.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A stream that keeps what it is told.
class Heard {
 public:
  EventHub::Deliver AsDeliver() {
    return [this](const std::string& event, bool is_last) {
      absl::MutexLock lock(&mutex_);
      events_.push_back(event);
      is_over_ |= is_last;
    };
  }

  // Waits for the next event that has `text`, drops those before, and returns
  // it.
  std::string Next(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    wanted_ = text;
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &Heard::HasWanted),
                                 test::kPatience)) {
      ADD_FAILURE() << "no event with " << text << " came, but "
                    << absl::StrJoin(events_, "");
      return "";
    }
    while (true) {
      const std::string event = events_.front();
      events_.erase(events_.begin());
      if (absl::StrContains(event, text)) return event;
    }
  }
  bool is_over() const {
    absl::MutexLock lock(&mutex_);
    return is_over_;
  }

 private:
  bool HasWanted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const std::string& event : events_) {
      if (absl::StrContains(event, wanted_)) return true;
    }
    return false;
  }

  mutable absl::Mutex mutex_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
  std::string wanted_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
};

class EventHubTest : public ::testing::Test {
 protected:
  EventHubTest() { coordinator_.SetSweep(3, 10); }

  EventHub::Request Page(int64_t sweep = 0, const std::string& last_id = "") {
    return {.sweep_id = sweep,
            .last_id = last_id,
            .key = "a",
            .most_of_key = 3,
            .viewer = [this]() -> absl::StatusOr<Viewer> {
              return Viewer{.connection = coordinator_.connection()};
            }};
  }

  test::FakeCoordinator coordinator_;
  Heard heard_;
  Heard other_;
  Heard third_;
  test::FakeAuthority authority_{coordinator_.connection()};
  EventHub hub_{{.period = absl::Milliseconds(10),
                 .job_period = absl::Milliseconds(10),
                 .first_version = 1000}};
};

// The events that a page begins with.
void Begin(Heard& heard) {
  EXPECT_THAT(heard.Next("event: source"), HasSubstr("\"up\":true"));
  EXPECT_THAT(heard.Next("event: change"), HasSubstr("\"list\":true"));
}

TEST_F(EventHubTest, APageIsToldWhatHasChanged) {
  ASSERT_OK(hub_.Subscribe(Page(3), heard_.AsDeliver()));
  Begin(heard_);

  coordinator_.SetSweep(3, 11);

  EXPECT_THAT(heard_.Next("event: change"),
              HasSubstr("\"sweeps\":[3],\"list\":true,\"workers\":false"));
  coordinator_.Set([](auto&, v1::ListWorkersResponse& workers) {
    workers.add_workers()->set_worker("w");
  });
  EXPECT_THAT(heard_.Next("event: change"),
              HasSubstr("\"sweeps\":[],\"list\":false,\"workers\":true"));
}

TEST_F(EventHubTest, TheTimeSinceAWorkerWasHeardOfIsNoChange) {
  const auto set = [&](int seconds) {
    coordinator_.Set([&](auto&, v1::ListWorkersResponse& workers) {
      workers.clear_workers();
      workers.add_workers()->mutable_silence()->set_seconds(seconds);
    });
  };
  set(1);
  ASSERT_OK(hub_.Subscribe(Page(), heard_.AsDeliver()));
  Begin(heard_);
  set(2);
  coordinator_.SetSweep(3, 12);
  EXPECT_THAT(heard_.Next("event: change"), HasSubstr("\"workers\":false"));
}

TEST_F(EventHubTest, WhatIsMoreThanProgressIsATurn) {
  ASSERT_OK(hub_.Subscribe(Page(3), heard_.AsDeliver()));
  Begin(heard_);
  const int64_t first = hub_.turn();
  coordinator_.SetSweep(3, 11);
  heard_.Next("event: change");
  EXPECT_EQ(hub_.turn(), first);
  coordinator_.Set([](v1::ListSweepsResponse& sweeps, auto&) {
    sweeps.mutable_sweeps(0)->set_paused(true);
  });
  heard_.Next("event: change");
  EXPECT_EQ(hub_.turn(), hub_.version());
  EXPECT_NE(hub_.turn(), first);
}

TEST_F(EventHubTest, VersionsGrowByOne) {
  ASSERT_OK(hub_.Subscribe(Page(), heard_.AsDeliver()));
  EXPECT_THAT(heard_.Next("event: change"), StartsWith("id: 1001\n"));
  coordinator_.SetSweep(3, 11);
  EXPECT_THAT(heard_.Next("event: change"),
              StartsWith("id: 1002\nevent: change\ndata: {\"version\":1002,"));
}

TEST_F(EventHubTest, APageThatSawTheLastVersionGoesOnAndOthersBeginAnew) {
  ASSERT_OK(hub_.Subscribe(Page(), heard_.AsDeliver()));
  EXPECT_THAT(heard_.Next("event: change"), StartsWith("id: 1001\n"));

  // It has missed nothing: the next that it hears is the next change.
  ASSERT_OK(hub_.Subscribe(Page(0, "1001"), other_.AsDeliver()));
  other_.Next("event: source");
  coordinator_.SetSweep(3, 11);
  EXPECT_THAT(other_.Next("event: change"), StartsWith("id: 1002\n"));

  ASSERT_OK(hub_.Subscribe(Page(3, "1001"), third_.AsDeliver()));
  EXPECT_THAT(third_.Next("event: change"),
              HasSubstr("\"sweeps\":[3],\"list\":true,\"workers\":true"));
}

TEST_F(EventHubTest, WhatChangesWhileNobodyListensIsToldToTheNext) {
  const auto id = hub_.Subscribe(Page(), heard_.AsDeliver());
  ASSERT_OK(id);
  Begin(heard_);
  hub_.Unsubscribe(*id);
  coordinator_.SetSweep(3, 11);

  ASSERT_OK(hub_.Subscribe(Page(3, "1001"), other_.AsDeliver()));
  EXPECT_THAT(other_.Next("event: change"),
              HasSubstr("\"sweeps\":[3],\"list\":true"));
}

TEST_F(EventHubTest, ACoordinatorThatGoesAndComesBackIsTold) {
  ASSERT_OK(hub_.Subscribe(Page(3), heard_.AsDeliver()));
  Begin(heard_);
  coordinator_.Fail({grpc::StatusCode::UNAVAILABLE, "it is gone"});
  EXPECT_THAT(heard_.Next("event: source"),
              HasSubstr("{\"up\":false,\"message\":\"it is gone\"}"));
  // One that comes meanwhile is told as well.
  ASSERT_OK(hub_.Subscribe(Page(3), other_.AsDeliver()));
  EXPECT_THAT(other_.Next("event: source"), HasSubstr("\"up\":false"));

  coordinator_.Fail(grpc::Status::OK);

  for (Heard* heard : {&heard_, &other_}) {
    EXPECT_THAT(heard->Next("event: source"), HasSubstr("\"up\":true"));
    EXPECT_THAT(heard->Next("event: change"),
                HasSubstr("\"sweeps\":[3],\"list\":true,\"workers\":true"));
  }
}

TEST_F(EventHubTest, AStreamEndsWithTheLoginAndOthersGoOn) {
  authority_.Know("fathom_a", "read");
  EventHub::Request page = Page();
  page.viewer = [this]() -> absl::StatusOr<Viewer> {
    return authority_.Admit("fathom_a");
  };
  ASSERT_OK(hub_.Subscribe(page, heard_.AsDeliver()));
  ASSERT_OK(hub_.Subscribe(Page(), other_.AsDeliver()));
  Begin(heard_);
  Begin(other_);

  authority_.Revoke("fathom_a");

  EXPECT_EQ(heard_.Next("event: bye"),
            "event: bye\ndata: {\"reason\":\"login ended\"}\n\n");
  EXPECT_TRUE(heard_.is_over());
  coordinator_.SetSweep(3, 11);
  other_.Next("event: change");
  EXPECT_FALSE(other_.is_over());
}

TEST_F(EventHubTest, ComputationsAreToldToThePagesOfTheirSweep) {
  ASSERT_OK(hub_.Subscribe(Page(3), heard_.AsDeliver()));
  ASSERT_OK(hub_.Subscribe(Page(4), other_.AsDeliver()));
  Begin(heard_);

  hub_.JobProgressed(4, "summary", 0.25);
  hub_.JobProgressed(3, "den\"sity", 0.5);

  EXPECT_EQ(heard_.Next("event: job"),
            "event: job\ndata: {\"sweep\":3,\"what\":\"den\\\"sity\",\"done\":"
            "0.5}\n\n");
  EXPECT_THAT(other_.Next("event: job"), HasSubstr("\"done\":0.25"));
}

TEST_F(EventHubTest, OneViewerHasSoManyStreams) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    const auto id = hub_.Subscribe(Page(), heard_.AsDeliver());
    ASSERT_OK(id);
    ids.push_back(*id);
  }
  EXPECT_THAT(hub_.Subscribe(Page(), heard_.AsDeliver()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EventHub::Request page = Page();
  page.key = "b";
  EXPECT_OK(hub_.Subscribe(page, heard_.AsDeliver()));
  EXPECT_EQ(hub_.stream_count(), 4);
  hub_.Unsubscribe(ids[1]);
  EXPECT_OK(hub_.Subscribe(Page(), heard_.AsDeliver()));
}

TEST_F(EventHubTest, TheEndOfTheProgramIsTold) {
  ASSERT_OK(hub_.Subscribe(Page(), heard_.AsDeliver()));
  hub_.Stop();
  EXPECT_EQ(heard_.Next("event: bye"),
            "event: bye\ndata: {\"reason\":\"stopping\"}\n\n");
  EXPECT_TRUE(heard_.is_over());
  EXPECT_THAT(hub_.Subscribe(Page(), other_.AsDeliver()),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace fathom::client
