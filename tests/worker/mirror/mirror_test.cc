// What lies in a mirror is found, and what a mirror does to a worker is
// bounded. The servers are real ones, with TLS.
#include "worker/mirror/mirror.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/worker/mirror/web_server.h"
#include "tests/worker/session/datasets/small_dataset.h"

namespace fathom::worker {
namespace {

using test::GoOn;
using test::SmallDataset;
using test::StatusIs;
using test::WebServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class MirrorTest : public ::testing::Test {
 protected:
  MirrorTest() { identity_.Write(temp_.File("ca.pem")); }

  absl::Status FetchFrom(const std::string& name, MirrorOptions options) {
    const auto mirror = ReadMirror(name, options);
    if (!mirror.ok()) return mirror.status();
    return (*mirror)->Fetch(data_.digest, part_, GoOn);
  }
  absl::Status FetchFrom(const std::string& name) {
    return FetchFrom(
        name, {.ca = temp_.File("ca.pem"), .patience = absl::Seconds(1)});
  }
  absl::Status FetchFrom(const WebServer& server) {
    return FetchFrom(server.url() + "/sets");
  }
  bool HasAll() { return part_.Decode(data_.digest, GoOn).ok(); }
  // Has some of the bytes already.
  void HasBegun(size_t bytes) {
    ASSERT_OK(part_.Append(absl::string_view(data_.bytes).substr(0, bytes)));
  }

  static std::string Response(absl::string_view status, absl::string_view body,
                              absl::string_view headers = "") {
    return absl::StrCat("HTTP/1.1 ", status, "\r\n", headers,
                        "Content-Length: ", body.size(), "\r\n\r\n", body);
  }
  // A server as it should be: sends the file, or what a range asks for.
  WebServer::Answer Right(const std::string& request) {
    if (!absl::StartsWith(request,
                          absl::StrCat("GET /sets/", data_.name, " "))) {
      return {Response("404 Not Found", "<html>no such file</html>")};
    }
    const size_t range = request.find("Range: bytes=");
    if (range == std::string::npos) return {Response("200 OK", data_.bytes)};
    const size_t offset = std::stoul(request.substr(range + 13));
    return {Response(
        "206 Partial Content", data_.bytes.substr(offset),
        absl::StrCat("Content-Range: bytes ", offset, "-",
                     data_.bytes.size() - 1, "/", data_.bytes.size(), "\r\n"))};
  }
  WebServer::Site RightSite() {
    return [this](const std::string& request) { return Right(request); };
  }

  test::TempDir temp_;
  test::Identity identity_;
  const SmallDataset data_ = SmallDataset(10'000);  // 240032 bytes.
  MemoryPart part_;
};

TEST_F(MirrorTest, AFolderIsOneUnderEitherName) {
  std::filesystem::create_directories(temp_.File("a b"));
  std::ofstream(temp_.File("a b/") + data_.name, std::ios::binary)
      << data_.bytes;
  ASSERT_OK(FetchFrom(temp_.File("a b")));
  EXPECT_TRUE(HasAll());
  const size_t blank = temp_.File("a b").rfind(' ');
  std::string url = "file://" + temp_.File("a b");
  url.replace(url.size() - (temp_.File("a b").size() - blank), 1, "%20");
  ASSERT_OK(part_.Restart());
  HasBegun(1000);
  ASSERT_OK(FetchFrom(url));
  EXPECT_TRUE(HasAll());
}

TEST_F(MirrorTest, WhatIsMissingInAFolderOrNoFileIsSaid) {
  EXPECT_THAT(FetchFrom(temp_.File("nowhere")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  ASSERT_EQ(mkfifo(temp_.File(data_.name).c_str(), 0600), 0);
  EXPECT_THAT(FetchFrom(temp_.File("")),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no file")));
}

TEST_F(MirrorTest, NamesAreHttpsFileOrFolderAndKeepNoSecret) {
  for (const std::string& name :
       {std::string(), std::string("http://lab.example/sets"),
        std::string("ftp://lab.example/sets"), std::string("https://"),
        std::string("https://lab.example/sets?x=1"),
        std::string("https://lab.example/sets#x"), std::string("s3://bucket"),
        std::string("https://lab.example:99999/")}) {
    EXPECT_THAT(
        ReadMirror(name, {}),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected")))
        << name;
  }
  EXPECT_THAT(
      ReadMirror("https://ada:secret@lab.example/sets", {}),
      StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("secret"))));
  const auto mirror = ReadMirror("HTTPS://Lab.example/sets", {});
  ASSERT_OK(mirror);
  EXPECT_THAT((*mirror)->name(), HasSubstr("/sets/"));
}

TEST_F(MirrorTest, AServerSendsTheWholeOrTheRest) {
  WebServer server(identity_, RightSite());
  ASSERT_OK(FetchFrom(server));
  EXPECT_TRUE(HasAll());
  ASSERT_OK(part_.Restart());
  HasBegun(1000);
  ASSERT_OK(FetchFrom(server));
  EXPECT_TRUE(HasAll());
  EXPECT_THAT(server.requests()[1], HasSubstr("Range: bytes=1000-"));
}

TEST_F(MirrorTest, AServerWithoutRangesBeginsAnew) {
  WebServer server(identity_, [this](const std::string&) {
    return WebServer::Answer{Response("200 OK", data_.bytes)};
  });
  HasBegun(1000);
  ASSERT_OK(FetchFrom(server));
  EXPECT_TRUE(HasAll());
}

TEST_F(MirrorTest, ABrokenConnectionIsGoneOnFromWhileItBringsSomething) {
  int calls = 0;
  WebServer server(identity_, [&](const std::string& request) {
    WebServer::Answer answer = Right(request);
    if (++calls <= 2) answer.bytes.resize(100'000);
    return answer;
  });
  ASSERT_OK(FetchFrom(server));
  EXPECT_TRUE(HasAll());
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(MirrorTest, BytesOneByOneAreGivenUp) {
  WebServer server(identity_, [this](const std::string& request) {
    WebServer::Answer answer = Right(request);
    const size_t body = answer.bytes.find("\r\n\r\n") + 4;
    answer.bytes.resize(body + 1);
    return answer;
  });
  EXPECT_THAT(FetchFrom(server), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(MirrorTest, SilenceIsGivenUpAndWhatCameIsKept) {
  WebServer server(identity_, [this](const std::string& request) {
    WebServer::Answer answer = Right(request);
    answer.bytes.resize(20'000);
    answer.stay = true;
    return answer;
  });
  // Any speed is too slow, so that the test need not wait for an average.
  EXPECT_THAT(FetchFrom(server.url() + "/sets", {.ca = temp_.File("ca.pem"),
                                                 .least_rate = int64_t{1} << 40,
                                                 .patience = absl::Seconds(1)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded,
                       HasSubstr("bytes per second")));
  EXPECT_GT(part_.size(), 10'000);
}

TEST_F(MirrorTest, ABodyWithoutEndEndsWithTheDataset) {
  WebServer server(identity_, [this](const std::string&) {
    return WebServer::Answer{absl::StrCat(
        "HTTP/1.1 200 OK\r\n\r\n", data_.bytes, std::string(10 << 20, 'x'))};
  });
  EXPECT_THAT(FetchFrom(server), StatusIs(absl::StatusCode::kDataLoss,
                                          HasSubstr("more than the 240032")));
}

TEST_F(MirrorTest, WhatIsNoDatasetEndsAtItsHeader) {
  WebServer server(identity_, [](const std::string&) {
    return WebServer::Answer{Response("200 OK", std::string(1 << 20, 'x'))};
  });
  EXPECT_THAT(FetchFrom(server), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(part_.size(), 0);
}

TEST_F(MirrorTest, HeadersAreBounded) {
  WebServer server(identity_, [this](const std::string&) {
    std::string headers;
    for (int i = 0; i < 3000; ++i) {
      absl::StrAppend(&headers, "X-", i, ": ", std::string(80, 'x'), "\r\n");
    }
    return WebServer::Answer{Response("200 OK", data_.bytes, headers)};
  });
  EXPECT_THAT(FetchFrom(server), Not(test::IsOk()));
  EXPECT_EQ(part_.size(), 0);
}

TEST_F(MirrorTest, AnotherRangeThanTheOneAskedForIsNotTaken) {
  WebServer server(identity_, [this](const std::string&) {
    return WebServer::Answer{
        Response("206 Partial Content", data_.bytes.substr(2000),
                 "Content-Range: bytes 2000-240031/240032\r\n")};
  });
  HasBegun(1000);
  EXPECT_THAT(FetchFrom(server),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("from 2000 on, expected those from 1000")));
  EXPECT_EQ(part_.size(), 1000);
}

TEST_F(MirrorTest, StatusesSayWhetherItIsNotThereOrRefused) {
  for (const auto& [status, code] :
       std::initializer_list<std::pair<std::string, absl::StatusCode>>{
           {"404 Not Found", absl::StatusCode::kNotFound},
           {"410 Gone", absl::StatusCode::kNotFound},
           {"403 Forbidden", absl::StatusCode::kFailedPrecondition},
           {"416 Range Not Satisfiable", absl::StatusCode::kDataLoss},
           {"503 Service Unavailable",
            absl::StatusCode::kFailedPrecondition}}) {
    WebServer server(identity_, [&](const std::string&) {
      return WebServer::Answer{Response(status, data_.bytes)};
    });
    EXPECT_THAT(FetchFrom(server), StatusIs(code)) << status;
    EXPECT_EQ(part_.size(), 0);
  }
}

TEST_F(MirrorTest, RedirectsAreFollowedThreeTimesAndOnlyToHttps) {
  std::string target;
  int left = 0;
  WebServer server(identity_, [&](const std::string& request) {
    if (left-- > 0) {
      return WebServer::Answer{
          Response("302 Found", "elsewhere",
                   absl::StrCat("Location: ", target, "\r\n"))};
    }
    return Right(request);
  });
  target = absl::StrCat(server.url(), "/sets/", data_.name);
  left = 3;
  ASSERT_OK(FetchFrom(server));
  EXPECT_TRUE(HasAll());
  left = 4;
  ASSERT_OK(part_.Restart());
  EXPECT_THAT(FetchFrom(server),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  for (const std::string& elsewhere :
       {"http" + target.substr(5), std::string("file:///etc/passwd"),
        std::string("ftp://127.0.0.1/x")}) {
    target = elsewhere;
    left = 1;
    EXPECT_THAT(FetchFrom(server),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << target;
    EXPECT_EQ(part_.size(), 0);
  }
}

TEST_F(MirrorTest, ACertificateThatNobodyVouchesForIsRefused) {
  WebServer server(identity_, RightSite());
  const test::Identity other;
  other.Write(temp_.File("other.pem"));
  EXPECT_THAT(
      FetchFrom(server.url() + "/sets", {.ca = temp_.File("other.pem")}),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("certificate")));
  EXPECT_THAT(FetchFrom(server.url() + "/sets", {}), Not(test::IsOk()));
  // Nor is a right one under another name.
  std::string other_name = server.url() + "/sets";
  other_name.replace(other_name.find("127.0.0.1"), 9, "localhost");
  EXPECT_THAT(FetchFrom(other_name), Not(test::IsOk()));
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST_F(MirrorTest, WhoNeedsItNoMoreIsNotKept) {
  WebServer server(identity_, [](const std::string&) {
    return WebServer::Answer{.bytes = "HTTP/1.1 200 OK\r\n", .stay = true};
  });
  const auto mirror = ReadMirror(server.url(), {.ca = temp_.File("ca.pem")});
  ASSERT_OK(mirror);
  EXPECT_THAT((*mirror)->Fetch(data_.digest, part_,
                               [&] { return server.requests().empty(); }),
              StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace fathom::worker
