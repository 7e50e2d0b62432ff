#include "client/data/new_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

class NewFileTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) {
    return folder_.path() + "/" + name;
  }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int64_t FileCount() {
    return std::distance(std::filesystem::directory_iterator(folder_.path()),
                         {});
  }

  test::TempFolder folder_;
};

TEST_F(NewFileTest, HasItsNameOnlyOnceItIsComplete) {
  NewFile file;
  ASSERT_TRUE(file.Create(Path("a"), /*overwrite=*/false, 0640).ok());
  ASSERT_TRUE(file.Append("one ").ok());
  ASSERT_TRUE(file.Append("two").ok());
  EXPECT_FALSE(std::filesystem::exists(Path("a")));
  ASSERT_TRUE(file.Finish().ok());

  EXPECT_EQ(Content(Path("a")), "one two");
  EXPECT_EQ(file.size(), 7);
  EXPECT_EQ(FileCount(), 1);
  struct stat status = {};
  ASSERT_EQ(stat(Path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0027, 0u) << "more permissions than asked for";
}

TEST_F(NewFileTest, LeavesNothingBehindUnlessItIsFinished) {
  {
    NewFile file;
    ASSERT_TRUE(file.Create(Path("a"), /*overwrite=*/false, 0600).ok());
    ASSERT_TRUE(file.Append("half").ok());
    EXPECT_EQ(FileCount(), 1);
  }
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(NewFileTest, ReplacesAFileOnlyWhenItIsAllowedTo) {
  folder_.Write("a", "old");
  NewFile refused;
  EXPECT_THAT(refused.Create(Path("a"), /*overwrite=*/false, 0600),
              StatusIs(absl::StatusCode::kAlreadyExists));

  NewFile late;
  ASSERT_TRUE(late.Create(Path("b"), /*overwrite=*/false, 0600).ok());
  folder_.Write("b", "was faster");
  EXPECT_THAT(late.Finish(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Content(Path("b")), "was faster");

  NewFile allowed;
  ASSERT_TRUE(allowed.Create(Path("a"), /*overwrite=*/true, 0600).ok());
  ASSERT_TRUE(allowed.Append("new").ok());
  EXPECT_EQ(Content(Path("a")), "old");
  ASSERT_TRUE(allowed.Finish().ok());
  EXPECT_EQ(Content(Path("a")), "new");
}

TEST_F(NewFileTest, TwoFilesOfOneNameDoNotMix) {
  NewFile first;
  NewFile second;
  ASSERT_TRUE(first.Create(Path("a"), /*overwrite=*/true, 0600).ok());
  ASSERT_TRUE(second.Create(Path("a"), /*overwrite=*/true, 0600).ok());
  ASSERT_TRUE(first.Append("first").ok());
  ASSERT_TRUE(second.Append("second").ok());
  ASSERT_TRUE(first.Finish().ok());
  ASSERT_TRUE(second.Finish().ok());
  EXPECT_EQ(Content(Path("a")), "second");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(NewFileTest, ErrorsNameTheFile) {
  NewFile nowhere;
  EXPECT_THAT(nowhere.Create(Path("none/a"), /*overwrite=*/false, 0600),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("none/a: No such file")));
}

// A file that may not grow stands for a disk that is full.
TEST_F(NewFileTest, AFileThatCannotGrowIsAnErrorAndGone) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {1000, before.rlim_max};
  const auto on_excess = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status status;
  {
    NewFile file;
    status = file.Create(Path("a"), /*overwrite=*/false, 0600);
    if (status.ok()) status = file.Append(std::string(2000, 'x'));
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, on_excess);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("/a")));
  EXPECT_THAT(status.message(), HasSubstr("File too large"));
  EXPECT_EQ(FileCount(), 0);
}

}  // namespace
}  // namespace fathom::client
