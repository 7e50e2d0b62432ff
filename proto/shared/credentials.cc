#include "proto/shared/credentials.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/certificates.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr int64_t kMostFileBytes = 1 << 20;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio Memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
             BIO_free_all);
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     absl::string_view what, mode_t forbidden) {
  // Non-blocking, as opening a pipe could wait for ever.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string message =
        absl::StrCat("cannot read ", what, " ", path, ": ", strerror(errno));
    return errno == EACCES ? absl::PermissionDeniedError(message)
                           : absl::NotFoundError(message);
  }
  struct stat info;
  std::string text;
  absl::Status status;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_size > kMostFileBytes) {
    status = absl::InvalidArgumentError(
        absl::StrCat(what, " ", path, " is no file of at most 1 MiB"));
  } else if ((info.st_mode & forbidden) != 0) {
    status = absl::FailedPreconditionError(
        absl::StrCat(what, " ", path,
                     (forbidden & S_IROTH) != 0 && (info.st_mode & S_IWOTH) == 0
                         ? " can be read by everyone on this machine"
                         : " can be changed by everyone on this machine",
                     "; close it with: chmod o= ", path));
  } else {
    text.resize(static_cast<size_t>(info.st_size));
    ssize_t size = 0;
    size_t at = 0;
    while (at < text.size() &&
           (size = read(fd, text.data() + at, text.size() - at)) > 0) {
      at += static_cast<size_t>(size);
    }
    text.resize(at);
    if (absl::StripAsciiWhitespace(text).empty()) {
      status = absl::InvalidArgumentError(
          absl::StrCat(what, " ", path, " is empty"));
    }
  }
  close(fd);
  if (!status.ok()) return status;
  return text;
}

// Keeps OpenSSL from asking for a passphrase at the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<Certificate> ParseCertificate(const std::string& pem,
                                             const std::string& path) {
  const Bio bio = Memory(pem);
  Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr), X509_free);
  ERR_clear_error();
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
  }
  return certificate;
}

absl::Status CheckValidNow(const X509* certificate, const std::string& path) {
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the certificate ", path, " is not valid yet"));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the certificate ", path,
                     " has expired; deploy/make-keys.sh makes a new one"));
  }
  return absl::OkStatus();
}

// Adds the token to every call.
class TokenPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit TokenPlugin(absl::string_view token)
      : header_(absl::StrCat("Bearer ", token)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status GetMetadata(
      grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
      std::multimap<grpc::string, grpc::string>* metadata) override {
    metadata->emplace("authorization", header_);
    return grpc::Status::OK;
  }
  // The text must not show the token.
  grpc::string DebugString() override { return "token"; }

 private:
  const std::string header_;
};

// gRPC ends the program over a header with other characters.
bool IsPrintable(absl::string_view token) {
  return absl::c_all_of(token, [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(path, "token file"));
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (IsPrintable(token)) return std::string(token);
  return absl::InvalidArgumentError(absl::StrCat(
      "token file ", path, " must hold one token and nothing else"));
}

// Returns the token of the file or of its own; empty without one.
absl::StatusOr<std::string> TokenOf(const ClientCredentials& credentials) {
  if (!credentials.token_file.empty()) return ReadToken(credentials.token_file);
  if (IsPrintable(credentials.token)) return credentials.token;
  return absl::InvalidArgumentError(
      "a token: found spaces or characters that no token has");
}

absl::Status CheckOptions(const ClientCredentials& credentials) {
  if (credentials.cert.empty() != credentials.key.empty()) {
    return absl::InvalidArgumentError(
        credentials.cert.empty()
            ? "--tls-key needs --tls-cert, the certificate that belongs to it"
            : "--tls-cert needs --tls-key, the key that belongs to it");
  }
  if (!credentials.cert.empty() && credentials.ca.empty()) {
    return absl::InvalidArgumentError(
        "--tls-cert needs --tls-ca, the authority that the coordinator's "
        "certificate is from");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeTlsCredentials(
    const ClientCredentials& credentials) {
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadAuthorities(credentials.ca));
  if (!credentials.cert.empty()) {
    ASSIGN_OR_RETURN(KeyPair pair,
                     ReadKeyPair(credentials.cert, credentials.key));
    options.pem_cert_chain = std::move(pair.certificate);
    options.pem_private_key = std::move(pair.key);
  }
  return grpc::SslCredentials(options);
}

}  // namespace

bool IsLoopback(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return false;
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return false;
  }
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr v4 = {};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6 = {};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path,
                                           absl::string_view what) {
  return ReadFile(path, what, S_IRWXO);
}

absl::StatusOr<std::string> ReadPublicFile(const std::string& path,
                                           absl::string_view what) {
  return ReadFile(path, what, S_IWOTH);
}

absl::StatusOr<KeyPair> ReadKeyPair(const std::string& certificate_path,
                                    const std::string& key_path) {
  KeyPair pair;
  ASSIGN_OR_RETURN(pair.certificate,
                   ReadPublicFile(certificate_path, "certificate"));
  ASSIGN_OR_RETURN(pair.key, ReadSecretFile(key_path, "private key"));
  ASSIGN_OR_RETURN(const Certificate certificate,
                   ParseCertificate(pair.certificate, certificate_path));
  const Bio bio = Memory(pair.key);
  const PrivateKey key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr),
      EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        key_path, " holds no private key in PEM without a passphrase"));
  }
  const bool belong = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!belong) {
    return absl::InvalidArgumentError(
        absl::StrCat("the private key ", key_path,
                     " does not belong to the certificate ", certificate_path));
  }
  RETURN_IF_ERROR(CheckValidNow(certificate.get(), certificate_path));
  RETURN_IF_ERROR(
      ReadCertificates(pair.certificate, certificate_path).status());
  RETURN_IF_ERROR(CheckUsable(pair.certificate, pair.key, certificate_path));
  return pair;
}

absl::StatusOr<std::string> ReadAuthorities(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadPublicFile(path, "certificate"));
  RETURN_IF_ERROR(ReadCertificates(pem, path).status());
  return pem;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address,
                       const ClientCredentials& credentials) {
  RETURN_IF_ERROR(CheckOptions(credentials));
  const bool tls = !credentials.ca.empty();
  std::shared_ptr<grpc::ChannelCredentials> channel;
  if (tls) {
    ASSIGN_OR_RETURN(channel, MakeTlsCredentials(credentials));
  }
  ASSIGN_OR_RETURN(const std::string token, TokenOf(credentials));
  if (token.empty()) {
    return tls ? channel : grpc::InsecureChannelCredentials();
  }
  if (!tls) {
    if (!IsLoopback(address)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "refusing to send a token to ", address,
          " in the clear; give --tls-ca FILE, or reach the coordinator through "
          "an SSH tunnel that ends on 127.0.0.1"));
    }
    // Plain TCP; the connection fails when the peer is not on this machine.
    channel = grpc::experimental::LocalCredentials(LOCAL_TCP);
  }
  return grpc::CompositeChannelCredentials(
      channel, grpc::experimental::MetadataCredentialsFromPlugin(
                   std::make_unique<TokenPlugin>(token),
                   tls ? GRPC_PRIVACY_AND_INTEGRITY : GRPC_SECURITY_NONE));
}

}  // namespace fathom
