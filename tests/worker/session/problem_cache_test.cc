#include "worker/session/problem_cache.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
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
  ProblemCache cache(stub_.get(), folder_ + "/cache");
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
    EXPECT_THAT(cache.GetProblem(spec),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << digest;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cache"));
}

TEST_F(ProblemCacheTest, CachedBytesThatAreNotWhatTheirNameSaysAreNotUsed) {
  const std::string hex(64, 'a');
  std::filesystem::create_directories(folder_ + "/cache");
  std::ofstream(folder_ + "/cache/" + hex) << "FATHOMD1 or something else";
  ProblemCache cache(stub_.get(), folder_ + "/cache");
  v1::DataSpec spec;
  spec.set_digest("sha256:" + hex);
  EXPECT_THAT(cache.GetProblem(spec), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace fathom
