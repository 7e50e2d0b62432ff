#ifndef FATHOM_TESTS_CLIENT_UI_HTTP_FAKE_COORDINATOR_H_
#define FATHOM_TESTS_CLIENT_UI_HTTP_FAKE_COORDINATOR_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "client/connection.h"
#include "client/ui/http/authority.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/token.h"

namespace fathom::test {

// A coordinator of which a test says what it answers, also while it is asked.
class FakeCoordinator final : public v1::SweepService::Service {
 public:
  FakeCoordinator() {
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    connection_ = std::make_shared<client::Connection>(
        server_->InProcessChannel({}), client::Connection::Options());
  }
  ~FakeCoordinator() override { server_->Shutdown(); }

  std::shared_ptr<client::Connection> connection() const { return connection_; }

  // Changes what is answered.
  void Set(const std::function<void(v1::ListSweepsResponse& sweeps,
                                    v1::ListWorkersResponse& workers)>& set) {
    absl::MutexLock lock(&mutex_);
    set(sweeps_, workers_);
  }
  // Adds a sweep that has trained `finished` trials.
  void SetSweep(int64_t id, int64_t finished) {
    Set([&](v1::ListSweepsResponse& sweeps, v1::ListWorkersResponse&) {
      for (v1::Sweep& sweep : *sweeps.mutable_sweeps()) {
        if (sweep.sweep_id() != id) continue;
        sweep.mutable_progress()->set_succeeded(finished);
        return;
      }
      v1::Sweep& sweep = *sweeps.add_sweeps();
      sweep.set_sweep_id(id);
      sweep.mutable_progress()->set_succeeded(finished);
    });
  }
  // All calls fail with this from now on; OK ends that.
  void Fail(grpc::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  void SetCaller(const grpc::Status& status, const std::string& role = "",
                 bool read_only = false) {
    absl::MutexLock lock(&mutex_);
    caller_status_ = status;
    caller_.set_name(role.empty() ? "" : "ada");
    caller_.set_role(role);
    caller_.set_read_only(read_only);
  }
  int calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

  grpc::Status GetCaller(grpc::ServerContext*, const v1::GetCallerRequest*,
                         v1::GetCallerResponse* response) override {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    if (!failure_.ok()) return failure_;
    *response = caller_;
    return caller_status_;
  }
  grpc::Status ListSweeps(grpc::ServerContext*, const v1::ListSweepsRequest*,
                          v1::ListSweepsResponse* response) override {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    if (!failure_.ok()) return failure_;
    *response = sweeps_;
    return grpc::Status::OK;
  }
  grpc::Status GetSweep(grpc::ServerContext*, const v1::GetSweepRequest*,
                        v1::Sweep*) override {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    if (!failure_.ok()) return failure_;
    return {grpc::StatusCode::NOT_FOUND, "there is no such sweep"};
  }
  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                           v1::ListWorkersResponse* response) override {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    if (!failure_.ok()) return failure_;
    *response = workers_;
    return grpc::Status::OK;
  }

 private:
  mutable absl::Mutex mutex_;
  v1::ListSweepsResponse sweeps_ ABSL_GUARDED_BY(mutex_);
  v1::ListWorkersResponse workers_ ABSL_GUARDED_BY(mutex_);
  v1::GetCallerResponse caller_ ABSL_GUARDED_BY(mutex_);
  grpc::Status caller_status_ ABSL_GUARDED_BY(mutex_);
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<client::Connection> connection_;
};

// Lets those in whose tokens a test has named, or everybody as long as it has
// named none. Doors ask only once whether a login is needed.
class FakeAuthority final : public client::Authority {
 public:
  explicit FakeAuthority(std::shared_ptr<client::Connection> connection,
                         bool needs_login = false)
      : connection_(std::move(connection)), needs_login_(needs_login) {}

  void Know(const std::string& token, const std::string& role) {
    absl::MutexLock lock(&mutex_);
    needs_login_ = true;
    roles_[HashToken(token)] = role;
  }
  void Revoke(const std::string& token) {
    absl::MutexLock lock(&mutex_);
    roles_.erase(HashToken(token));
  }
  void Fail(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  void SetMayChange(bool may_change) {
    absl::MutexLock lock(&mutex_);
    may_change_ = may_change;
  }
  int asked() const {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }

  bool needs_login() const override {
    absl::MutexLock lock(&mutex_);
    return needs_login_;
  }
  absl::StatusOr<client::Viewer> Admit(const std::string& token) override {
    return AskAgain({}, HashToken(token));
  }
  absl::StatusOr<client::Viewer> AskAgain(const client::Viewer&,
                                          const std::string& hash) override {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    if (!failure_.ok()) return failure_;
    client::Viewer viewer = {.connection = connection_,
                             .may_change = may_change_};
    if (!needs_login_) return viewer;
    const auto found = roles_.find(hash);
    if (found == roles_.end()) return absl::UnauthenticatedError("unknown");
    viewer.name = "ada";
    viewer.role = found->second;
    viewer.may_change = viewer.role != "read";
    return viewer;
  }

 private:
  const std::shared_ptr<client::Connection> connection_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::string> roles_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool needs_login_ ABSL_GUARDED_BY(mutex_);
  bool may_change_ ABSL_GUARDED_BY(mutex_) = true;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_UI_HTTP_FAKE_COORDINATOR_H_
