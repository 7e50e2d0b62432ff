#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/connection_probe.h"
#include "proto/shared/credentials.h"

namespace fathom {
namespace {

constexpr size_t kMostAddresses = 16;

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

std::string NumericAddress(const addrinfo& info) {
  char text[NI_MAXHOST] = {};
  getnameinfo(info.ai_addr, info.ai_addrlen, text, sizeof(text), nullptr, 0,
              NI_NUMERICHOST);
  return text;
}

// A TCP connection on which every read and write takes at most `timeout`; its
// descriptor is -1 when no connection could be made. Fills the part of `probe`
// that this is about.
class Socket {
 public:
  Socket(const HostPort& to, absl::Duration timeout, ConnectionProbe& probe) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error =
            getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found);
        error != 0) {
      probe.name_error = gai_strerror(error);
      return;
    }
    const timeval limit = absl::ToTimeval(timeout);
    for (addrinfo* info = found;
         info != nullptr && fd_ < 0 && probe.addresses.size() < kMostAddresses;
         info = info->ai_next) {
      probe.addresses.push_back(NumericAddress(*info));
      fd_ = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      // This limits the time of connect(), too.
      setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
      setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
      if (fd_ >= 0 && connect(fd_, info->ai_addr, info->ai_addrlen) != 0) {
        // This is what a connect() that takes too long fails with.
        probe.connect_error =
            errno == EINPROGRESS ? "no answer in time" : strerror(errno);
        close(fd_);
        fd_ = -1;
      }
    }
    freeaddrinfo(found);
    probe.connected = fd_ >= 0;
    if (probe.connected) probe.connect_error.clear();
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

// Returns the certificates that the other side has shown.
std::vector<CertificateFacts> CertificatesOf(const SSL* ssl) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> pem(BIO_new(BIO_s_mem()),
                                                          BIO_free_all);
  STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    PEM_write_bio_X509(pem.get(), sk_X509_value(chain, i));
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(pem.get(), &data);
  auto read = ReadCertificates(
      size > 0 ? std::string(data, static_cast<size_t>(size)) : "", "peer");
  return read.ok() ? *std::move(read) : std::vector<CertificateFacts>();
}

void Shake(SSL* ssl, ConnectionProbe& probe) {
  ERR_clear_error();
  int code = SSL_connect(ssl);
  const bool connected = code == 1;
  // In TLS 1.3 the peer checks our certificate after our handshake has ended. A
  // gRPC server that accepts it sends the first bytes; one that does not closes
  // the connection.
  char first = 0;
  if (connected) code = SSL_read(ssl, &first, 1);
  probe.speaks_tls = SSL_get_current_cipher(ssl) != nullptr;
  probe.silent = SSL_get_error(ssl, code) == SSL_ERROR_WANT_READ;
  probe.wants_certificate = code != 1 && !probe.silent &&
                            (connected || IsCertificateAlert(ERR_peek_error()));
  ERR_clear_error();
  const auto result = SSL_get_verify_result(ssl);
  probe.has_other_name = result == X509_V_ERR_HOSTNAME_MISMATCH ||
                         result == X509_V_ERR_IP_ADDRESS_MISMATCH;
  if (result != X509_V_OK && !probe.has_other_name) {
    probe.distrust = X509_verify_cert_error_string(result);
  }
  if (probe.speaks_tls) probe.certificates = CertificatesOf(ssl);
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

}  // namespace

std::string ExplainProbe(const ConnectionProbe& probe,
                         const std::string& address,
                         const ClientCredentials& credentials) {
  if (!probe.connected) return "";
  if (credentials.ca.empty()) {
    return probe.speaks_tls
               ? absl::StrCat("the coordinator at ", address,
                              " speaks TLS; give --tls-ca FILE, the authority "
                              "that its certificate is from")
               : "";
  }
  if (!probe.speaks_tls && probe.silent) return "";
  if (!probe.speaks_tls) {
    return absl::StrCat("what listens at ", address,
                        " does not speak TLS; if that is right, leave out "
                        "--tls-ca");
  }
  if (probe.has_other_name) {
    return absl::StrCat("the certificate of the coordinator at ", address,
                        " is not for \"", Split(address).host,
                        "\"; use a name that it has, or make one with that "
                        "name (deploy/make-keys.sh)");
  }
  if (!probe.distrust.empty()) {
    return absl::StrCat("the certificate of the coordinator at ", address,
                        " is not accepted with --tls-ca ", credentials.ca, ": ",
                        probe.distrust);
  }
  if (probe.wants_certificate) {
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

ConnectionProbe ProbeConnection(const std::string& address,
                                const ClientCredentials& credentials,
                                absl::Duration timeout) {
  // The first local variable, so that it lives until the session has been
  // freed.
  const NoBrokenPipe no_broken_pipe;
  ConnectionProbe probe;
  const HostPort to = Split(address);
  const Socket connection(to, timeout, probe);
  if (!probe.connected) return probe;
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) return probe;
  Configure(context.get(), credentials);
  const Session ssl(SSL_new(context.get()), SSL_free);
  if (ssl == nullptr) return probe;
  Expect(ssl.get(), to.host);
  SSL_set_fd(ssl.get(), connection.fd());
  Shake(ssl.get(), probe);
  return probe;
}

std::string DiagnoseConnection(const std::string& address,
                               const ClientCredentials& credentials,
                               absl::Duration timeout) {
  return ExplainProbe(ProbeConnection(address, credentials, timeout), address,
                      credentials);
}

}  // namespace fathom
