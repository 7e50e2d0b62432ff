#include "proto/shared/certificates.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/testing/made_keys.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::MadeKeys;
using test::MakeKeys;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kDay = absl::Hours(24);

TEST(CertificatesTest, NamesAndTimesAreRead) {
  const MadeKeys keys = MakeKeys({.name = "lab",
                                  .names = "DNS:lab.example,IP:10.1.2.3,IP:::1",
                                  .from = -100,
                                  .to = 1000});
  const auto read = ReadCertificates(keys.certificate, "lab.pem");
  ASSERT_OK(read);
  ASSERT_THAT(*read, SizeIs(1));
  const CertificateFacts& facts = read->front();
  EXPECT_THAT(facts.names, ElementsAre("lab.example", "10.1.2.3", "::1"));
  EXPECT_EQ(facts.subject, "CN = lab");
  EXPECT_EQ(facts.not_after - facts.not_before, absl::Seconds(1100));
}

TEST(CertificatesTest, TheFirstOfAChainToEndCounts) {
  const std::string late = MakeKeys({.to = 9000}).certificate;
  const std::string early = MakeKeys({.to = 50}).certificate;
  const auto chain = ReadCertificates(late + early + late, "chain.pem");
  ASSERT_OK(chain);
  ASSERT_THAT(*chain, SizeIs(3));
  EXPECT_EQ(EarliestEnd(*chain), (*chain)[1].not_after);
  EXPECT_LT(EarliestEnd(*chain), (*chain)[0].not_after);
  EXPECT_EQ(EarliestEnd(late + early), (*chain)[1].not_after);
  EXPECT_EQ(EarliestEnd(std::string("none")), absl::InfiniteFuture());
}

TEST(CertificatesTest, AChainThatIsCutOffAnywhereIsNone) {
  const std::string one = MakeKeys().certificate;
  const std::string two = MakeKeys().certificate;
  const std::string whole = one + two;
  // Between the lines that begin and end the second certificate.
  for (size_t size = one.size() + 27; size + 2 < whole.size(); size += 9) {
    const auto cut = ReadCertificates(whole.substr(0, size), "chain.pem");
    ASSERT_THAT(cut, StatusIs(absl::StatusCode::kInvalidArgument)) << size;
    EXPECT_THAT(std::string(cut.status().message()),
                HasSubstr("certificate 2 in chain.pem is cut off"));
  }
  std::string damaged = whole;
  damaged[one.size() + 100] = '!';
  EXPECT_THAT(ReadCertificates(damaged, "chain.pem"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCertificates("nothing", "chain.pem"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CertificatesTest, WhatOpenSslDoesNotServeWithIsNamed) {
  const MadeKeys fine = MakeKeys();
  EXPECT_OK(CheckUsable(fine.certificate + MakeKeys().certificate, fine.key,
                        "fine.pem"));
  const MadeKeys weak = MakeKeys({.rsa_bits = 1024});
  const absl::Status status =
      CheckUsable(weak.certificate, weak.key, "weak.pem");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(status.message()), HasSubstr("weak.pem: ee key too"));
}

TEST(ExpiryReminderTest, SaysItOnceADayWithinTwoWeeks) {
  const absl::Time end = absl::FromUnixSeconds(1'800'000'000);
  ExpiryReminder reminder("the certificate lab.pem");
  EXPECT_EQ(reminder.Remind(absl::InfiniteFuture(), end), std::nullopt);
  EXPECT_EQ(reminder.Remind(end, end - 15 * kDay), std::nullopt);
  int said = 0;
  for (absl::Time now = end - 15 * kDay; now < end; now += absl::Hours(1)) {
    said += reminder.Remind(end, now).has_value() ? 1 : 0;
  }
  EXPECT_EQ(said, 14);
  const auto expired = reminder.Remind(end, end + kDay);
  ASSERT_TRUE(expired.has_value());
  EXPECT_THAT(*expired, HasSubstr("has expired on 2027-01-15"));
}

TEST(ExpiryReminderTest, AnotherCertificateIsSpokenOfAtOnce) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  ExpiryReminder reminder("the certificate lab.pem");
  const auto first = reminder.Remind(now + kDay, now);
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(*first, HasSubstr("the certificate lab.pem expires in 1 day,"));
  EXPECT_EQ(reminder.Remind(now + kDay, now), std::nullopt);
  EXPECT_TRUE(reminder.Remind(now + 2 * kDay, now).has_value());
  EXPECT_EQ(reminder.Remind(now + 900 * kDay, now), std::nullopt);
}

}  // namespace
}  // namespace fathom
