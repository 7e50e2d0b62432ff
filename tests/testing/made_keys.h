#ifndef FATHOM_TESTS_TESTING_MADE_KEYS_H_
#define FATHOM_TESTS_TESTING_MADE_KEYS_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace fathom::test {

// How a certificate is made.
struct KeyRecipe {
  std::string name = "made";           // Its common name.
  std::string names = "IP:127.0.0.1";  // As OpenSSL writes them; "" for none.
  long from = -100;                    // Seconds from now.  NOLINT
  long to = 10'000;                    // NOLINT
  const EVP_MD* digest = EVP_sha256();
  int rsa_bits = 0;  // 0 for an elliptic curve.
};

// A certificate that its own key has signed, and the key, both in PEM.
struct MadeKeys {
  std::string certificate;
  std::string key;
};

inline std::string TakeText(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

// Makes a key and a certificate for it.
inline MadeKeys MakeKeys(const KeyRecipe& recipe = {}) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  const Key key(recipe.rsa_bits == 0
                    ? EVP_EC_gen("P-256")
                    : EVP_RSA_gen(static_cast<unsigned>(recipe.rsa_bits)),
                EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), recipe.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), recipe.to);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(recipe.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  if (!recipe.names.empty()) {
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(
        nullptr, nullptr, NID_subject_alt_name, recipe.names.c_str());
    X509_add_ext(certificate.get(), names, -1);
    X509_EXTENSION_free(names);
  }
  X509_sign(certificate.get(), key.get(), recipe.digest);
  BIO* const certificate_text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_text, certificate.get());
  BIO* const key_text = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_text, key.get(), nullptr, nullptr, 0, nullptr,
                           nullptr);
  return {.certificate = TakeText(certificate_text), .key = TakeText(key_text)};
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_MADE_KEYS_H_
