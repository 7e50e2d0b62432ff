// Responses that are longer than a message: bodies that are sent while they are
// computed, and event streams.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "client/ui/http/listener.h"
#include "tests/client/ui/http/listening.h"

namespace fathom::client {
namespace {

using test::RawClient;
using test::RawResponse;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kEvents[] =
    "GET /api/events?sweep=3 HTTP/1.1\r\nHost: localhost\r\n\r\n";

class StreamsTest : public test::Listening {
 protected:
  StreamsTest() { coordinator.SetSweep(3, 1); }

  // Answers with `pieces` pieces of `size` bytes, and then `end`.
  void StreamPieces(int pieces, size_t size, absl::Status end) {
    options.site.handler = [=, this](const UiRequest&) {
      UiResponse response = {.content_type = "text/csv"};
      response.stream = [=, this](auto write) -> absl::Status {
        for (int i = 0; i < pieces; ++i) {
          const absl::Status status = write(std::string(size, 'a' + i % 26));
          if (!status.ok()) {
            cut.Notify();
            return status;
          }
          ++written;
        }
        if (!all_written.HasBeenNotified()) all_written.Notify();
        return end;
      };
      return response;
    };
  }

  std::atomic<int> written = 0;
  absl::Notification cut;
  absl::Notification all_written;
};

TEST_F(StreamsTest, ABodyThatFailsBeforeItBeginsIsAnError) {
  StreamPieces(0, 0, absl::InvalidArgumentError("no such column: los"));
  Start();
  RawClient client(port());
  const RawResponse answer = client.Get("/api/a");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("no such column: los"));
  EXPECT_EQ(answer.Header("Content-Type"), "application/json");
  EXPECT_EQ(client.Get("/api/a").status, 400) << "on the same connection";
}

TEST_F(StreamsTest, ABodyMayBeEmpty) {
  StreamPieces(0, 0, absl::OkStatus());
  Start();
  const RawResponse answer = RawClient(port()).Get("/api/a");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Type"), "text/csv");
}

TEST_F(StreamsTest, ABodyComesWhileItIsComputed) {
  StreamPieces(100, 10'000, absl::OkStatus());
  Start();
  RawClient client(port());
  for (int i = 0; i < 2; ++i) {
    const RawResponse response = client.Get("/api/a");
    EXPECT_EQ(response.Header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(response.body.size(), 1'000'000u);
    EXPECT_EQ(response.body.substr(9'999, 2), "ab");
  }
  client.Send("HEAD /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read(/*is_head=*/true).status, 200);
  EXPECT_EQ(client.Get("/").status, 200);
}

TEST_F(StreamsTest, WhoKnowsNoChunksReadsToTheEnd) {
  StreamPieces(10, 1000, absl::OkStatus());
  Start();
  RawClient client(port());
  client.Send("GET /api/a HTTP/1.0\r\nHost: localhost\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_EQ(response.body.size(), 10'000u);
}

TEST_F(StreamsTest, ABodyThatFailsDoesNotLookWhole) {
  StreamPieces(3, 1000, absl::InternalError("the disk"));
  Start();
  RawClient client(port());
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(all, Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(StreamsTest, NothingIsComputedFarAheadOfItsReader) {
  constexpr int kPieces = 1000;
  StreamPieces(kPieces, 64 << 10, absl::OkStatus());
  Start();
  RawClient client(port(), /*receive_buffer=*/16 << 10);
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(client.ReadUntil("\r\n\r\n"));
  // The buffers of the system take some megabytes at most.
  EXPECT_FALSE(
      all_written.WaitForNotificationWithTimeout(absl::Milliseconds(200)));
  EXPECT_LT(written, kPieces / 2);
  ASSERT_TRUE(client.ReadUntil([](const std::string& text) {
    return absl::EndsWith(text, "\r\n0\r\n\r\n");
  }));
  EXPECT_EQ(written, kPieces);
}

TEST_F(StreamsTest, AReaderWhoStopsReadingIsCutOff) {
  options.limits.write = absl::Milliseconds(50);
  StreamPieces(1000, 64 << 10, absl::OkStatus());
  Start();
  RawClient client(port(), /*receive_buffer=*/16 << 10);
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(cut.WaitForNotificationWithTimeout(test::kPatience));
  AwaitConnections(0);
}

TEST_F(StreamsTest, AReaderWhoGoesEndsTheComputation) {
  StreamPieces(1'000'000, 64 << 10, absl::OkStatus());
  Start();
  {
    RawClient client(port());
    client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(client.ReadUntil("aaa"));
  }
  EXPECT_TRUE(cut.WaitForNotificationWithTimeout(test::kPatience));
}

TEST_F(StreamsTest, StoppingCutsABodyThatNobodyReads) {
  options.limits.stop = absl::Milliseconds(20);
  StreamPieces(1000, 64 << 10, absl::OkStatus());
  Start();
  RawClient client(port(), /*receive_buffer=*/16 << 10);
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(client.ReadUntil("\r\n\r\n"));
  listener.reset();
  EXPECT_TRUE(cut.HasBeenNotified());
}

TEST_F(StreamsTest, AnEventStreamTellsWhatChanges) {
  Start();
  RawClient client(port());
  client.Send(kEvents);
  ASSERT_TRUE(client.ReadUntil("event: change"));
  const std::string start = client.received();
  EXPECT_THAT(start, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(start, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(start, HasSubstr("X-Accel-Buffering: no\r\n"));
  EXPECT_THAT(start, HasSubstr("\r\n\r\nretry: 2000\n\n"));
  EXPECT_THAT(start, Not(HasSubstr("Content-Length")));
  client.received().clear();
  coordinator.SetSweep(3, 2);
  ASSERT_TRUE(client.ReadUntil("\"sweeps\":[3]"));
  hub->JobProgressed(3, "density", 0.5);
  ASSERT_TRUE(client.ReadUntil("event: job"));
  EXPECT_EQ(listener->counts().streams, 1);
}

TEST_F(StreamsTest, AStreamGoesOnWhereItWas) {
  Start();
  RawClient first(port());
  first.Send(kEvents);
  ASSERT_TRUE(first.ReadUntil("id: 2\n"));
  RawClient second(port());
  second.Send(
      "GET /api/events?sweep=3 HTTP/1.1\r\nHost: localhost\r\n"
      "Last-Event-ID: 2\r\n\r\n");
  ASSERT_TRUE(second.ReadUntil("event: source"));
  coordinator.SetSweep(3, 2);
  ASSERT_TRUE(second.ReadUntil("event: change"));
  EXPECT_THAT(second.received(), HasSubstr("id: 3\n"));
  EXPECT_THAT(second.received(), Not(HasSubstr("id: 2\n")));
}

TEST_F(StreamsTest, AQuietStreamBeats) {
  options.limits.heartbeat = absl::Milliseconds(10);
  Start();
  RawClient client(port());
  client.Send(kEvents);
  ASSERT_TRUE(client.ReadUntil("\n\n: \n\n: \n\n"));
}

TEST_F(StreamsTest, StreamsThatAreClosedAreForgotten) {
  Start();
  for (int i = 0; i < 3; ++i) {
    RawClient client(port());
    client.Send(kEvents);
    ASSERT_TRUE(client.ReadUntil("event: change"));
  }
  AwaitConnections(0);
  EXPECT_EQ(hub->stream_count(), 0);
}

TEST_F(StreamsTest, AStreamTakesNoFurtherRequest) {
  Start();
  RawClient client(port());
  client.Send(kEvents);
  ASSERT_TRUE(client.ReadUntil("event: change"));
  client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(StreamsTest, OneAddressHasSoManyStreams) {
  options.limits.streams_per_address = 2;
  Start();
  RawClient first(port());
  RawClient second(port());
  for (RawClient* client : {&first, &second}) {
    client->Send(kEvents);
    ASSERT_TRUE(client->ReadUntil("event: change"));
  }
  RawClient third(port());
  EXPECT_EQ(third.Get("/api/events").status, 429);
  EXPECT_EQ(third.Get("/api/a").status, 200);
}

TEST_F(StreamsTest, ARevokedTokenEndsItsStream) {
  authority.Know("fathom_a", "read");
  options.limits.streams_per_token = 1;
  test::FakeAuthority* const tokens = &authority;
  Start();
  RawClient client(port());
  const RawResponse login = client.Post("/login", "{\"token\": \"fathom_a\"}");
  ASSERT_EQ(login.status, 204);
  std::string cookie = login.Header("Set-Cookie");
  cookie = absl::StrCat("Cookie: ", cookie.substr(0, cookie.find(';')), "\r\n");
  EXPECT_EQ(client.Get("/api/events").status, 401);
  RawClient stream(port());
  stream.Send(absl::StrCat("GET /api/events HTTP/1.1\r\nHost: localhost\r\n",
                           cookie, "\r\n"));
  ASSERT_TRUE(stream.ReadUntil("event: change"));
  EXPECT_EQ(client.Get("/api/events", cookie).status, 429);

  // Logging out ends it at once; a token that is gone would do so within the
  // seconds in which the coordinator is asked again.
  tokens->Revoke("fathom_a");
  EXPECT_EQ(client.Post("/logout", "", cookie).status, 204);
  ASSERT_TRUE(stream.ReadUntil("event: bye"));
  EXPECT_THAT(stream.received(), HasSubstr("{\"reason\":\"login ended\"}"));
  EXPECT_TRUE(stream.IsClosed());
}

TEST_F(StreamsTest, StoppingSaysGoodbyeToHundredsOfStreams) {
  constexpr int kStreams = 200;
  options.limits.streams_per_address = kStreams;
  options.limits.stop = test::kPatience;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kStreams; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->Send(kEvents);
  }
  for (const auto& client : clients) {
    ASSERT_TRUE(client->ReadUntil("event: change"));
  }
  EXPECT_EQ(RawClient(port()).Get("/api/a").status, 200);
  coordinator.SetSweep(3, 2);
  for (const auto& client : clients) {
    ASSERT_TRUE(
        client->ReadUntil("\"sweeps\":[3],\"list\":true,\"workers\":false"));
  }
  listener.reset();
  for (const auto& client : clients) {
    EXPECT_THAT(client->ReadAll(), HasSubstr("{\"reason\":\"stopping\"}"));
  }
}

}  // namespace
}  // namespace fathom::client
