#include "client/embedded.h"

#include <thread>
#include <utility>

#include "proto/shared/status.h"
#include "server/server.h"
#include "worker/session/worker.h"
#include "worker/theory/theory.h"

namespace fathom {
namespace {

// The one place where coordinator and worker meet in a process.
class EmbeddedConnection final : public Connection {
 public:
  EmbeddedConnection(std::unique_ptr<Server> server,
                     std::unique_ptr<Worker> worker)
      : Connection(server->InProcessChannel()),
        server_(std::move(server)),
        worker_(std::move(worker)) {
    if (worker_ == nullptr) return;
    worker_thread_ = std::thread([this] {
      // When it ends early, the coordinator has, and says why.
      worker_->Run().IgnoreError();
    });
  }

  ~EmbeddedConnection() override {
    if (worker_ == nullptr) return;
    worker_->Stop();
    worker_thread_.join();
    worker_.reset();  // Before the server: it holds a channel to it.
  }

 private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<Worker> worker_;
  std::thread worker_thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> OpenEmbedded(
    const std::string& db_path, int slots) {
  Server::Options options;
  options.db_path = db_path;
  // A worker of an earlier run died with its process.
  options.coordinator.workers_outlive_coordinator = false;
  options.coordinator.heartbeat_period = absl::Milliseconds(250);
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server,
                   Server::Start(std::move(options)));
  auto worker = std::make_unique<Worker>(
      server->InProcessChannel(),
      Worker::Options{.name = "embedded", .slots = slots, .reconnect = false});
  return std::make_unique<EmbeddedConnection>(std::move(server),
                                              std::move(worker));
}

absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
    const std::string& db_path) {
  Server::Options options;
  options.db_path = db_path;
  options.read_only = true;
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server,
                   Server::Start(std::move(options)));
  return std::make_unique<EmbeddedConnection>(std::move(server), nullptr);
}

absl::StatusOr<v1::TheoryReport> RunTheory(
    const std::string& only,
    absl::FunctionRef<void(absl::string_view title)> on_claim) {
  return CheckTheory(only, on_claim);
}

}  // namespace fathom
