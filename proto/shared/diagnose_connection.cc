#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/credentials.h"

namespace fathom {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

struct HostPort {
  std::string host;
  std::string port;
};

HostPort Split(absl::string_view address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return {std::string(host), std::string(address.substr(colon + 1))};
}

// A TCP connection on which every read and write takes at most `timeout`; its
// descriptor is -1 when no connection could be made.
class Socket {
 public:
  Socket(const HostPort& to, absl::Duration timeout) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found) != 0) {
      return;
    }
    const timeval limit = absl::ToTimeval(timeout);
    for (addrinfo* info = found; info != nullptr && fd_ < 0;
         info = info->ai_next) {
      fd_ = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      // This limits the time of connect(), too.
      setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
      setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
      if (fd_ >= 0 && connect(fd_, info->ai_addr, info->ai_addrlen) != 0) {
        close(fd_);
        fd_ = -1;
      }
    }
    freeaddrinfo(found);
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// Blocks SIGPIPE on this thread for as long as this object lives. Writing to a
// connection that the other side has closed is then an error and not the end of
// the process; OpenSSL does not see to that by itself.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec at_once = {};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

// Whether `error` is an alert of the peer that our certificate is missing or
// was not accepted.
bool IsCertificateAlert(unsigned long error) {  // NOLINT(google-runtime-int)
  switch (ERR_GET_REASON(error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return true;
    default:
      return false;
  }
}

// What a TLS handshake has shown about the other side.
struct Handshake {
  bool speaks_tls = false;
  bool silent = false;             // The other side sent nothing in time.
  long verify_result = X509_V_OK;  // NOLINT(google-runtime-int)
  bool wants_certificate = false;  // Our certificate is missing or was refused.
};

Handshake Shake(SSL* ssl) {
  Handshake result;
  ERR_clear_error();
  int code = SSL_connect(ssl);
  const bool connected = code == 1;
  // In TLS 1.3 the peer checks our certificate after our handshake has ended. A
  // gRPC server that accepts it sends the first bytes; one that does not closes
  // the connection.
  char first = 0;
  if (connected) code = SSL_read(ssl, &first, 1);
  result.speaks_tls = SSL_get_current_cipher(ssl) != nullptr;
  result.verify_result = SSL_get_verify_result(ssl);
  result.silent = SSL_get_error(ssl, code) == SSL_ERROR_WANT_READ;
  result.wants_certificate =
      code != 1 && !result.silent &&
      (connected || IsCertificateAlert(ERR_peek_error()));
  ERR_clear_error();
  return result;
}

// Loads the files that the options name. The handshake accepts any certificate
// of the other side, so that we learn afterwards what is wrong with it.
void Configure(SSL_CTX* context, const ClientCredentials& credentials) {
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  if (credentials.ca.empty()) return;
  SSL_CTX_load_verify_file(context, credentials.ca.c_str());
  if (!credentials.cert.empty()) {
    SSL_CTX_use_certificate_chain_file(context, credentials.cert.c_str());
    SSL_CTX_use_PrivateKey_file(context, credentials.key.c_str(),
                                SSL_FILETYPE_PEM);
  }
}

// Sets the name or IP address that the other side's certificate must have, and
// the protocol HTTP/2, as gRPC does.
void Expect(SSL* ssl, const std::string& host) {
  SSL_set_tlsext_host_name(ssl, host.c_str());
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), 0);
  }
  static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl, kHttp2, sizeof(kHttp2));
}

// Returns what is wrong according to the handshake, in words; "" for nothing.
std::string Explain(const Handshake& handshake, const std::string& address,
                    const std::string& host,
                    const ClientCredentials& credentials) {
  if (credentials.ca.empty()) {
    return handshake.speaks_tls
               ? absl::StrCat("the coordinator at ", address,
                              " speaks TLS; give --tls-ca FILE, the authority "
                              "that its certificate is from")
               : "";
  }
  if (!handshake.speaks_tls && handshake.silent) return "";
  if (!handshake.speaks_tls) {
    return absl::StrCat("what listens at ", address,
                        " does not speak TLS; if that is right, leave out "
                        "--tls-ca");
  }
  switch (handshake.verify_result) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return absl::StrCat("the certificate of the coordinator at ", address,
                          " is not for \"", host,
                          "\"; use a name that it has, or make one with that "
                          "name (deploy/make-keys.sh)");
    default:
      return absl::StrCat(
          "the certificate of the coordinator at ", address,
          " is not accepted with --tls-ca ", credentials.ca, ": ",
          X509_verify_cert_error_string(handshake.verify_result));
  }
  if (handshake.wants_certificate) {
    return credentials.cert.empty()
               ? absl::StrCat("the coordinator at ", address,
                              " wants a certificate; give --tls-cert and "
                              "--tls-key")
               : absl::StrCat("the coordinator at ", address,
                              " does not accept the certificate ",
                              credentials.cert);
  }
  return "";
}

}  // namespace

std::string DiagnoseConnection(const std::string& address,
                               const ClientCredentials& credentials,
                               absl::Duration timeout) {
  // The first local variable, so that it lives until the session has been
  // freed.
  const NoBrokenPipe no_broken_pipe;
  const HostPort to = Split(address);
  const Socket connection(to, timeout);
  if (connection.fd() < 0) return "";
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) return "";
  Configure(context.get(), credentials);
  const Session ssl(SSL_new(context.get()), SSL_free);
  if (ssl == nullptr) return "";
  Expect(ssl.get(), to.host);
  SSL_set_fd(ssl.get(), connection.fd());
  return Explain(Shake(ssl.get()), address, to.host, credentials);
}

}  // namespace fathom
