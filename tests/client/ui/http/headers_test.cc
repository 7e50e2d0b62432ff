#include "client/ui/http/headers.h"

#include <string>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

TEST(HeadersTest, TheHostIsWithoutItsPort) {
  EXPECT_EQ(HostOf("localhost"), "localhost");
  EXPECT_EQ(HostOf("LocalHost:7380"), "localhost");
  EXPECT_EQ(HostOf("127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(HostOf("[::1]:7380"), "[::1]");
  EXPECT_EQ(HostOf("[FE80::1]"), "[fe80::1]");
  for (const char* header :
       {"", ":80", "a:", "a:b", "a:80:90", "a b", "a/b", "a@b", "[::1",
        "[::1]80", "[x]", "a:123456", "\xc3\xa4", "a,b"}) {
    EXPECT_EQ(HostOf(header), "") << header;
  }
  EXPECT_EQ(HostOf(std::string(254, 'a')), "");
}

TEST(HeadersTest, OnlyNamesOfThisServerAreForIt) {
  const HostList hosts({"lab.example:7380", "OTHER"});

  for (const char* host : {"localhost:1", "127.0.0.1", "[::1]:7380",
                           "lab.example", "LAB.EXAMPLE:443", "other"}) {
    EXPECT_TRUE(hosts.Allows(host, "127.0.0.1")) << host;
  }
  // A page of somebody whose name leads here.
  for (const char* host :
       {"evil.example", "localhost.evil.example", "lab.example.evil.example",
        "127.0.0.1.evil.example", "", "localhost.", "127.0.0.2", "10.0.0.5"}) {
    EXPECT_FALSE(hosts.Allows(host, "127.0.0.1")) << host;
  }
}

TEST(HeadersTest, TheAddressAtWhichARequestArrivesIsItsOwnName) {
  const HostList hosts({"0.0.0.0:7380"});
  EXPECT_TRUE(hosts.Allows("10.0.0.5:7380", "10.0.0.5"));
  EXPECT_FALSE(hosts.Allows("10.0.0.6:7380", "10.0.0.5"));
  EXPECT_TRUE(hosts.Allows("[fd00::5]:7380", "fd00::5"));
}

TEST(HeadersTest, OnlyTheServersOwnPageIsItsOrigin) {
  EXPECT_TRUE(IsOwnOrigin("http://localhost:7380", "localhost:7380"));
  EXPECT_TRUE(IsOwnOrigin("https://Lab", "lab"));
  for (const char* origin :
       {"", "null", "http://evil", "http://localhost", "http://localhost:7381",
        "http://localhost:7380/", "http://localhost:7380.evil",
        "ftp://localhost:7380", "localhost:7380", "http://"}) {
    EXPECT_FALSE(IsOwnOrigin(origin, "localhost:7380")) << origin;
  }
  EXPECT_FALSE(IsOwnOrigin("http://", ""));
}

TEST(HeadersTest, BrowsersTellOfOtherSites) {
  EXPECT_FALSE(IsFromOtherSite(""));
  EXPECT_FALSE(IsFromOtherSite("same-origin"));
  EXPECT_FALSE(IsFromOtherSite("none"));
  EXPECT_TRUE(IsFromOtherSite("cross-site"));
  EXPECT_TRUE(IsFromOtherSite("same-site"));
}

TEST(HeadersTest, CookiesAreFoundByTheirWholeName) {
  EXPECT_EQ(CookieOf("fathom=1", "fathom"), "1");
  EXPECT_EQ(CookieOf("a=b; fathom=x=y ;c", "fathom"), "x=y");
  EXPECT_EQ(CookieOf("notfathom=1; fathoms=2; fathom", "fathom"), "");
  EXPECT_EQ(CookieOf("", "fathom"), "");
}

TEST(HeadersTest, TokensFollowTheirScheme) {
  EXPECT_EQ(BearerOf("Bearer abc"), "abc");
  EXPECT_EQ(BearerOf("bearer  abc "), "abc");
  EXPECT_EQ(BearerOf("Basic abc"), "");
  EXPECT_EQ(BearerOf("Bearerabc"), "");
}

TEST(HeadersTest, VersionsMatchInQuotes) {
  EXPECT_TRUE(EtagMatches("\"abc\"", "abc"));
  EXPECT_TRUE(EtagMatches("\"x\", W/\"abc\"", "abc"));
  EXPECT_TRUE(EtagMatches("*", "abc"));
  for (const char* header : {"", "abc", "\"abcd\"", "\"abc", "\"x\"abc"}) {
    EXPECT_FALSE(EtagMatches(header, "abc")) << header;
  }
  EXPECT_FALSE(EtagMatches("\"\"", ""));
  EXPECT_FALSE(EtagMatches("*", ""));
}

TEST(HeadersTest, CompressionIsForThoseWhoTakeIt) {
  for (const char* header :
       {"gzip", "deflate, GZIP;q=0.5", "br, *", "*;q=0, gzip"}) {
    EXPECT_TRUE(TakesGzip(header)) << header;
  }
  for (const char* header :
       {"", "br", "gzip;q=0", "identity", "*, gzip;q=0", "gzip;q=x", "*;q=0"}) {
    EXPECT_FALSE(TakesGzip(header)) << header;
  }
}

}  // namespace
}  // namespace fathom::client
