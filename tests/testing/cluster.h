#ifndef FATHOM_TESTS_TESTING_CLUSTER_H_
#define FATHOM_TESTS_TESTING_CLUSTER_H_

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/connection.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/server.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "worker/session/worker.h"

namespace fathom::test {

// A worker that runs on a thread of its own.
class RunningWorker {
 public:
  RunningWorker(const std::string& address, worker::Worker::Options options)
      : worker_(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()),
            std::move(options)),
        thread_([this] { status_ = worker_.Run(); }) {}
  ~RunningWorker() { Stop().IgnoreError(); }

  // Ends the session in good order and returns what Run returned.
  absl::Status Stop() {
    worker_.Stop();
    return Join();
  }
  // Waits until Run returns by itself.
  absl::Status Join() {
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  worker::Worker worker_;
  absl::Status status_;
  std::thread thread_;
};

// A test with a real coordinator behind a real port, real workers and a real
// client, all in one process.
class Cluster : public ::testing::Test {
 protected:
  void StartServer(server::Coordinator::Options coordinator = {}) {
    server::Server::Options options;
    options.db_path = db_path();
    options.listen = absl::StrCat("127.0.0.1:", port_);
    options.coordinator = coordinator;
    auto server = server::Server::Start(std::move(options));
    ASSERT_OK(server);
    server_ = *std::move(server);
    port_ = server_->port();  // Restarts use the same port.
    auto client = client::ConnectToServer(address());
    ASSERT_OK(client);
    client_ = *std::move(client);
  }

  void StopServer() {
    client_.reset();
    server_.reset();
  }

  std::unique_ptr<RunningWorker> StartWorker(const std::string& name,
                                             int slots = 1) {
    return std::make_unique<RunningWorker>(
        address(), worker::Worker::Options{.name = name, .slots = slots});
  }

  v1::Sweep Submit(const v1::SweepSpec& spec) {
    absl::StatusOr<v1::Sweep> sweep = client_->CreateSweep(spec, false);
    EXPECT_OK(sweep);
    return sweep.ok() ? *std::move(sweep) : v1::Sweep();
  }

  // Polls until `done` holds for the sweep, and returns the sweep. The test
  // fails after 90 seconds.
  template <typename Predicate>
  v1::Sweep WaitFor(int64_t sweep_id, Predicate done) {
    const absl::Time deadline = absl::Now() + absl::Seconds(90);
    while (absl::Now() < deadline) {
      absl::StatusOr<v1::Sweep> sweep =
          client_->GetSweep(absl::StrCat(sweep_id));
      EXPECT_OK(sweep);
      if (!sweep.ok() || done(*sweep)) return *sweep;
      absl::SleepFor(absl::Milliseconds(5));  // Between polls only.
    }
    ADD_FAILURE() << "sweep " << sweep_id << " did not get there";
    return v1::Sweep();
  }

  v1::Sweep WaitUntilComplete(int64_t sweep_id) {
    return WaitFor(sweep_id, [](const v1::Sweep& sweep) {
      return sweep.state() == v1::SWEEP_STATE_COMPLETED;
    });
  }

  // Returns the rows of a query, with the cells of a row joined by '|'. Doubles
  // are hexadecimal, so that equal text means equal bits.
  std::vector<std::string> Rows(const std::string& sql) {
    v1::QueryRequest request;
    request.set_sql(sql);
    request.set_row_limit(1'000'000);
    std::vector<std::string> rows;
    EXPECT_OK(client_->Query(request, [&](const v1::QueryResponse& response) {
      for (const v1::QueryRow& row : response.rows()) {
        std::string line;
        for (const v1::QueryCell& cell : row.cells()) {
          char real[40];
          std::snprintf(real, sizeof(real), "%a", cell.real());
          absl::StrAppend(&line, line.empty() ? "" : "|",
                          cell.kind_case() == v1::QueryCell::kInteger
                              ? absl::StrCat(cell.integer())
                          : cell.kind_case() == v1::QueryCell::kReal
                              ? real
                              : cell.text());
        }
        rows.push_back(std::move(line));
      }
      return absl::OkStatus();
    }));
    return rows;
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  std::string db_path() const { return dir_.File("ledger.db"); }

  TempDir dir_;
  int port_ = 0;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<client::Connection> client_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_CLUSTER_H_
