// A coordinator whose certificate is replaced while it serves, over real
// connections.
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/protocol.h"
#include "proto/shared/token.h"
#include "server/server.h"
#include "tests/testing/made_keys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace fathom::server {
namespace {

using test::MadeKeys;
using test::MakeKeys;
using test::StatusIs;
using ::testing::HasSubstr;

class TlsReloadTest : public ::testing::Test {
 protected:
  TlsReloadTest() { Put(first_); }

  // Puts a pair where the coordinator looks for its own.
  void Put(const MadeKeys& keys) {
    Write("server.pem", keys.certificate);
    Write("server.key", keys.key);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name)) << text;
    chmod(folder_.File(name).c_str(), 0600);
  }

  void Start(bool client_certificates = false, bool tokens = false) {
    Server::Options options;
    options.db_path = folder_.File("l.db");
    options.listen = "127.0.0.1:0";
    options.security.tls_cert = folder_.File("server.pem");
    options.security.tls_key = folder_.File("server.key");
    if (client_certificates) {
      Write("clients.pem", client_.certificate);
      options.security.tls_client_ca = folder_.File("clients.pem");
    }
    if (tokens) {
      Write("tokens", *TokenLine(Role::kAdmin, "ada", token_) + "\n");
      options.security.token_file = folder_.File("tokens");
    }
    auto server = Server::Start(std::move(options));
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // Connects anew, trusting only `trusted`, and as `own` if that is not null.
  std::shared_ptr<grpc::Channel> Connect(const MadeKeys& trusted,
                                         const MadeKeys* own = nullptr) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = trusted.certificate;
    if (own != nullptr) {
      options.pem_cert_chain = own->certificate;
      options.pem_private_key = own->key;
    }
    grpc::ChannelArguments arguments;
    // A channel of its own, whose connection no other channel shares.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", server_->port()),
        grpc::SslCredentials(options), arguments);
  }

  static grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(30));
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
    v1::GetCallerResponse response;
    return v1::SweepService::NewStub(channel)->GetCaller(
        &context, v1::GetCallerRequest(), &response);
  }
  // Whether new connections are made with this certificate and no other.
  bool ServesWith(const MadeKeys& keys) { return Ask(Connect(keys)).ok(); }

  // Returns the samples of the certificates' ends by file.
  std::map<std::string, double> Ends() {
    grpc::ClientContext context;
    v1::Telemetry telemetry;
    EXPECT_TRUE(
        v1::SweepService::NewStub(server_->InProcessChannel())
            ->GetTelemetry(&context, v1::GetTelemetryRequest(), &telemetry)
            .ok());
    std::map<std::string, double> ends;
    for (const v1::TelemetryFamily& family : telemetry.families()) {
      if (family.name() != "fathom_certificate_end_time_seconds") continue;
      for (const v1::TelemetrySample& sample : family.samples()) {
        ends[sample.labels(0).value()] = sample.value();
      }
    }
    return ends;
  }

  test::TempDir folder_;
  const MadeKeys first_ = MakeKeys({.to = 5000});
  const MadeKeys second_ = MakeKeys({.to = 90'000});
  const MadeKeys client_ = MakeKeys({.name = "ada"});
  const std::string token_ = NewToken();
  std::unique_ptr<Server> server_;
};

TEST_F(TlsReloadTest, NewConnectionsGetTheNewCertificateAndOldOnesGoOn) {
  Start();
  const auto before = Connect(first_);
  ASSERT_TRUE(Ask(before).ok());
  // A stream that is under way, as each worker has one.
  grpc::ClientContext context;
  const auto stream = v1::WorkerService::NewStub(before)->Work(&context);
  v1::WorkerMessage hello;
  hello.mutable_hello()->set_protocol_version(kProtocolVersion);
  hello.mutable_hello()->set_worker("w");
  hello.mutable_hello()->set_session_id("w");
  hello.mutable_hello()->set_slots(1);
  hello.mutable_hello()->set_numerics("played");
  ASSERT_TRUE(stream->Write(hello));
  v1::CoordinatorMessage message;
  ASSERT_TRUE(stream->Read(&message));

  Put(second_);
  EXPECT_TRUE(ServesWith(first_));  // Nobody has said so yet.
  ASSERT_OK(server_->ReloadTls());
  EXPECT_TRUE(ServesWith(second_));
  EXPECT_FALSE(ServesWith(first_));

  EXPECT_TRUE(Ask(before).ok());
  v1::WorkerMessage released;
  released.set_sequence(1);
  released.mutable_released();
  EXPECT_TRUE(stream->Write(released));
  EXPECT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.ack().sequence(), 1);
  context.TryCancel();
  stream->Finish();
}

