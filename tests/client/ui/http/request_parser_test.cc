#include "client/ui/http/request_parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

constexpr size_t kHeader = 1000;
constexpr size_t kBody = 500;

// Returns the status with which `text` is refused; 0 if it is not.
int RefusalOf(const std::string& text) {
  RequestParser parser(kHeader, kBody);
  parser.Read(text);
  return parser.refusal();
}

TEST(RequestParserTest, ARequestMayComeInSingleBytes) {
  const std::string text =
      "POST /login?x=1 HTTP/1.1\r\nHost: a\r\nX-Fathom: 1\r\n"
      "Content-Length: 5\r\n\r\nhello";
  RequestParser parser(kHeader, kBody);
  std::string received;
  for (const char byte : text) {
    ASSERT_FALSE(parser.is_complete());
    received += byte;
    received.erase(0, parser.Read(received));
  }

  ASSERT_TRUE(parser.is_complete());
  EXPECT_EQ(parser.refusal(), 0);
  EXPECT_EQ(received, "");
  const HttpRequest request = parser.Take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/login?x=1");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.Header("x-fathom"), "1");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_TRUE(request.takes_chunks);
}

TEST(RequestParserTest, WhatFollowsARequestIsLeft) {
  const std::string first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser(kHeader, kBody);
  EXPECT_EQ(parser.Read(first + "GET /b"), first.size());
  EXPECT_TRUE(parser.is_complete());
}

TEST(RequestParserTest, BodiesInChunksArePutTogether) {
  RequestParser parser(kHeader, kBody);
  parser.Read(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(parser.is_complete());
  EXPECT_EQ(parser.Take().body, "abcde");
}

TEST(RequestParserTest, WhereABodyEndsIsNeverAGuess) {
  const auto with = [](const std::string& lines,
                       const std::string& version = "1.1") {
    return RefusalOf(absl::StrCat("POST / HTTP/", version, "\r\nHost: a\r\n",
                                  lines, "\r\n0\r\n\r\n"));
  };
  EXPECT_EQ(with("Transfer-Encoding: Chunked\r\n"), 0);
  EXPECT_EQ(with("Transfer-Encoding: xchunked\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: identity\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: chunked, identity\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\n"
                 "Transfer-Encoding: identity\r\n"),
            400);
  EXPECT_EQ(with("Transfer-Encoding: \r\n"), 400);
  // HTTP/1.0 has no chunks.
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\n", "1.0"), 400);
}

TEST(RequestParserTest, OldClientsDoNotStay) {
  RequestParser parser(kHeader, kBody);
  parser.Read("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(parser.is_complete());
  const HttpRequest request = parser.Take();
  EXPECT_FALSE(request.keep_alive);
  EXPECT_FALSE(request.takes_chunks);
}

TEST(RequestParserTest, HeadersThatComeTwiceAreKept) {
  RequestParser parser(kHeader, kBody);
  parser.Read("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
  ASSERT_TRUE(parser.is_complete());
  EXPECT_EQ(parser.Take().CountOf("host"), 2);
}

TEST(RequestParserTest, HeadsHaveALimitBeforeAndAfterTheyAreWhole) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  EXPECT_EQ(RefusalOf(start + std::string(900, 'x') + "\r\n\r\n"), 0);
  EXPECT_EQ(RefusalOf(start + std::string(1000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(RefusalOf(start + std::string(1000, 'x')), 431);
  EXPECT_EQ(RefusalOf("GET /" + std::string(2000, 'x')), 431);
}

TEST(RequestParserTest, BodiesHaveALimitWhateverTheySayOfThemselves) {
  const auto post = [](const std::string& lines, const std::string& body) {
    return RefusalOf(
        absl::StrCat("POST / HTTP/1.1\r\nHost: a\r\n", lines, "\r\n", body));
  };
  EXPECT_EQ(post("Content-Length: 500\r\n", std::string(500, 'x')), 0);
  EXPECT_EQ(post("Content-Length: 501\r\n", ""), 413);
  EXPECT_EQ(
      post("Transfer-Encoding: chunked\r\n",
           absl::StrCat("1f5\r\n", std::string(501, 'x'), "\r\n0\r\n\r\n")),
      413);
  EXPECT_EQ(post("Content-Length: 18446744073709551617\r\n", ""), 400);
}

TEST(RequestParserTest, ALineWithoutEndInABodyIsRefused) {
  RequestParser parser(kHeader, kBody);
  std::string received =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=";
  for (int i = 0; i < 10'000 && parser.refusal() == 0; ++i) {
    received.erase(0, parser.Read(received));
    received += 'x';
  }
  EXPECT_EQ(parser.refusal(), 431);
  EXPECT_LT(received.size(), 2 * kHeader);
}

TEST(RequestParserTest, WhatIsNoRequestIsRefused) {
  for (const char* text :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello of TLS\r\n\r\n",
        "GET /\r\n\r\n", "GET / HTTP/1.1\r\nHost a\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        // Which of the two counts, others read differently.
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "Content-Length: 4\r\n\r\nabcd"}) {
    EXPECT_EQ(RefusalOf(text), 400) << text;
  }
  EXPECT_EQ(RefusalOf("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
}

}  // namespace
}  // namespace fathom::client
