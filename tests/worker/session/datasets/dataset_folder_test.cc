// Many processes share a folder of datasets, and any of them may die.
#include "worker/session/datasets/dataset_folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/worker/session/datasets/small_dataset.h"

namespace fathom::worker {
namespace {

using test::GoOn;
using test::SmallDataset;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class DatasetFolderTest : public ::testing::Test {
 protected:
  DatasetFolder Folder(int64_t most_bytes = 1 << 20) {
    return DatasetFolder(path_, most_bytes);
  }
  std::set<std::string> Names() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  // Puts a dataset into the folder, as one used so many seconds after 1970.
  void Put(DatasetFolder& folder, const SmallDataset& data, int used) {
    auto part = folder.Claim(data.digest, GoOn);
    ASSERT_OK(part);
    ASSERT_OK((*part)->Append(data.bytes));
    ASSERT_OK((*part)->Publish());
    SetUsed(data.name, used);
  }
  void SetUsed(const std::string& name, int used) {
    const timespec times[2] = {{.tv_sec = used}, {.tv_sec = used}};
    utimensat(AT_FDCWD, File(name).c_str(), times, 0);
  }
  std::string File(const std::string& name) { return path_ + "/" + name; }

  test::TempDir temp_;
  const std::string path_ = temp_.File("cache/of/datasets");
  const SmallDataset data_ = SmallDataset(10);
};

TEST_F(DatasetFolderTest, WhatIsPublishedIsThereAndNothingElse) {
  DatasetFolder folder = Folder();
  EXPECT_THAT(folder.Load(data_.digest, GoOn),
              StatusIs(absl::StatusCode::kNotFound));
  {
    const auto part = folder.Claim(data_.digest, GoOn);
    ASSERT_OK(part);
    ASSERT_OK((*part)->Append(data_.bytes));
    EXPECT_THAT(folder.Load(data_.digest, GoOn),
                StatusIs(absl::StatusCode::kNotFound));
    ASSERT_OK((*part)->Publish());
  }
  const auto loaded = folder.Load(data_.digest, GoOn);
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->x, data_.dataset.x);
  EXPECT_THAT(Names(), UnorderedElementsAre(data_.name));
  EXPECT_THAT(folder.Load(data_.digest, [] { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(DatasetFolderTest, WhatIsNotWhatItsNameSaysIsRemoved) {
  DatasetFolder folder = Folder();
  const SmallDataset other(11);
  for (const std::string& wrong :
       {std::string(), std::string("FATHOMD1"), other.bytes,
        data_.bytes.substr(0, 100), data_.bytes + "x"}) {
    std::filesystem::create_directories(path_);
    std::ofstream(File(data_.name), std::ios::binary) << wrong;
    EXPECT_THAT(folder.Load(data_.digest, GoOn),
                StatusIs(absl::StatusCode::kNotFound));
    EXPECT_FALSE(std::filesystem::exists(File(data_.name)));
  }
}

// A fifo would keep whoever opens it.
TEST_F(DatasetFolderTest, WhatIsNoFileIsNotRead) {
  DatasetFolder folder = Folder();
  std::filesystem::create_directories(path_);
  ASSERT_EQ(mkfifo(File(data_.name).c_str(), 0600), 0);
  EXPECT_THAT(folder.Load(data_.digest, GoOn),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(DatasetFolderTest, WhatHasArrivedIsKeptForTheNextOne) {
  DatasetFolder folder = Folder();
  {
    const auto part = folder.Claim(data_.digest, GoOn);
    ASSERT_OK(part);
    ASSERT_OK((*part)->Append(absl::string_view(data_.bytes).substr(0, 100)));
  }
  const auto part = folder.Claim(data_.digest, GoOn);
  ASSERT_OK(part);
  EXPECT_EQ((*part)->size(), 100);
  EXPECT_EQ((*part)->total(), static_cast<int64_t>(data_.bytes.size()));
  ASSERT_OK((*part)->Append(absl::string_view(data_.bytes).substr(100)));
  EXPECT_TRUE((*part)->complete());
  ASSERT_OK((*part)->Decode(data_.digest, GoOn));
}

TEST_F(DatasetFolderTest, WhatCannotBeABeginIsBegunAnew) {
  DatasetFolder folder = Folder();
  for (const std::string& wrong :
       {std::string(40, 'x'), data_.bytes + "beyond the end"}) {
    std::filesystem::create_directories(path_);
    std::ofstream(File(data_.name + ".part"), std::ios::binary) << wrong;
    const auto part = folder.Claim(data_.digest, GoOn);
    ASSERT_OK(part);
    EXPECT_EQ((*part)->size(), 0);
  }
  EXPECT_TRUE(Names().empty());  // Nothing is left of an empty part.
}

TEST_F(DatasetFolderTest, OneFetchesAndTheOthersFindIt) {
  DatasetFolder folder = Folder();
  auto part = folder.Claim(data_.digest, GoOn);
  ASSERT_OK(part);
  absl::Notification waits;
  std::thread other([&] {
    const auto claimed = folder.Claim(data_.digest, [&] {
      if (!waits.HasBeenNotified()) waits.Notify();
      return true;
    });
    ASSERT_OK(claimed);
    EXPECT_EQ((*claimed)->size(), 0);
    EXPECT_OK(folder.Load(data_.digest, GoOn));
  });
  waits.WaitForNotification();
  ASSERT_OK((*part)->Append(data_.bytes));
  ASSERT_OK((*part)->Publish());
  part->reset();
  other.join();
  EXPECT_THAT(Names(), UnorderedElementsAre(data_.name));
}

TEST_F(DatasetFolderTest, WhoWaitsCanBeStopped) {
  DatasetFolder folder = Folder();
  const auto part = folder.Claim(data_.digest, GoOn);
  ASSERT_OK(part);
  EXPECT_THAT(folder.Claim(data_.digest, [] { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  // Other datasets have nothing to do with it.
  EXPECT_OK(folder.Claim(SmallDataset(3).digest, [] { return false; }));
}

// Killed in the midst, as nodes are.
TEST_F(DatasetFolderTest, WhatADeadProcessHadFetchedIsGoneOnWith) {
  DatasetFolder folder = Folder();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto part = folder.Claim(data_.digest, GoOn);
    const bool fine =
        part.ok() &&
        (*part)->Append(absl::string_view(data_.bytes).substr(0, 200)).ok();
    if (fine && write(pipe_ends[1], "x", 1) == 1) pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(pipe_ends[0], &byte, 1), 1);
  EXPECT_THAT(folder.Claim(data_.digest, [] { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto part = folder.Claim(data_.digest, [] { return false; });
  ASSERT_OK(part);
  EXPECT_EQ((*part)->size(), 200);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_F(DatasetFolderTest, WhatWasUsedLongestAgoGoesFirst) {
  const SmallDataset a(10, 1.5), b(10, 2.5), c(10, 3.5), d(10, 4.5);
  DatasetFolder folder = Folder(3 * static_cast<int64_t>(a.bytes.size()) + 100);
  Put(folder, a, 1);
  Put(folder, b, 2);
  Put(folder, c, 3);
  std::ofstream(File("notes.txt")) << std::string(5000, 'x');
  SetUsed("notes.txt", 0);
  ASSERT_OK(folder.Load(a.digest, GoOn));  // Used now.
  Put(folder, d, 4);
  EXPECT_THAT(Names(),
              UnorderedElementsAre(a.name, c.name, d.name, "notes.txt"));
}

TEST_F(DatasetFolderTest, RoomIsMadeBeforeTheBytesComeAndNotOfWhatComes) {
  const SmallDataset a(10, 1.5), b(10, 2.5), old(10, 3.5), large(100);
  DatasetFolder folder = Folder(static_cast<int64_t>(large.bytes.size()));
  {
    const auto part = folder.Claim(old.digest, GoOn);
    ASSERT_OK((*part)->Append(absl::string_view(old.bytes).substr(0, 50)));
  }
  SetUsed(old.name + ".part", 1);  // Nobody came back for it.
  Put(folder, a, 2);
  const auto arriving = folder.Claim(b.digest, GoOn);
  ASSERT_OK((*arriving)->Append(absl::string_view(b.bytes).substr(0, 50)));
  SetUsed(b.name + ".part", 1);  // Slowly, but it is being fetched.

  const auto part = folder.Claim(large.digest, GoOn);
  ASSERT_OK((*part)->Append(absl::string_view(large.bytes).substr(0, 32)));
  EXPECT_THAT(Names(),
              UnorderedElementsAre(b.name + ".part", large.name + ".part"));
  // What alone is too much is kept until another one comes.
  DatasetFolder small = Folder(10);
  ASSERT_OK((*part)->Append(absl::string_view(large.bytes).substr(32)));
  ASSERT_OK((*part)->Publish());
  small.MakeRoom(0, large.name);
  EXPECT_TRUE(std::filesystem::exists(File(large.name)));
  small.MakeRoom(0, b.name);
  EXPECT_FALSE(std::filesystem::exists(File(large.name)));
}

TEST_F(DatasetFolderTest, AFolderThatCannotBeUsedSaysWhy) {
  std::ofstream(temp_.File("file")) << "x";
  DatasetFolder folder(temp_.File("file/cache"), 100);
  EXPECT_THAT(folder.Claim(data_.digest, GoOn),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("file/cache")));
}

// Whatever the file system says when a disk is full.
TEST_F(DatasetFolderTest, ADiskThatIsFullIsAnErrorOfStoring) {
  DatasetFolder folder = Folder();
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {.rlim_cur = 100, .rlim_max = 100};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto part = folder.Claim(data_.digest, GoOn);
    const bool fine = part.ok() && !(*part)->Append(data_.bytes).ok() &&
                      !(*part)->storage().ok() && !(*part)->Restart().ok();
    _exit(fine ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace fathom::worker
