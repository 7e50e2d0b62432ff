// The files of checkpoints: whole or not there, and gone when nobody needs
// them.
#include "server/store/files/checkpoint_files.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"
#include "server/limits.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::string DigestOf(const std::string& bytes) {
  return absl::StrCat("sha256:", Sha256Hex(bytes));
}

class CheckpointFilesTest : public ::testing::Test {
 protected:
  CheckpointFilesTest() {
    std::string name = ::testing::TempDir() + "/fathom-files-XXXXXX";
    folder_ = mkdtemp(name.data());
    files_ = std::make_unique<CheckpointFiles>(directory());
  }
  ~CheckpointFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string directory() const {
    return CheckpointFiles::DirectoryFor(folder_ + "/ledger.db");
  }

  // Puts `bytes` aside in two pieces, and returns their digest.
  std::string Put(const std::string& bytes, absl::Time now = kNow,
                  const std::string& caller = "ada") {
    const std::string digest = DigestOf(bytes);
    auto writer =
        files_->Begin(digest, static_cast<int64_t>(bytes.size()), caller);
    EXPECT_OK(writer);
    if (!writer.ok()) return digest;
    EXPECT_OK((*writer)->Append(bytes.substr(0, bytes.size() / 2)));
    EXPECT_OK((*writer)->Append(bytes.substr(bytes.size() / 2)));
    EXPECT_OK((*writer)->Finish(now));
    return digest;
  }

  bool Has(const std::string& digest) const {
    return std::filesystem::exists(
        absl::StrCat(directory(), "/", absl::StripPrefix(digest, "sha256:")));
  }

  int64_t FileCount() const {
    int64_t count = 0;
    if (!std::filesystem::exists(directory())) return 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      count += entry.is_regular_file();
    }
    return count;
  }

  std::string folder_;
  std::unique_ptr<CheckpointFiles> files_;
};

TEST_F(CheckpointFilesTest, BytesComeBackFromAnyOffset) {
  std::string bytes(3'000'000, 'x');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * i / 7);
  }
  const std::string digest = Put(bytes);
  std::string read;
  while (true) {
    const auto piece = files_->Read(digest, static_cast<int64_t>(read.size()),
                                    kCheckpointPieceBytes);
    ASSERT_OK(piece);
    if (piece->empty()) break;
    EXPECT_LE(piece->size(), kCheckpointPieceBytes);
    read += *piece;
  }
  EXPECT_TRUE(read == bytes);
  EXPECT_EQ(*files_->Read(digest, 2'999'990, 100), bytes.substr(2'999'990));
  EXPECT_EQ(*files_->Read(digest, 4'000'000, 100), "");
}

TEST_F(CheckpointFilesTest, TheFolderIsForNobodyElse) {
  Put("state");
  EXPECT_EQ(std::filesystem::status(directory()).permissions(),
            std::filesystem::perms::owner_all);
}

