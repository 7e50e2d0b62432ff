#ifndef FATHOM_TESTS_CLIENT_UI_HTTP_LISTENING_H_
#define FATHOM_TESTS_CLIENT_UI_HTTP_LISTENING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "client/ui/http/listener.h"
#include "gmock/gmock.h"
#include "tests/client/ui/http/fake_coordinator.h"
#include "tests/client/ui/http/raw_client.h"
#include "tests/client/ui/http/test_page.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {

// A listener at a free port of this machine, for tests that talk to it. A test
// sets `options` and the handler before Start().
class Listening : public ::testing::Test {
 protected:
  Listening() {
    options.listen = "127.0.0.1:0";
    options.site.page = test_page.page();
    options.site.handler = [](const client::UiRequest& request) {
      return client::UiResponse{
          .body = absl::StrCat("\"", request.path.back(), "\"")};
    };
  }

  void Start() {
    door.emplace(authority, absl::Now);
    hub.emplace(client::EventHub::Options{.period = absl::Milliseconds(10),
                                          .job_period = absl::Milliseconds(10),
                                          .first_version = 1});
    auto started = client::Listener::Start(options, *door, *hub);
    ASSERT_OK(started);
    listener = *std::move(started);
  }
  int port() const { return listener->port(); }

  // Waits until the listener has `count` connections.
  void AwaitConnections(int64_t count) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (listener->counts().connections != count) {
      ASSERT_LT(absl::Now(), deadline) << listener->counts().connections
                                       << " connections, expected " << count;
      std::this_thread::yield();
    }
  }

  const TestPage test_page;
  client::Listener::Options options;
  FakeCoordinator coordinator;
  FakeAuthority authority{coordinator.connection()};
  std::optional<client::Door> door;
  std::optional<client::EventHub> hub;
  std::unique_ptr<client::Listener> listener;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_UI_HTTP_LISTENING_H_
