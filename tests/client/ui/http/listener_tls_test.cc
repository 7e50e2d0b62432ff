#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/ui/http/listener.h"
#include "tests/client/ui/http/listening.h"
#include "tests/testing/made_keys.h"

namespace fathom::client {
namespace {

using test::RawClient;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Returns a key and a certificate of its own making.
KeyPair MakePair(const std::string& name = "page") {
  const test::MadeKeys keys = test::MakeKeys({.name = name});
  return {.certificate = keys.certificate, .key = keys.key};
}

// A client of TLS. Blocks; the listener under test lets nobody wait for long.
class TlsClient {
 public:
  explicit TlsClient(int port, int highest_version = 0)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    if (highest_version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_max_proto_version(context_.get(), highest_version);
    }
    bio_ = BIO_new_ssl_connect(context_.get());
    BIO_set_conn_hostname(bio_, absl::StrCat("127.0.0.1:", port).c_str());
    is_open_ = BIO_do_connect(bio_) == 1 && BIO_do_handshake(bio_) == 1;
  }
  ~TlsClient() { BIO_free_all(bio_); }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool is_open() const { return is_open_; }
  void Send(const std::string& text) {
    BIO_write(bio_, text.data(), static_cast<int>(text.size()));
  }
  // Reads until `text` or the end has come.
  std::string ReadUntil(const std::string& text) {
    std::string received;
    char buffer[4096];
    while (received.find(text) == std::string::npos) {
      const int bytes = BIO_read(bio_, buffer, sizeof(buffer));
      if (bytes <= 0) break;
      received.append(buffer, static_cast<size_t>(bytes));
    }
    return received;
  }
  // Returns the subject of the other side's certificate.
  std::string PeerName() {
    SSL* ssl = nullptr;
    BIO_get_ssl(bio_, &ssl);
    char text[100] = {};
    X509_NAME_oneline(X509_get_subject_name(SSL_get0_peer_certificate(ssl)),
                      text, sizeof(text));
    return text;
  }
  // Whether the other side has said that nothing was cut off.
  bool HasEndedInOrder() {
    SSL* ssl = nullptr;
    BIO_get_ssl(bio_, &ssl);
    return (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  BIO* bio_;
  bool is_open_ = false;
};

class TlsTest : public test::Listening {
 protected:
  TlsTest() {
    options.tls = MakePair();
    coordinator.SetSweep(3, 1);
  }
};

TEST_F(TlsTest, RequestsComeEncrypted) {
  Start();
  TlsClient client(port());
  ASSERT_TRUE(client.is_open());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("\"a\""), StartsWith("HTTP/1.1 200"));
  }
  client.Send("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("never"), HasSubstr("</html>"));
  EXPECT_TRUE(client.HasEndedInOrder());
}

TEST_F(TlsTest, EventsComeEncrypted) {
  Start();
  TlsClient client(port());
  client.Send("GET /api/events?sweep=3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("event: change"), HasSubstr("id: 2\n"));
  listener.reset();
  EXPECT_THAT(client.ReadUntil("never"), HasSubstr("event: bye"));
}

TEST_F(TlsTest, NewConnectionsGetTheNewKeysAndOldOnesGoOn) {
  Start();
  TlsClient before(port());
  before.Send("GET /api/events?sweep=3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(before.ReadUntil("event: change"), HasSubstr("id: 2\n"));
  ASSERT_OK(listener->SetKeys(MakePair("renewed")));
  TlsClient after(port());
  EXPECT_EQ(after.PeerName(), "/CN=renewed");
  after.Send("GET /api/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(after.ReadUntil("\"a\""), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(before.PeerName(), "/CN=page");
  listener.reset();
  EXPECT_THAT(before.ReadUntil("never"), HasSubstr("event: bye"));
}

TEST_F(TlsTest, KeysThatDoNotBelongTogetherChangeNothing) {
  Start();
  KeyPair mixed = MakePair("mixed");
  mixed.key = MakePair().key;
  EXPECT_THAT(listener->SetKeys(mixed),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(TlsClient(port()).PeerName(), "/CN=page");
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  Start();
  EXPECT_FALSE(TlsClient(port(), TLS1_1_VERSION).is_open());
  EXPECT_TRUE(TlsClient(port(), TLS1_2_VERSION).is_open());
}

TEST_F(TlsTest, WhoSpeaksPlainIsToldSo) {
  Start();
  RawClient client(port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), HasSubstr("its address begins https://"));
}

TEST_F(TlsTest, AHandshakeThatDoesNotEndIsCutOff) {
  options.limits.handshake = absl::Milliseconds(30);
  Start();
  RawClient silent(port());
  EXPECT_TRUE(silent.IsClosed());
  RawClient slow(port());
  slow.Send("\x16\x03\x01");
  EXPECT_TRUE(slow.IsClosed());
  AwaitConnections(0);
}

TEST_F(TlsTest, StoppingDoesNotWaitForHandshakes) {
  options.limits.stop = test::kPatience;
  Start();
  RawClient silent(port());
  AwaitConnections(1);
  listener.reset();
  EXPECT_TRUE(silent.IsClosed());
}

TEST_F(TlsTest, AKeyThatIsNoneIsAnError) {
  options.tls.key = "nonsense";
  door.emplace(authority, absl::Now);
  hub.emplace(EventHub::Options{});
  EXPECT_THAT(Listener::Start(options, *door, *hub),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom::client