TEST_F(TlsReloadTest, APairThatIsBrokenChangesNothing) {
  Start();
  const auto refuses = [&](const std::string& why) {
    const absl::Status status = server_->ReloadTls();
    EXPECT_FALSE(status.ok()) << why;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_TRUE(ServesWith(first_)) << why;
  };
  Write("server.pem", second_.certificate);  // The key is that of before.
  refuses("does not belong to the certificate");
  Put(second_);
  Write("server.pem", second_.certificate.substr(0, 200));
  refuses("holds no certificate");
  // Half of a chain has been written.
  Write("server.pem", second_.certificate + first_.certificate.substr(0, 300));
  refuses("certificate 2 in");
  Put(second_);
  Write("server.key", "");
  refuses("is empty");
  Put(second_);
  chmod(folder_.File("server.key").c_str(), 0644);
  refuses("can be read by everyone");
  Put(MakeKeys({.from = -100, .to = -10}));
  refuses("has expired");
  Put(MakeKeys({.rsa_bits = 1024}));
  refuses("ee key too small");
  Put(second_);
  EXPECT_OK(server_->ReloadTls());
  EXPECT_TRUE(ServesWith(second_));
}

TEST_F(TlsReloadTest, TheAuthorityOfCallersIsReadAgain) {
  Start(/*client_certificates=*/true);
  const MadeKeys other = MakeKeys({.name = "bob"});
  EXPECT_TRUE(Ask(Connect(first_, &client_)).ok());
  EXPECT_FALSE(Ask(Connect(first_, &other)).ok());
  EXPECT_FALSE(Ask(Connect(first_)).ok());
  Write("clients.pem", other.certificate);
  ASSERT_OK(server_->ReloadTls());
  EXPECT_FALSE(Ask(Connect(first_, &client_)).ok());
  EXPECT_TRUE(Ask(Connect(first_, &other)).ok());
  EXPECT_FALSE(Ask(Connect(first_)).ok());
  Write("clients.pem", "nothing");
  EXPECT_THAT(server_->ReloadTls(),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(Ask(Connect(first_, &other)).ok());
}

TEST_F(TlsReloadTest, TokensAreAskedForOverEveryCertificate) {
  Start(/*client_certificates=*/false, /*tokens=*/true);
  for (const MadeKeys* keys : {&first_, &second_}) {
    Put(*keys);
    ASSERT_OK(server_->ReloadTls());
    const auto channel = Connect(*keys);
    EXPECT_TRUE(Ask(channel, token_).ok());
    EXPECT_EQ(Ask(channel).error_code(), grpc::StatusCode::UNAUTHENTICATED);
    const grpc::Status unknown = Ask(channel, NewToken());
    EXPECT_EQ(unknown.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_THAT(unknown.error_message(), HasSubstr("does not know this token"));
  }
}

TEST_F(TlsReloadTest, TelemetryTellsWhenCertificatesEnd) {
  Start(/*client_certificates=*/true);
  const std::map<std::string, double> before = Ends();
  ASSERT_EQ(before.size(), 2);
  EXPECT_NEAR(before.at("client_ca") - before.at("certificate"), 5000, 5);
  Put(second_);
  ASSERT_OK(server_->ReloadTls());
  EXPECT_NEAR(Ends().at("certificate") - before.at("certificate"), 85'000, 5);
}

}  // namespace
}  // namespace fathom::server
