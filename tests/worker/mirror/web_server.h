#ifndef FATHOM_TESTS_WORKER_MIRROR_WEB_SERVER_H_
#define FATHOM_TESTS_WORKER_MIRROR_WEB_SERVER_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace fathom::test {

// A key and a certificate of itself for 127.0.0.1.
class Identity {
 public:
  Identity() : key_(EVP_EC_gen("P-256")), cert_(X509_new()) {
    X509_set_version(cert_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert_), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert_), 3600);
    X509_set_pubkey(cert_, key_);
    X509_NAME* const name = X509_get_subject_name(cert_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("mirror"),
                               -1, -1, 0);
    X509_set_issuer_name(cert_, name);
    AddExtension(NID_subject_alt_name, "IP:127.0.0.1");
    AddExtension(NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(cert_, key_, EVP_sha256());
  }
  ~Identity() {
    X509_free(cert_);
    EVP_PKEY_free(key_);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  EVP_PKEY* key() const { return key_; }
  X509* cert() const { return cert_; }
  void Write(const std::string& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, cert_);
    std::fclose(file);
  }

 private:
  void AddExtension(int nid, const char* value) {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(cert_, extension, -1);
    X509_EXTENSION_free(extension);
  }

  EVP_PKEY* const key_;
  X509* const cert_;
};

// A web server on a port of loopback that the kernel chooses. It answers one
// request per connection by whatever the test says, byte for byte, and then
// closes the connection or, where that is asked for, keeps it open in silence.
// It has a thread of its own; the methods are called by that of the test.
class WebServer {
 public:
  struct Answer {
    std::string bytes;
    bool stay = false;
  };
  // Receives the first lines of the request.
  using Site = std::function<Answer(const std::string& request)>;

  WebServer(const Identity& identity, Site site) : site_(std::move(site)) {
    // Who has heard enough closes the connection while we write.
    signal(SIGPIPE, SIG_IGN);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, identity.cert());
    SSL_CTX_use_PrivateKey(context_, identity.key());
    listening_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listening_, 16);
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = absl::StrCat("https://127.0.0.1:", ntohs(address.sin_port));
    if (pipe(stop_) != 0) std::abort();
    thread_ = std::thread([this] { Serve(); });
  }
  ~WebServer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listening_);
    SSL_CTX_free(context_);
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  const std::string& url() const { return url_; }
  std::vector<std::string> requests() const {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  // Waits until there is something to read; false when it is to stop.
  bool Ready(int fd) {
    pollfd waits[2] = {{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    poll(waits, 2, -1);
    return waits[1].revents == 0;
  }

  void Serve() {
    while (Ready(listening_)) {
      const int fd = accept(listening_, nullptr, nullptr);
      SSL* const ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1) Talk(ssl, fd);
      SSL_free(ssl);
      close(fd);
    }
  }

  void Talk(SSL* ssl, int fd) {
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const int got = SSL_read(ssl, buffer, sizeof(buffer));
      if (got <= 0) return;
      request.append(buffer, static_cast<size_t>(got));
    }
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(request);
    }
    const Answer answer = site_(request);
    absl::string_view rest = answer.bytes;
    while (!rest.empty()) {
      const int sent =
          SSL_write(ssl, rest.data(),
                    static_cast<int>(std::min<size_t>(rest.size(), 1 << 14)));
      if (sent <= 0) return;  // The other end has heard enough.
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    while (answer.stay && Ready(fd)) {
      if (SSL_read(ssl, buffer, sizeof(buffer)) <= 0) return;
    }
    SSL_shutdown(ssl);
  }

  const Site site_;
  SSL_CTX* context_ = nullptr;
  int listening_ = -1;
  int stop_[2] = {-1, -1};
  std::string url_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_MIRROR_WEB_SERVER_H_
