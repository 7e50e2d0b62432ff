#include "client/ui/http/transport.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "openssl/ssl.h"
#include "proto/shared/status.h"

// The one file that knows Asio, as it takes long to compile.
namespace fathom::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);
constexpr absl::Duration kGoodbye = absl::Seconds(1);
constexpr int kBacklog = 128;
constexpr char kSpeaksTls[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
    "Content-Length: 51\r\nConnection: close\r\n\r\n"
    "This port speaks TLS: its address begins https://.\n";

absl::Status StatusOf(const ErrorCode& error) {
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(error.message());
}

std::string AddressOf(const tcp::endpoint& endpoint) {
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

// No process that this one starts gets the socket: a browser, say.
template <typename Socket>
void KeepToThisProcess(Socket& socket) {
  fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(asio::io_context& context) : timer_(context) {}
  ~AsioTimer() override { Stop(); }

  void Start(absl::Duration after, std::function<void()> then) override {
    Stop();
    timer_.expires_after(absl::ToChronoNanoseconds(after));
    timer_.async_wait([then = std::move(then), starts = starts_,
                       start = *starts_](const ErrorCode& error) {
      // It may have been stopped when this call was on its way already.
      if (!error && *starts == start) then();
    });
  }
  void Stop() override {
    ++*starts_;
    timer_.cancel();
  }

 private:
  // Outlives the timer in calls that are on their way.
  const std::shared_ptr<int64_t> starts_ = std::make_shared<int64_t>(0);
  asio::steady_timer timer_;
};

// What plain streams and those with TLS have in common. `Socket` reads and
// writes some bytes as asio's streams do.
template <typename Socket>
class AsioStream : public Stream,
                   public std::enable_shared_from_this<AsioStream<Socket>> {
 public:
  template <typename... Arguments>
  AsioStream(asio::io_context& context, int& open, tcp::socket socket,
             Arguments&... arguments)
      : socket_(std::move(socket), arguments...),
        goodbye_(context),
        open_(open) {
    ++open_;
    ErrorCode error;
    tcp::socket& lowest = Lowest();
    peer_address_ = AddressOf(lowest.remote_endpoint(error));
    local_address_ = AddressOf(lowest.local_endpoint(error));
    lowest.set_option(tcp::no_delay(true), error);
    KeepToThisProcess(lowest);
  }

  ~AsioStream() override { --open_; }

  void Read(char* to, size_t size, Done done) override {
    socket_.async_read_some(
        asio::buffer(to, size),
        [self = this->shared_from_this(), done = std::move(done)](
            const ErrorCode& error, size_t bytes) {
          const bool ended = error == asio::error::eof ||
                             error == asio::ssl::error::stream_truncated;
          done(ended ? absl::OkStatus() : StatusOf(error), ended ? 0 : bytes);
        });
  }

  void Write(absl::string_view bytes, Done done) override {
    WriteRest(bytes, 0, std::move(done));
  }

  const std::string& peer_address() const override { return peer_address_; }
  const std::string& local_address() const override { return local_address_; }

 protected:
  tcp::socket& Lowest() {
    if constexpr (std::is_same_v<Socket, tcp::socket>) {
      return socket_;
    } else {
      return socket_.next_layer();
    }
  }
  void CloseSocket() {
    ErrorCode error;
    Lowest().shutdown(tcp::socket::shutdown_both, error);
    Lowest().close(error);
  }

  // Closes the socket soon, whatever the peer does.
  void CloseSoon() {
    goodbye_.expires_after(absl::ToChronoNanoseconds(kGoodbye));
    goodbye_.async_wait([self = this->shared_from_this()](const ErrorCode&) {
      self->CloseSocket();
    });
  }
  void CloseNow() {
    goodbye_.cancel();
    CloseSocket();
  }
  // Closes the socket once the peer has read what was said. A socket that is
  // closed with something unread makes the peer drop what it has not read
  // itself, say why it was refused. So the rest is read first.
  void CloseWhenRead() {
    ErrorCode error;
    Lowest().shutdown(tcp::socket::shutdown_send, error);
    CloseSoon();
    ReadRest();
  }

  Socket socket_;
  bool is_closed_ = false;

 private:
  void WriteRest(absl::string_view bytes, size_t written, Done done) {
    socket_.async_write_some(
        asio::buffer(bytes.data() + written, bytes.size() - written),
        [self = this->shared_from_this(), bytes, written,
         done = std::move(done)](const ErrorCode& error, size_t more) mutable {
          const size_t all = written + more;
          if (error || all == bytes.size()) {
            done(StatusOf(error), all);
          } else {
            self->WriteRest(bytes, all, std::move(done));
          }
        });
  }

  void ReadRest() {
    Lowest().async_read_some(asio::buffer(rest_),
                             [self = this->shared_from_this(), this](
                                 const ErrorCode& error, size_t) {
                               if (error) return CloseNow();
                               ReadRest();
                             });
  }

  asio::steady_timer goodbye_;
  std::array<char, 1024> rest_;
  int& open_;  // The number of streams of the network.
  std::string peer_address_;
  std::string local_address_;
};

class PlainStream final : public AsioStream<tcp::socket> {
 public:
  PlainStream(asio::io_context& context, int& open, tcp::socket socket)
      : AsioStream(context, open, std::move(socket)), context_(context) {}

  void Handshake(Done done) override {
    asio::post(context_,
               [done = std::move(done)] { done(absl::OkStatus(), 0); });
  }

  void Close(bool in_order) override {
    if (is_closed_) return;
    is_closed_ = true;
    if (in_order) {
      CloseWhenRead();
    } else {
      CloseNow();
    }
  }

 private:
  asio::io_context& context_;
};

class TlsStream final : public AsioStream<asio::ssl::stream<tcp::socket>> {
 public:
  TlsStream(asio::io_context& context, int& open, tcp::socket socket,
            asio::ssl::context& tls)
      : AsioStream(context, open, std::move(socket), tls) {}

  void Handshake(Done done) override {
    socket_.async_handshake(
        asio::ssl::stream_base::server,
        [self = shared_from_this(), this,
         done = std::move(done)](const ErrorCode& error) {
          if (!error) {
            has_keys_ = true;
          } else if (ERR_GET_REASON(error.value()) == SSL_R_HTTP_REQUEST) {
            // Somebody has typed http://.
            was_told_ = true;
            ErrorCode ignored;
            Lowest().non_blocking(true, ignored);
            Lowest().write_some(
                asio::buffer(kSpeaksTls, sizeof(kSpeaksTls) - 1), ignored);
          }
          done(StatusOf(error), 0);
        });
  }

  // Tells the peer that nothing was cut off, but waits for it only shortly.
  void Close(bool in_order) override {
    if (is_closed_) return;
    is_closed_ = true;
    if (was_told_) return CloseWhenRead();
    if (!in_order || !has_keys_) return CloseNow();
    CloseSoon();
    socket_.async_shutdown(
        [self = shared_from_this(), this](const ErrorCode&) { CloseNow(); });
  }

 private:
  bool has_keys_ = false;
  bool was_told_ = false;  // That this port speaks TLS.
};

absl::StatusOr<std::shared_ptr<asio::ssl::context>> MakeTls(
    const KeyPair& pair) {
  auto context =
      std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const tls = context->native_handle();
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  ErrorCode error;
  context->use_certificate_chain(asio::buffer(pair.certificate), error);
  if (!error) {
    context->use_private_key(asio::buffer(pair.key), asio::ssl::context::pem,
                             error);
  }
  if (!error) return context;
  return absl::InvalidArgumentError(
      absl::StrCat("the certificate or key of the page: ", error.message()));
}

class AsioNetwork final : public Network {
 public:
  AsioNetwork() : context_(1), acceptor_(context_), accept_pause_(context_) {}

  absl::Status Open(const Options& options);

  absl::Status SetKeys(const KeyPair& pair) override;
  int port() const override {
    ErrorCode error;
    return acceptor_.local_endpoint(error).port();
  }
  void Run(std::function<void(std::shared_ptr<Stream>)> accept) override {
    accept_ = std::move(accept);
    Accept();
    const auto work = asio::make_work_guard(context_);
    context_.run();
  }
  void Post(std::function<void()> then) override {
    asio::post(context_, std::move(then));
  }
  std::unique_ptr<Timer> MakeTimer() override {
    return std::make_unique<AsioTimer>(context_);
  }
  void StopListening() override {
    ErrorCode error;
    acceptor_.close(error);
    accept_pause_.cancel();
  }
  void Stop() override { context_.stop(); }
  int open_streams() const override { return open_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](const ErrorCode& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        // No descriptors are left, say. At once it would be the same.
        accept_pause_.expires_after(absl::ToChronoNanoseconds(kAcceptPause));
        accept_pause_.async_wait([this](const ErrorCode& stopped) {
          if (!stopped) Accept();
        });
        return;
      }
      if (tls_ != nullptr) {
        accept_(std::make_shared<TlsStream>(context_, open_, std::move(socket),
                                            *tls_));
      } else {
        accept_(
            std::make_shared<PlainStream>(context_, open_, std::move(socket)));
      }
      Accept();
    });
  }

  int open_ = 0;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  std::shared_ptr<asio::ssl::context> tls_;  // Null without TLS.
  std::function<void(std::shared_ptr<Stream>)> accept_;
};

