// A dataset is put together from what several sources send, of which any may be
// wrong, slow, or gone.
#include "worker/session/datasets/dataset_fetcher.h"

#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers each call as it is told; after that as the last time.
class PlayedSource final : public DatasetSource {
 public:
  struct Answer {
    std::string bytes;  // Of the whole.
    size_t most = std::string::npos;
    absl::Status status;
  };
  explicit PlayedSource(std::deque<Answer> answers)
      : answers_(std::move(answers)) {}

  std::string name() const override { return "a played source"; }
  absl::Status Fetch(const std::string&, DatasetPart& part,
                     const std::function<bool()>&) override {
    offsets.push_back(part.size());
    const Answer answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    const auto offset = static_cast<size_t>(part.size());
    if (offset < answer.bytes.size()) {
      const absl::Status status = part.Append(
          absl::string_view(answer.bytes).substr(offset, answer.most));
      if (!status.ok()) return status;
    }
    return answer.status;
  }

  std::vector<int64_t> offsets;

 private:
  std::deque<Answer> answers_;
};

class DatasetFetcherTest : public ::testing::TestWithParam<bool> {
 protected:
  // The parameter says whether there is a folder.
  void Play(std::vector<std::deque<PlayedSource::Answer>> mirrors,
            std::deque<PlayedSource::Answer> coordinator) {
    DatasetOptions options;
    if (GetParam()) options.cache_dir = temp_.File("cache");
    for (auto& answers : mirrors) {
      mirrors_.push_back(std::make_shared<PlayedSource>(std::move(answers)));
      options.mirrors.push_back(mirrors_.back());
    }
    auto last = std::make_unique<PlayedSource>(std::move(coordinator));
    coordinator_ = last.get();
    fetcher_ =
        std::make_unique<DatasetFetcher>(std::move(options), std::move(last));
  }
  absl::StatusOr<Dataset> Get() { return fetcher_->Get(data_.digest, GoOn); }
  bool IsRight(const absl::StatusOr<Dataset>& got) {
    return got.ok() && got->rows == data_.dataset.rows &&
           got->x == data_.dataset.x && got->y == data_.dataset.y;
  }

  test::TempDir temp_;
  const SmallDataset data_ = SmallDataset(10);  // 272 bytes.
  const SmallDataset other_ = SmallDataset(10, 7.5);
  std::vector<std::shared_ptr<PlayedSource>> mirrors_;
  PlayedSource* coordinator_ = nullptr;
  std::unique_ptr<DatasetFetcher> fetcher_;
};

INSTANTIATE_TEST_SUITE_P(WithAndWithoutFolder, DatasetFetcherTest,
                         ::testing::Bool());

const absl::Status kGone = absl::UnavailableError("the line is cut");
const absl::Status kMissing = absl::NotFoundError("no such file");

TEST_P(DatasetFetcherTest, TheCoordinatorIsAskedLast) {
  Play({{{.status = kMissing}}, {{data_.bytes}}}, {{data_.bytes}});
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(mirrors_[0]->offsets, ElementsAre(0));
  EXPECT_THAT(mirrors_[1]->offsets, ElementsAre(0));
  EXPECT_THAT(coordinator_->offsets, IsEmpty());
}

TEST_P(DatasetFetcherTest, EachGoesOnWhereTheOneBeforeEnded) {
  Play({{{data_.bytes, 100, kGone}}, {{data_.bytes, 50, kGone}}},
       {{data_.bytes}});
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(mirrors_[1]->offsets, ElementsAre(100));
  EXPECT_THAT(coordinator_->offsets, ElementsAre(150));
}

TEST_P(DatasetFetcherTest, WhatPassesIsGoneOnWithByTheNextCall) {
  Play({}, {{data_.bytes, 100, kGone}, {data_.bytes}});
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(coordinator_->offsets, ElementsAre(0, 100));
}

TEST_P(DatasetFetcherTest, WrongBytesOfOneAreNotBlamedOnTheNext) {
  // The first 100 bytes are those of another dataset, header and all.
  Play({{{other_.bytes, 100, kGone}}}, {{data_.bytes}});
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(coordinator_->offsets, ElementsAre(100, 0));
}

TEST_P(DatasetFetcherTest, AMirrorOfOtherContentIsPassedOver) {
  const std::string no_dataset = "<html>log in first</html> and much more text";
  const std::string endless = data_.bytes + std::string(1000, 'x');
  const std::string begin = data_.bytes.substr(0, 200);
  Play({{{other_.bytes}}, {{no_dataset}}, {{endless}}, {{begin}}, {{""}}},
       {{data_.bytes}});
  EXPECT_TRUE(IsRight(Get()));
  for (const auto& mirror : mirrors_) {
    EXPECT_THAT(mirror->offsets, ElementsAre(0));
  }
  EXPECT_THAT(coordinator_->offsets, ElementsAre(0));
}

TEST_P(DatasetFetcherTest, OtherContentOfTheCoordinatorIsRefusedAndForgotten) {
  Play({}, {{other_.bytes}, {data_.bytes}});
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kFailedPrecondition,
                              HasSubstr("another content")));
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(coordinator_->offsets, ElementsAre(0, 0));
}

TEST_P(DatasetFetcherTest, WhoNeedsItNoMoreAsksNobodyElse) {
  Play({{{data_.bytes, 100, absl::CancelledError("cancelled")}}},
       {{data_.bytes}});
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(coordinator_->offsets, IsEmpty());
}

class FolderFetcherTest : public DatasetFetcherTest {};
INSTANTIATE_TEST_SUITE_P(WithFolder, FolderFetcherTest,
                         ::testing::Values(true));

TEST_P(FolderFetcherTest, WhatWasFetchedIsNotFetchedAgain) {
  Play({}, {{data_.bytes}});
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_TRUE(IsRight(Get()));
  // Nor by another worker, later.
  Play({}, {{.status = kGone}});
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(coordinator_->offsets, IsEmpty());
}

TEST_P(FolderFetcherTest, OfManyAtOnceOneFetches) {
  Play({}, {{data_.bytes}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_TRUE(IsRight(Get())); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(coordinator_->offsets, ElementsAre(0));
}

TEST_P(FolderFetcherTest, AFolderThatCannotBeUsedCostsMemoryOnly) {
  std::ofstream(temp_.File("cache")) << "a file, where a folder should be";
  Play({}, {{data_.bytes, 100, kGone}, {data_.bytes}});
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsRight(Get()));
  EXPECT_THAT(coordinator_->offsets, ElementsAre(0, 100));
}

}  // namespace
}  // namespace fathom::worker
