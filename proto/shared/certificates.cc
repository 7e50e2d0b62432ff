#include "proto/shared/certificates.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom {
namespace {

constexpr size_t kMostNames = 100;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Names = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

Bio BioOf(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
             BIO_free_all);
}

// Keeps OpenSSL from asking for a passphrase at the terminal.
int WithoutPassphrase(char*, int, int, void*) { return -1; }

absl::Time TimeOf(const ASN1_TIME* time, absl::Time otherwise) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return otherwise;
  return absl::FromTimeT(timegm(&parts));
}

std::string SubjectOf(const X509* certificate) {
  const Bio text(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(text.get(), &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : "";
}

// Returns the text of an alternative name; "" for kinds that TLS asks nobody
// for.
std::string NameText(const GENERAL_NAME* name) {
  int kind = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &kind);
  const auto* const bytes = static_cast<const ASN1_STRING*>(value);
  if (kind == GEN_DNS) {
    return std::string(
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
        static_cast<size_t>(ASN1_STRING_length(bytes)));
  }
  if (kind != GEN_IPADD) return "";
  const bool is_v4 = ASN1_STRING_length(bytes) == 4;
  if (!is_v4 && ASN1_STRING_length(bytes) != 16) return "";
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_v4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text,
            sizeof(text));
  return text;
}

CertificateFacts FactsOf(const X509* certificate) {
  CertificateFacts facts;
  facts.not_before =
      TimeOf(X509_get0_notBefore(certificate), absl::InfinitePast());
  facts.not_after =
      TimeOf(X509_get0_notAfter(certificate), absl::InfiniteFuture());
  facts.subject = SubjectOf(certificate);
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
                        certificate, NID_subject_alt_name, nullptr, nullptr)),
                    GENERAL_NAMES_free);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()) &&
                  facts.names.size() < kMostNames;
       ++i) {
    std::string name = NameText(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) facts.names.push_back(std::move(name));
  }
  return facts;
}

}  // namespace

absl::StatusOr<std::vector<CertificateFacts>> ReadCertificates(
    const std::string& pem, const std::string& path) {
  std::vector<CertificateFacts> certificates;
  const Bio bio = BioOf(pem);
  ERR_clear_error();
  while (true) {
    const Certificate certificate(
        PEM_read_bio_X509(bio.get(), nullptr, WithoutPassphrase, nullptr),
        X509_free);
    if (certificate == nullptr) break;
    certificates.push_back(FactsOf(certificate.get()));
  }
  const bool is_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_end) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate ", certificates.size() + 1, " in ", path,
                     " is cut off or damaged"));
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
  }
  return certificates;
}

absl::Time EarliestEnd(const std::vector<CertificateFacts>& certificates) {
  absl::Time end = absl::InfiniteFuture();
  for (const CertificateFacts& facts : certificates) {
    end = std::min(end, facts.not_after);
  }
  return end;
}

absl::Time EarliestEnd(const std::string& pem) {
  const auto certificates = ReadCertificates(pem, "");
  return certificates.ok() ? EarliestEnd(*certificates)
                           : absl::InfiniteFuture();
}

absl::Status CheckUsable(const std::string& certificate, const std::string& key,
                         const std::string& certificate_path) {
  const Context context(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  const Bio certificate_bio = BioOf(certificate);
  const Bio key_bio = BioOf(key);
  const Certificate leaf(PEM_read_bio_X509(certificate_bio.get(), nullptr,
                                           WithoutPassphrase, nullptr),
                         X509_free);
  const Key private_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr,
                                                WithoutPassphrase, nullptr),
                        EVP_PKEY_free);
  ERR_clear_error();
  bool fine = context != nullptr &&
              SSL_CTX_use_certificate(context.get(), leaf.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), private_key.get()) == 1;
  // The other certificates of the chain.
  while (fine) {
    Certificate next(PEM_read_bio_X509(certificate_bio.get(), nullptr,
                                       WithoutPassphrase, nullptr),
                     X509_free);
    if (next == nullptr) break;
    fine = SSL_CTX_add1_chain_cert(context.get(), next.get()) == 1;
  }
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  const std::string why = reason == nullptr ? "" : reason;
  ERR_clear_error();
  if (fine) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("TLS cannot be served with the certificate ",
                   certificate_path, ": ", why));
}

std::optional<std::string> ExpiryReminder::Remind(absl::Time end,
                                                  absl::Time now) {
  if (end != end_) next_ = absl::InfinitePast();
  end_ = end;
  if (end - now >= kExpiryNotice || now < next_) return std::nullopt;
  next_ = now + absl::Hours(24);
  const std::string when =
      absl::FormatTime("%Y-%m-%d %H:%M UTC", end, absl::UTCTimeZone());
  if (end <= now) {
    return absl::StrCat(what_, " has expired on ", when,
                        ": put a new one in its place and send SIGHUP");
  }
  const int64_t days = absl::ToInt64Hours(end - now) / 24;
  return absl::StrCat(what_, " expires in ", days, days == 1 ? " day" : " days",
                      ", on ", when,
                      ": put a new one in its place and send SIGHUP");
}

}  // namespace fathom
