#include "worker/session/problem_cache.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "tests/testing/status_matchers.h"

namespace fathom::worker {
namespace {

using test::StatusIs;

// Behind a channel that leads nowhere: a call would be UNAVAILABLE.
class ProblemCacheTest : public ::testing::Test {
 protected:
  ProblemCacheTest() {
    std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    stub_ = v1::WorkerService::NewStub(
        grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
  }
  ~ProblemCacheTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
};

TEST_F(ProblemCacheTest, NothingThatACoordinatorNamesIsOpenedAsAPath) {
  ProblemCache cache(stub_.get(), {.cache_dir = folder_ + "/cache"});
  const std::string hex(64, 'a');
  for (const std::string& digest :
       {std::string("/etc/passwd"), std::string("sha256:/etc/passwd"),
        std::string("sha256:../../../etc/passwd"), "sha256:" + hex + "/../x",
        "../" + hex, "sha256:" + hex.substr(1) + "/", "sha512:" + hex,
        "sha256:" + hex.substr(3) + "../",
        "sha256:" + hex + std::string(1, '\0'), std::string("sha256:"),
        std::string()}) {
    v1::DataSpec spec;
    spec.set_digest(digest);
    // The file that a client would import is not the worker's to open, either.
    spec.mutable_import()->set_file("/etc/passwd");
    EXPECT_THAT(cache.GetProblem(spec, [] { return true; }),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << digest;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cache"));
}

TEST_F(ProblemCacheTest, CachedBytesThatAreNotWhatTheirNameSaysAreNotUsed) {
  const std::string hex(64, 'a');
  std::filesystem::create_directories(folder_ + "/cache");
  std::ofstream(folder_ + "/cache/" + hex) << "FATHOMD1 or something else";
  ProblemCache cache(stub_.get(), {.cache_dir = folder_ + "/cache"});
  v1::DataSpec spec;
  spec.set_digest("sha256:" + hex);
  EXPECT_THAT(cache.GetProblem(spec, [] { return true; }),
              StatusIs(absl::StatusCode::kUnavailable));
}

v1::DataSpec Generated(int64_t rows, int64_t columns, uint64_t seed = 0) {
  v1::SweepSpec spec;
  v1::SyntheticData& data =
      *spec.mutable_trial()->mutable_data()->mutable_synthetic();
  data.set_rows(rows);
  data.set_columns(columns);
  data.set_seed(seed);
  return Normalize(spec).trial().data();
}

// Hours of work, for a slot that is told to stop as soon as it has begun.
TEST_F(ProblemCacheTest, WhileDataIsGeneratedASlotCanBeStoppedAndOthersGoOn) {
  ProblemCache cache(stub_.get(), {});
  absl::Notification begun;
  std::atomic<bool> stop = false;
  absl::Status status;
  std::thread slot([&] {
    status = cache
                 .GetProblem(Generated(20'000, 20'000),
                             [&] {
                               if (!begun.HasBeenNotified()) begun.Notify();
                               return !stop;
                             })
                 .status();
  });
  begun.WaitForNotification();

  EXPECT_OK(cache.GetProblem(Generated(20, 3), [] { return true; }));

  // So does one that waits for the same data.
  EXPECT_THAT(cache.GetProblem(Generated(20'000, 20'000), [] { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  stop = true;
  slot.join();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
}

// A slot that is told to stop has found nothing out, for nobody.
TEST_F(ProblemCacheTest, AnOptimumThatWasGivenUpIsLookedForAgain) {
  ProblemCache cache(stub_.get(), {});
  v1::SweepSpec spec;
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial = Normalize(spec).trial();
  int solved = 0;
  const auto get = [&](const std::string& numerics, bool keep_going) {
    return cache.GetOptimum(
        numerics, trial,
        [&]() -> absl::StatusOr<v1::Optimum> {
          v1::Optimum optimum;
          optimum.set_value(++solved);
          return optimum;
        },
        [&] { return keep_going; });
  };
  EXPECT_THAT(get("k1", false), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(solved, 0);
  const auto found = get("k1", true);
  ASSERT_OK(found);
  EXPECT_TRUE(found->is_new);
  EXPECT_EQ(found->optimum.value(), 1);
  // And then it is known.
  EXPECT_EQ(get("k1", false)->optimum.value(), 1);
  // To those who count as it was counted.
  EXPECT_EQ(get("k2", true)->optimum.value(), 2);
  EXPECT_EQ(get("k1", true)->optimum.value(), 1);
}

TEST_F(ProblemCacheTest, ManySmallProblemsAreKeptAndLargeOnesByTheirBytes) {
  constexpr double kBytes = 1 << 20;
  ProblemCache cache(stub_.get(), {}, kBytes);
  const auto get = [&](const v1::DataSpec& spec) {
    return *cache.GetProblem(spec, [] { return true; });
  };
  std::vector<std::shared_ptr<const Problem>> small;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    small.push_back(get(Generated(20, 3, seed)));
  }
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(get(Generated(20, 3, seed)), small[seed]) << seed;
  }
  // Two thirds of the bound each once they are used: there is room for one, and
  // for the small ones used last.
  const auto rows = static_cast<int64_t>(kBytes / ProblemBytes(1, 3, 1) / 1.5);
  get(Generated(rows, 3, 100))->Packed();
  std::weak_ptr<const Problem> first = get(Generated(rows, 3, 100));
  EXPECT_FALSE(first.expired());
  get(Generated(rows, 3, 101))->Packed();
  std::weak_ptr<const Problem> second = get(Generated(rows, 3, 102));
  EXPECT_TRUE(first.expired());
  EXPECT_FALSE(second.expired());
  cache.DropProblems();
  EXPECT_TRUE(second.expired());
}

}  // namespace
}  // namespace fathom::worker