TEST_F(CheckpointFilesTest, WhatDoesNotHaveItsDigestLeavesNothing) {
  for (const std::string wrong : {"statE", "stat", "states", ""}) {
    auto writer = files_->Begin(DigestOf("state"), 5, "ada");
    ASSERT_OK(writer);
    absl::Status status = (*writer)->Append(wrong);
    if (status.ok()) status = (*writer)->Finish(kNow);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << wrong;
  }
  EXPECT_EQ(FileCount(), 0);
  EXPECT_THAT(files_->Read(DigestOf("state"), 0, 10).status(),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CheckpointFilesTest, NamesThatAreNoDigestsAreRefused) {
  for (const std::string name :
       {"", "sha256:", "../../etc/passwd",
        "sha256:../../../../../../../../../../../../../../etc/passwdpasswdpass",
        "sha256:0123"}) {
    EXPECT_THAT(files_->Begin(name, 5, "ada").status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hex")));
    EXPECT_THAT(files_->Read(name, 0, 10).status(),
                StatusIs(absl::StatusCode::kNotFound));
  }
  for (const int64_t bytes :
       {int64_t{-1}, int64_t{0}, kMaxCheckpointBytes + 1}) {
    EXPECT_THAT(files_->Begin(DigestOf("x"), bytes, "ada").status(),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("checkpoint.bytes: found")));
  }
}

TEST_F(CheckpointFilesTest, AFileLivesAsLongAsRowsReferToIt) {
  const std::string digest = Put("state");
  files_->Claim(digest);
  files_->Claim(digest);
  files_->RemoveUnneeded(absl::InfiniteFuture());
  files_->Release(digest);
  files_->RemoveUnneeded(absl::InfinitePast());
  EXPECT_TRUE(Has(digest));
  files_->Release(digest);
  files_->RemoveUnneeded(absl::InfinitePast());
  EXPECT_FALSE(Has(digest));
  files_->Release(digest);  // Nothing is left to release.
}

TEST_F(CheckpointFilesTest, WhatNobodyClaimsGoesAfterAWhile) {
  const std::string older = Put("older", kNow);
  const std::string newer = Put("newer", kNow + absl::Seconds(5));
  files_->RemoveUnneeded(kNow + absl::Seconds(1));
  EXPECT_FALSE(Has(older));
  EXPECT_TRUE(Has(newer));
}

// Two attempts reach the same state: the second one's file must not go with the
// row of the first.
TEST_F(CheckpointFilesTest, AFileThatIsPutAsideAgainWaitsForItsRow) {
  const std::string digest = Put("state");
  files_->Claim(digest);
  Put("state");
  files_->Release(digest);
  files_->RemoveUnneeded(absl::InfinitePast());
  EXPECT_TRUE(Has(digest));
  files_->Claim(digest);
  files_->Unclaim(digest);  // The row was not written.
  files_->RemoveUnneeded(absl::InfinitePast());
  EXPECT_TRUE(Has(digest));
  files_->Claim(digest);
  files_->Release(digest);
  files_->RemoveUnneeded(absl::InfinitePast());
  EXPECT_FALSE(Has(digest));
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(CheckpointFilesTest, LeftoversGoAndOtherFilesStay) {
  const std::string kept = Put("kept");
  const std::string left = Put("left");
  auto unfinished = files_->Begin(DigestOf("state"), 5, "ada");
  ASSERT_OK(unfinished);
  std::ofstream(directory() + "/notes.txt") << "mine";
  ASSERT_EQ(FileCount(), 4);
  CheckpointFiles next(directory());
  next.Claim(kept);
  next.RemoveLeftovers();
  EXPECT_TRUE(Has(kept));
  EXPECT_FALSE(Has(left));
  EXPECT_EQ(FileCount(), 2);  // With the notes.
}

TEST_F(CheckpointFilesTest, OneCallerCannotFillTheDiskWithWhatNobodyNames) {
  files_ = std::make_unique<CheckpointFiles>(directory(),
                                             /*most_unclaimed=*/10);
  const std::string first = Put("12345");
  Put("54321");
  EXPECT_THAT(files_->Begin(DigestOf("x"), 1, "ada").status(),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("found 11 bytes")));
  EXPECT_OK(files_->Begin(DigestOf("x"), 1, "bob"));
  EXPECT_OK(files_->Begin(DigestOf("x"), 1, ""));  // Nobody in particular.
  files_->Claim(first);
  const auto open = files_->Begin(DigestOf("x"), 5, "ada");
  EXPECT_OK(open);
  // What is on its way counts, too.
  EXPECT_THAT(files_->Begin(DigestOf("y"), 1, "ada").status(),
              StatusIs(absl::StatusCode::kResourceExhausted));
  // As it is, one file of any size fits beside another one.
  EXPECT_GE(kMaxUnclaimedBytes, 2 * kMaxCheckpointBytes);
}

}  // namespace
}  // namespace fathom::server
