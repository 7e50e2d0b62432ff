#include "proto/shared/credentials.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) {
    return absl::StrCat(folder_, "/", name);
  }
  std::string Write(const std::string& name, const std::string& text,
                    mode_t mode = 0600) {
    std::ofstream(Path(name)) << text;
    chmod(Path(name).c_str(), mode);
    return Path(name);
  }
  // Writes NAME.key and NAME.pem: self-signed, valid from and to so many
  // seconds from now.
  void MakePair(const std::string& name, int from, int to) {
    using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
    using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
    X509_set_pubkey(certificate.get(), key.get());
    ASSERT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    FILE* file = std::fopen(Path(name + ".pem").c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen(Path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr,
                         nullptr);
    std::fclose(file);
    chmod(Path(name + ".key").c_str(), 0600);
  }
  absl::Status Pair(const std::string& certificate, const std::string& key) {
    return ReadKeyPair(Path(certificate), Path(key)).status();
  }

  std::string folder_;
};

TEST(IsLoopbackTest, TakesAddressesOfThisMachineAndNoNamesThatLookLikeIt) {
  for (const char* address :
       {"127.0.0.1:7373", "127.8.9.10:1", "[::1]:7373", "localhost:7373"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"127.0.0.1.example.org:7373", "127.1:7373", "localhost.example.org:1",
        "128.0.0.1:7373", "0.0.0.0:7373", "[::]:7373", "[::1:7373", "lab:7373",
        "[::ffff:127.0.0.1]:7373", "", "127.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST_F(CredentialsTest, SecretsMustNotBeOpenToEveryone) {
  for (mode_t mode : {0644, 0604, 0602, 0601, 0777}) {
    EXPECT_THAT(ReadSecretFile(Write("s", "x", mode), "token file"),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << mode;
  }
  for (mode_t mode : {0400, 0600, 0640, 0660}) {
    EXPECT_OK(ReadSecretFile(Write("s", "x", mode), "token file")) << mode;
  }
  EXPECT_OK(ReadPublicFile(Write("p", "x", 0644), "certificate"));
  EXPECT_THAT(ReadPublicFile(Write("p", "x", 0646), "certificate"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(CredentialsTest, WhatIsNoSecretFileIsNamed) {
  EXPECT_THAT(ReadSecretFile(Path("none"), "token file"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ReadSecretFile(folder_, "token file"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadSecretFile("/dev/null", "token file"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadSecretFile(Write("empty", " \n"), "token file"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);  // Must not wait for it.
  EXPECT_THAT(ReadSecretFile(Path("pipe"), "token file"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CredentialsTest, KeyPairsAreChecked) {
  MakePair("a", -100, 1000);
  MakePair("b", -100, 1000);
  MakePair("old", -1000, -100);
  MakePair("early", 1000, 2000);
  EXPECT_OK(Pair("a.pem", "a.key"));
  const absl::Status mixed = Pair("a.pem", "b.key");
  EXPECT_THAT(mixed, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(mixed.message()), HasSubstr("does not belong"));
  EXPECT_THAT(std::string(Pair("old.pem", "old.key").message()),
              HasSubstr("has expired"));
  EXPECT_THAT(std::string(Pair("early.pem", "early.key").message()),
              HasSubstr("not valid yet"));
  EXPECT_THAT(Pair("a.key", "a.key"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  Write("no.key", "-----BEGIN PRIVATE KEY-----\nnonsense\n");
  EXPECT_THAT(Pair("a.pem", "no.key"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CredentialsTest, TokensLeaveThisMachineOnlyWithTls) {
  const std::string token = Write("token", "fathom_abc\n");
  MakePair("ca", -100, 1000);
  EXPECT_OK(MakeChannelCredentials("127.0.0.1:1", {.token_file = token}));
  EXPECT_OK(MakeChannelCredentials(
      "lab:1", {.ca = Path("ca.pem"), .token_file = token}));
  const auto open = MakeChannelCredentials("lab:1", {.token_file = token});
  EXPECT_THAT(open, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(open.status().message()), HasSubstr("in the clear"));
  EXPECT_OK(MakeChannelCredentials("lab:1", {}));
  EXPECT_OK(MakeChannelCredentials("127.0.0.1:1", {.token = "fathom_abc"}));
  EXPECT_THAT(MakeChannelCredentials("lab:1", {.token = "fathom_abc"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(CredentialsTest, OptionsThatDoNotGoTogetherAreRefused) {
  MakePair("a", -100, 1000);
  for (const ClientCredentials& credentials :
       {ClientCredentials{.ca = Path("a.pem"), .cert = Path("a.pem")},
        ClientCredentials{.ca = Path("a.pem"), .key = Path("a.key")},
        ClientCredentials{.cert = Path("a.pem"), .key = Path("a.key")},
        ClientCredentials{.token_file = Write("two", "one two\n")},
        ClientCredentials{.token = "one\r\ntwo"},
        ClientCredentials{.token = "\xc3\xa4"}}) {
    EXPECT_THAT(MakeChannelCredentials("127.0.0.1:1", credentials),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace fathom