absl::Status AsioNetwork::SetKeys(const KeyPair& pair) {
  ASSIGN_OR_RETURN(const std::shared_ptr<asio::ssl::context> tls,
                   MakeTls(pair));
  // A stream that is open keeps what it needs of the old context.
  Post([this, tls] { tls_ = tls; });
  return absl::OkStatus();
}

absl::Status AsioNetwork::Open(const Options& options) {
  if (!options.tls.certificate.empty()) {
    ASSIGN_OR_RETURN(tls_, MakeTls(options.tls));
  }
  const size_t colon = options.listen.rfind(':');
  int port = -1;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(options.listen.substr(colon + 1), &port)) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address: found \"", options.listen,
                     "\", expected HOST:PORT such as 127.0.0.1:7380"));
  }
  std::string host = options.listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  ErrorCode error;
  tcp::resolver resolver(context_);
  const auto found =
      resolver.resolve(host, absl::StrCat(port), tcp::resolver::passive, error);
  if (!error && found.begin() == found.end()) {
    error = asio::error::host_not_found;
  }
  if (!error) {
    const tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) {
      KeepToThisProcess(acceptor_);
      acceptor_.bind(endpoint, error);
    }
    if (!error) acceptor_.listen(kBacklog, error);
  }
  if (!error) return absl::OkStatus();
  const std::string text =
      absl::StrCat("cannot listen on ", options.listen, ": ");
  if (error.value() == EADDRINUSE) {
    return absl::AlreadyExistsError(absl::StrCat(
        text,
        "another program listens there; choose another port, or end "
        "that program"));
  }
  return absl::UnavailableError(absl::StrCat(text, error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> Network::Listen(
    const Options& options) {
  auto network = std::make_unique<AsioNetwork>();
  RETURN_IF_ERROR(network->Open(options));
  return network;
}

}  // namespace fathom::client
