#include "client/ui/http/listener.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/client/ui/http/listening.h"

namespace fathom::client {
namespace {

using test::RawClient;
using test::RawResponse;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

using ListenerTest = test::Listening;

TEST_F(ListenerTest, AConnectionTakesRequestsOneAfterTheOther) {
  Start();
  RawClient client(port());
  for (const char* name : {"a", "b", "c"}) {
    const RawResponse response = client.Get(absl::StrCat("/api/", name));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, absl::StrCat("\"", name, "\""));
    EXPECT_EQ(response.Header("Connection"), "keep-alive");
  }
  EXPECT_EQ(listener->counts().connections, 1);
}

TEST_F(ListenerTest, RequestsThatComeTogetherAreAnsweredInTheirOrder) {
  Start();
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&requests, "GET /api/", i,
                    " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  client.Send(requests);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(client.Read().body, absl::StrCat("\"", i, "\""));
  }
}

TEST_F(ListenerTest, EveryResponseSaysWhatABrowserMayDoWithIt) {
  Start();
  RawClient client(port());
  for (const char* target : {"/", "/api/a", "/none", "/api/..", "/healthz"}) {
    const RawResponse response = client.Get(target);
    EXPECT_EQ(response.Header("Content-Security-Policy"),
              "default-src 'self'; object-src 'none'; base-uri 'none'; "
              "frame-ancestors 'none'; form-action 'self'")
        << target;
    EXPECT_EQ(response.Header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.Header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(response.Header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(response.Header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_THAT(response.Header("Permissions-Policy"), HasSubstr("camera=()"));
    EXPECT_THAT(response.head, Not(HasSubstr("Access-Control")));
    EXPECT_NE(response.Header("Cache-Control"), "");
    EXPECT_NE(response.Header("Content-Type"), "");
  }
}

TEST_F(ListenerTest, HeadersOfAnAnswerCannotBeginNewLines) {
  options.site.handler = [](const UiRequest&) {
    UiResponse response = {.content_type = "text/csv", .etag = "v\r\nA: b"};
    response.headers = {{"Content-Disposition", "attachment; filename=\"x\""},
                        {"X-Bad", "a\r\nSet-Cookie: evil=1"}};
    return response;
  };
  Start();
  RawClient client(port());
  const RawResponse response = client.Get("/api/a");
  EXPECT_EQ(response.Header("Content-Disposition"),
            "attachment; filename=\"x\"");
  EXPECT_EQ(response.Header("Content-Type"), "text/csv");
  EXPECT_THAT(response.head, Not(HasSubstr("evil")));
  EXPECT_THAT(response.head, Not(HasSubstr("A: b")));
}

TEST_F(ListenerTest, HeadIsGetWithoutTheBody) {
  Start();
  RawClient client(port());
  const RawResponse get = client.Get("/");
  client.Send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const RawResponse head = client.Read(/*is_head=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), get.Header("Content-Length"));
  EXPECT_EQ(client.Get("/api/a").body, "\"a\"");
}

TEST_F(ListenerTest, WhoDoesNotWantToStayIsLetGo) {
  Start();
  for (const char* request : {"GET /api/a HTTP/1.0\r\nHost: localhost\r\n\r\n",
                              "GET /api/a HTTP/1.1\r\nHost: "
                              "localhost\r\nConnection: close\r\n\r\n"}) {
    RawClient client(port());
    client.Send(request);
    const RawResponse response = client.Read();
    EXPECT_EQ(response.body, "\"a\"");
    EXPECT_EQ(response.Header("Connection"), "close");
    EXPECT_TRUE(client.IsClosed());
  }
  // And who says that nothing more comes still gets the answer.
  RawClient client(port());
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.EndSending();
  EXPECT_EQ(client.Read().body, "\"a\"");
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ListenerTest, WhatIsNoRequestIsRefusedAndTheConnectionEnds) {
  Start();
  const auto refusal = [&](const std::string& bytes) {
    RawClient client(port());
    client.Send(bytes);
    const int status = client.Read().status;
    EXPECT_TRUE(client.IsClosed());
    return status;
  };
  const std::string start = "POST /api/query HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(refusal("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/3.0\r\nHost: localhost\r\n\r\n"), 505);
  EXPECT_EQ(refusal(start + "X: " + std::string(20'000, 'x') + "\r\n\r\n"),
            431);
  EXPECT_EQ(refusal(start + "Content-Length: 65537\r\n\r\n" +
                    std::string(65'537, 'x')),
            413);
  EXPECT_EQ(listener->counts().responses[std::make_pair("refused", 431)], 1);
}

TEST_F(ListenerTest, BodiesUpToTheLimitAreTaken) {
  std::string body;
  options.site.handler = [&](const UiRequest& request) {
    body = request.body;
    return UiResponse();
  };
  Start();
  RawClient client(port());
  const std::string largest(64 << 10, 'x');
  EXPECT_EQ(client.Post("/api/query", largest).status, 200);
  EXPECT_EQ(body, largest);
}

TEST_F(ListenerTest, WhoSendsARequestTooSlowlyIsCutOff) {
  options.limits.request = absl::Milliseconds(50);
  Start();
  RawClient client(port());
  client.Send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
  // More of it comes, which does not help.
  while (!client.HasInput(absl::Milliseconds(5))) client.Send("x");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ListenerTest, WhoSaysNothingIsLetGo) {
  options.limits.idle = absl::Milliseconds(20);
  Start();
  RawClient silent(port());
  EXPECT_EQ(silent.ReadAll(), "");
  RawClient client(port());
  EXPECT_EQ(client.Get("/api/a").status, 200);
  EXPECT_TRUE(client.IsClosed());
  AwaitConnections(0);
}

TEST_F(ListenerTest, TheOneThatIsIdleLongestMakesRoom) {
  options.limits.connections = 3;
  Start();
  RawClient first(port());
  RawClient second(port());
  RawClient third(port());
  for (RawClient* client : {&first, &second, &third}) {
    EXPECT_EQ(client->Get("/api/a").status, 200);
  }
  EXPECT_EQ(first.Get("/api/a").status, 200);
  RawClient fourth(port());
  EXPECT_EQ(fourth.Get("/api/a").status, 200);
  EXPECT_TRUE(second.IsClosed());
  EXPECT_EQ(first.Get("/api/a").status, 200);
  EXPECT_EQ(third.Get("/api/a").status, 200);
}

TEST_F(ListenerTest, WhereNoneIsIdleNobodyElseGetsIn) {
  options.limits.connections = 2;
  Start();
  RawClient first(port());
  RawClient second(port());
  for (RawClient* client : {&first, &second}) client->Send("GET /api/a HTTP");
  AwaitConnections(2);
  RawClient third(port());
  EXPECT_TRUE(third.IsClosed());
  first.Send("/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(first.Read().status, 200);
}

TEST_F(ListenerTest, WhoAsksForMoreThanCanWaitIsTold) {
  absl::Notification go;
  std::atomic<int> running = 0;
  options.limits.threads = 2;
  options.limits.threads_per_key = 2;
  options.limits.waiting = 1;
  options.site.handler = [&](const UiRequest&) {
    ++running;
    go.WaitForNotification();
    return UiResponse();
  };
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // One after the other, so that it is the last that finds no place.
    while (i < 2 && running <= i) std::this_thread::yield();
    if (i == 2) {
      const RawResponse page = RawClient(port()).Get("/");
      EXPECT_EQ(page.status, 200) << "pages take no thread";
    }
  }
  EXPECT_EQ(clients[3]->Read().status, 503);
  go.Notify();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(clients[i]->Read().status, 200);
}

TEST_F(ListenerTest, AnAnswerThatGoesWrongIsAnError) {
  options.site.handler = [](const UiRequest&) -> UiResponse {
    throw std::runtime_error("a library does not like this");
  };
  Start();
  RawClient client(port());
  const RawResponse response = client.Get("/api/a");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("does not like this"));
  EXPECT_EQ(client.Get("/").status, 200);
}

TEST_F(ListenerTest, APortInUseIsNamed) {
  Start();
  Listener::Options second = options;
  second.listen = absl::StrCat("127.0.0.1:", port());
  const auto started = Listener::Start(second, *door, *hub);
  EXPECT_THAT(started, StatusIs(absl::StatusCode::kAlreadyExists,
                                HasSubstr(second.listen)));
  second.listen = "127.0.0.1";
  EXPECT_THAT(Listener::Start(second, *door, *hub),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ListenerTest, StoppingLetsWhatIsAnsweredEnd) {
  absl::Notification is_asked;
  absl::Notification go;
  options.site.handler = [&](const UiRequest&) {
    is_asked.Notify();
    go.WaitForNotification();
    return UiResponse{.body = "\"whole\""};
  };
  options.limits.stop = test::kPatience;
  Start();
  RawClient idle(port());
  EXPECT_EQ(idle.Get("/").status, 200);
  RawClient client(port());
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  is_asked.WaitForNotification();
  std::thread stop([&] { listener.reset(); });
  EXPECT_TRUE(idle.IsClosed());
  go.Notify();
  const RawResponse response = client.Read();
  EXPECT_EQ(response.body, "\"whole\"");
  EXPECT_EQ(response.Header("Connection"), "close");
  stop.join();
}

TEST_F(ListenerTest, StoppingCancelsWhatTakesTooLong) {
  absl::Notification is_asked;
  bool was_cancelled = false;
  options.site.handler = [&](const UiRequest& request) {
    is_asked.Notify();
    while (!request.is_cancelled()) std::this_thread::yield();
    was_cancelled = true;
    return UiResponse();
  };
  options.limits.stop = absl::Milliseconds(20);
  Start();
  RawClient client(port());
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  is_asked.WaitForNotification();
  listener.reset();
  EXPECT_TRUE(was_cancelled);
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(ListenerTest, WhoHasGoneIsNotComputedForAnyLonger) {
  absl::Notification is_asked;
  absl::Notification was_cancelled;
  options.site.handler = [&](const UiRequest& request) {
    is_asked.Notify();
    while (!request.is_cancelled()) std::this_thread::yield();
    was_cancelled.Notify();
    return UiResponse();
  };
  Start();
  {
    RawClient client(port());
    client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    is_asked.WaitForNotification();
  }
  EXPECT_TRUE(was_cancelled.WaitForNotificationWithTimeout(test::kPatience));
  AwaitConnections(0);
}

}  // namespace
}  // namespace fathom::client
