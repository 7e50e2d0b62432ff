#ifndef FATHOM_TESTS_SERVER_API_SERVICE_FIXTURE_H_
#define FATHOM_TESTS_SERVER_API_SERVICE_FIXTURE_H_

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/grpc_status.h"
#include "server/api/sweep_service.h"
#include "server/api/worker_service.h"
#include "server/store/database.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {

// Both services over a real loop and ledger, called in this process, with the
// tokens of ada and bob. There are few places for transfers, and the clock of
// transfers stands still.
class ServiceTest : public ::testing::Test {
 protected:
  static constexpr int kPlaces = 3;

  ServiceTest() {
    std::string pattern = ::testing::TempDir() + "/fathom-service-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    auto ledger = server::Ledger::Open(path());
    EXPECT_OK(ledger);
    files_ = (*ledger)->checkpoint_files();
    loop_ = std::make_unique<server::CoreLoop>(
        *std::move(ledger),
        std::make_unique<server::Coordinator>(server::Coordinator::Options(),
                                              server::LedgerState(),
                                              absl::UnixEpoch()),
        absl::Now, nullptr);
    auto reader = server::LedgerReader::Open(path());
    EXPECT_OK(reader);
    reader_ = *std::move(reader);
    sweeps_ = std::make_unique<server::SweepService>(
        loop_.get(), reader_.get(),
        server::SweepService::Pools{&reads_, &changes_, &queries_, &audits_},
        &uploads_, &callers_);
    workers_ = std::make_unique<server::WorkerService>(
        loop_.get(), reader_.get(), &reads_, &pieces_, &downloads_, &callers_,
        server::CheckpointParts{.loop = loop_.get(),
                                .reader = reader_.get(),
                                .files = files_.get(),
                                .pool = &pieces_,
                                .uploads = &uploads_,
                                .downloads = &downloads_,
                                .callers = &callers_});
    grpc::ServerBuilder builder;
    builder.RegisterService(sweeps_.get());
    builder.RegisterService(workers_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::SweepService::NewStub(server_->InProcessChannel({}));
    worker_stub_ = v1::WorkerService::NewStub(server_->InProcessChannel({}));
  }

  ~ServiceTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    loop_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/ledger.db"; }

  // Returns the context of a call by ada or bob.
  std::unique_ptr<grpc::ClientContext> By(const std::string& name) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization",
                         "Bearer " + (name == "ada" ? ada_ : bob_));
    return context;
  }

  // Makes ada's token worthless from now on.
  void RevokeAda() {
    gatekeeper_->SetTokens({{Role::kAdmin, "bob", HashToken(bob_)}});
    callers_.EndRevoked();
  }

  // Returns the integer that `sql` finds after everything that was posted so
  // far.
  int64_t Find(const char* sql) {
    absl::Notification done;
    loop_->PostBulk([&](absl::StatusOr<server::Ledger*>) { done.Notify(); });
    done.WaitForNotification();
    auto db = server::sqlite::Database::Open(path(),
                                             server::sqlite::Access::kReadOnly);
    EXPECT_OK(db);
    auto found = (*db)->Find(sql);
    EXPECT_OK(found);
    return found.ok() ? found->value_or(-1) : -1;
  }

  // Returns the bytes of a dataset with about this size.
  static std::string Bytes(int64_t size) {
    Dataset dataset{.rows = size / 8 / 100, .columns = 99, .targets = 1};
    for (int64_t i = 0; i < dataset.rows * 99; ++i) {
      dataset.x.push_back(static_cast<double>(i) / 7);
    }
    dataset.y.resize(static_cast<size_t>(dataset.rows), 0.5);
    return EncodeDataset(dataset);
  }

  const std::string ada_ = NewToken();
  const std::string bob_ = NewToken();
  std::shared_ptr<server::Gatekeeper> gatekeeper_ =
      std::make_shared<server::Gatekeeper>(
          server::Gatekeeper::Options(),
          std::vector<TokenEntry>{{Role::kAdmin, "ada", HashToken(ada_)},
                                  {Role::kAdmin, "bob", HashToken(bob_)}},
          absl::Now);
  server::Callers callers_{gatekeeper_};
  // The time for transfers, which gRPC's threads also read.
  std::atomic<int64_t> seconds_ = 1'700'000'000;
  const Clock clock_ = [this] { return absl::FromUnixSeconds(seconds_); };
  server::Transfers uploads_{{.places = kPlaces, .places_per_name = 2}, clock_};
  server::Transfers downloads_{{.places = 8, .places_per_name = 6}, clock_};
  std::string folder_;
  std::unique_ptr<server::CoreLoop> loop_;
  std::shared_ptr<server::CheckpointFiles> files_;
  std::unique_ptr<server::LedgerReader> reader_;
  server::ReadPool reads_{{.threads = 1, .waiting = 16}};
  server::ReadPool changes_{{.threads = 1, .waiting = 16}};
  server::ReadPool queries_{
      {.threads = 2, .waiting = 16, .threads_per_name = 1}};
  server::ReadPool audits_{{.threads = 1, .waiting = 16}};
  server::ReadPool pieces_{{.threads = 1, .waiting = 16}};
  std::unique_ptr<server::SweepService> sweeps_;
  std::unique_ptr<server::WorkerService> workers_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
  std::unique_ptr<v1::WorkerService::Stub> worker_stub_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_SERVER_API_SERVICE_FIXTURE_H_
