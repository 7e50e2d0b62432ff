#include "client/data/input_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InputFileTest : public ::testing::Test {
 protected:
  // Returns all lines, with an error as the last line.
  static std::vector<std::string> Lines(const std::string& path,
                                        int64_t limit = kMaxContentBytes) {
    std::vector<std::string> lines;
    auto file = InputFile::Open(path, limit);
    if (!file.ok()) return {std::string(file.status().message())};
    absl::string_view line;
    while (true) {
      const absl::StatusOr<bool> more = (*file)->NextLine(&line);
      if (!more.ok()) lines.emplace_back(more.status().message());
      if (!more.ok() || !*more) return lines;
      lines.emplace_back(line);
    }
  }

  test::TempFolder folder_;
};

TEST_F(InputFileTest, LinesEndInLfOrCrlfOrTheEndOfTheFile) {
  EXPECT_THAT(Lines(folder_.Write("a", "one\r\n\ntwo\nthree")),
              ElementsAre("one", "", "two", "three"));
  EXPECT_THAT(Lines(folder_.Write("b", "one\n")), ElementsAre("one"));
  EXPECT_THAT(Lines(folder_.Write("c", "")), ElementsAre());
}

TEST_F(InputFileTest, NamesThatOnlyOthersKnowAreMissingWithTheCure) {
  const auto error = [&](const std::string& name) {
    const auto file = InputFile::Open(folder_.path() + "/" + name);
    EXPECT_THAT(file, StatusIs(absl::StatusCode::kNotFound));
    return std::string(file.status().message());
  };
  EXPECT_THAT(error("~/x.csv"), HasSubstr("write the whole path"));
  EXPECT_THAT(error("*.csv"), HasSubstr("name each file"));
  EXPECT_THAT(error("https://a.b/x.csv"), HasSubstr("fetch it first"));
  EXPECT_THAT(error("x~.csv"), ::testing::Not(HasSubstr("only shells")));
}

TEST_F(InputFileTest, ByteOrderMarkIsNotPartOfTheFirstLine) {
  EXPECT_THAT(Lines(folder_.Write("a", "\xEF\xBB\xBFx\n\xEF\xBB\xBFy\n")),
              ElementsAre("x", "\xEF\xBB\xBFy"));
}

TEST_F(InputFileTest, GzipAndPlainFilesReadAlike) {
  std::string content;
  for (int i = 0; i < 50000; ++i) content += std::to_string(i) + "\n";
  content += std::string(300000, 'x');

  const std::vector<std::string> plain = Lines(folder_.Write("a", content));
  EXPECT_EQ(plain.size(), 50001);
  EXPECT_EQ(plain.back().size(), 300000);
  EXPECT_EQ(Lines(folder_.WriteGzip("a.gz", content)), plain);
}

TEST_F(InputFileTest, PeekingTakesNothing) {
  auto file = InputFile::Open(folder_.WriteGzip("a", "one\ntwo\n"));
  ASSERT_OK(file);
  const absl::StatusOr<absl::string_view> head = (*file)->Peek();
  ASSERT_OK(head);
  EXPECT_EQ(*head, "one\ntwo\n");
  EXPECT_TRUE((*file)->gzip());
  char bytes[100];
  const absl::StatusOr<size_t> count = (*file)->Read(sizeof(bytes), bytes);
  ASSERT_OK(count);
  EXPECT_EQ(std::string(bytes, *count), "one\ntwo\n");
}

TEST_F(InputFileTest, FilesThatCannotBeReadAreNamed) {
  const absl::Status missing =
      InputFile::Open(folder_.path() + "/none").status();
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/none"));
  EXPECT_THAT(Lines(folder_.path()),
              ElementsAre(HasSubstr("found a folder, expected a file")));
}

TEST_F(InputFileTest, DamagedGzipIsAnError) {
  std::string noise;
  for (uint32_t i = 0; i < 100000; ++i) {
    noise += static_cast<char>((i * 2654435761u) >> 24);
  }
  const std::string path = folder_.WriteGzip("a.gz", noise);
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size / 2);
  EXPECT_THAT(Lines(path).back(), HasSubstr("damaged gzip data"));

  EXPECT_THAT(Lines(folder_.Write("b.gz",
                                  "\x1F\x8B\x08garbage"
                                  "garbagegarbage")),
              ElementsAre(HasSubstr("damaged gzip data")));
}

// Bytes behind a member that were no further member used to be skipped, with
// all data in them.
TEST_F(InputFileTest, WhatFollowsAGzipMemberIsAnotherOrAnError) {
  const auto member = [&](const std::string& content) {
    std::ifstream file(folder_.WriteGzip("member.gz", content),
                       std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string first = member("one\n");
  const std::string second = member("two\n");
  EXPECT_THAT(Lines(folder_.Write("both.gz", first + second)),
              ElementsAre("one", "two"));
  std::string damaged = second;
  damaged[1] ^= 1;
  for (const std::string& tail :
       {std::string(3, '\0'), std::string(3, '\0') + second, damaged,
        std::string("garbage"), second.substr(0, 1), second.substr(0, 10),
        second.substr(0, second.size() - 1)}) {
    const std::vector<std::string> lines =
        Lines(folder_.Write("tail.gz", first + tail));
    EXPECT_THAT(lines.back(), HasSubstr("damaged gzip data"));
    EXPECT_THAT(lines.back(), HasSubstr("tail.gz"));
  }
}

TEST_F(InputFileTest, DecompressionStopsAtTheLimit) {
  const std::string path =
      folder_.WriteGzip("bomb.gz", std::string(10'000'000, '\n'));
  EXPECT_THAT(Lines(path, 1'000'000).back(),
              HasSubstr("found more than 1000000 bytes after decompression"));
  EXPECT_EQ(Lines(path, 10'000'000).size(), 10'000'000);
}

TEST_F(InputFileTest, LinesHaveALimit) {
  const std::string path =
      folder_.WriteGzip("a.gz", std::string(kMaxLineBytes * 3, 'x'));
  EXPECT_THAT(Lines(path),
              ElementsAre(HasSubstr("a.gz:1:1: found a line of more than")));
}

}  // namespace
}  // namespace fathom::client
