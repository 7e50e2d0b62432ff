#ifndef FATHOM_TESTS_CLIENT_COMMANDS_FAKE_SERVICE_H_
#define FATHOM_TESTS_CLIENT_COMMANDS_FAKE_SERVICE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "proto/sweep/normalize.h"

namespace fathom::test {

// A coordinator with one sweep (number 1, "a/3") that is completed when it is
// asked for the third time. It listens on a port that the system chooses.
class FakeService : public v1::SweepService::Service {
 public:
  FakeService() {
    sweep.set_sweep_id(1);
    sweep.mutable_spec()->set_name("a/3");
    sweep.mutable_spec()->mutable_trial()->set_steps(10);
    sweep.mutable_spec()
        ->mutable_trial()
        ->mutable_optimizer()
        ->set_learning_rate(0.1);
    sweep.mutable_spec()
        ->mutable_trial()
        ->mutable_data()
        ->mutable_synthetic()
        ->set_rows(5);
    sweep.mutable_spec()
        ->mutable_trial()
        ->mutable_data()
        ->mutable_synthetic()
        ->set_columns(2);
    *sweep.mutable_spec() = Normalize(sweep.spec());
    sweep.set_state(v1::SWEEP_STATE_RUNNING);
    sweep.set_trial_count(1);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeService() override {
    if (!stalled.HasBeenNotified()) stalled.Notify();
    server_->Shutdown();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  // Sends no curves, as if no trial had been given out.
  grpc::Status ReadCurves(grpc::ServerContext*, const v1::ReadCurvesRequest*,
                          grpc::ServerWriter<v1::CurveBatch>*) override {
    return grpc::Status::OK;
  }

  grpc::Status CreateSweep(grpc::ServerContext*,
                           const v1::CreateSweepRequest* request,
                           v1::Sweep* response) override {
    created = request->spec();
    forced = request->force_new();
    *response = sweep;
    return grpc::Status::OK;
  }
  grpc::Status GetSweep(grpc::ServerContext*,
                        const v1::GetSweepRequest* request,
                        v1::Sweep* response) override {
    if (request->sweep() == "stall") stalled.WaitForNotification();
    if (request->sweep() != "1" && request->sweep() != "+1" &&
        request->sweep() != "a/3") {
      return {grpc::StatusCode::NOT_FOUND, "there is no such sweep"};
    }
    if (asked == stopping_at) {
      stopping_at = -1;
      return grpc::Status::CANCELLED;
    }
    if (++asked >= 3) sweep.set_state(last_state);
    *response = sweep;
    return grpc::Status::OK;
  }
  grpc::Status CancelSweep(grpc::ServerContext*, const v1::CancelSweepRequest*,
                           v1::Sweep* response) override {
    sweep.set_state(v1::SWEEP_STATE_CANCELLED);
    last_state = v1::SWEEP_STATE_CANCELLED;
    *response = sweep;
    return grpc::Status::OK;
  }
  grpc::Status ListSweeps(grpc::ServerContext*,
                          const v1::ListSweepsRequest* request,
                          v1::ListSweepsResponse* response) override {
    *response->add_sweeps() = sweep;
    if (request->page_token().empty()) response->set_next_page_token("next");
    return grpc::Status::OK;
  }
  grpc::Status GetTrial(grpc::ServerContext*,
                        const v1::GetTrialRequest* request,
                        v1::Trial* response) override {
    response->set_trial_index(request->trial_index());
    response->set_sweep_id(1);
    response->set_state(trial_state);
    return grpc::Status::OK;
  }
  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                           v1::ListWorkersResponse* response) override {
    if (no_workers) return grpc::Status::OK;
    v1::Worker& worker = *response->add_workers();
    worker.set_connected(true);
    worker.set_worker("w");
    worker.set_slots(4);
    if (!declined.empty()) {
      worker.add_declined()->set_sweep_id(1);
      worker.mutable_declined(0)->set_reason(declined);
    }
    return grpc::Status::OK;
  }
  grpc::Status GetDatasetInfo(grpc::ServerContext*,
                              const v1::GetDatasetInfoRequest*,
                              v1::Dataset*) override {
    return {grpc::StatusCode::NOT_FOUND, "no such dataset"};
  }
  grpc::Status UploadDataset(
      grpc::ServerContext*,
      grpc::ServerReader<v1::UploadDatasetRequest>* reader,
      v1::Dataset* response) override {
    v1::UploadDatasetRequest request;
    while (reader->Read(&request)) {
      if (!request.digest().empty()) response->set_digest(request.digest());
      largest_piece = std::max(largest_piece, request.data().size());
      uploaded += request.data();
    }
    return grpc::Status::OK;
  }
  // Sends the prepared copy. Without one it makes a copy for as long as the
  // caller waits.
  grpc::Status Backup(grpc::ServerContext* context, const v1::BackupRequest*,
                      grpc::ServerWriter<v1::BackupChunk>* writer) override {
    while (backup.empty() && !context->IsCancelled() &&
           !stalled.WaitForNotificationWithTimeout(absl::Milliseconds(10))) {
    }
    v1::BackupChunk chunk;
    for (const std::string& piece : backup) {
      chunk.set_data(piece);
      writer->Write(chunk);
    }
    if (!backup_status.ok()) return backup_status;
    chunk.Clear();
    chunk.set_digest(backup_digest);
    writer->Write(chunk);
    return grpc::Status::OK;
  }
  grpc::Status Query(grpc::ServerContext*, const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryResponse>* writer) override {
    if (request->sql() == "bad") {
      return {grpc::StatusCode::INVALID_ARGUMENT, "near \"bad\": syntax error"};
    }
    if (request->sql() == "stall") stalled.WaitForNotification();
    if (request->sql() == "slow") {
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "took more than 30s"};
    }
    v1::QueryResponse response;
    response.add_columns("n");
    response.add_rows()->add_cells()->set_integer(7);
    response.set_truncated(most_rows == 1 || request->row_limit() == 1);
    writer->Write(response);
    return grpc::Status::OK;
  }

  absl::Notification stalled;  // Ends calls about "stall".
  v1::Sweep sweep;
  v1::SweepState last_state = v1::SWEEP_STATE_COMPLETED;
  v1::TrialState trial_state = v1::TRIAL_STATE_DIVERGED;
  v1::SweepSpec created;
  bool forced = false;
  int asked = 0;
  int64_t most_rows = 0;  // If 1, queries are cut off.
  int stopping_at = -1;   // Calls before it stops once.
  bool no_workers = false;
  std::string declined;  // Why the worker cannot run it.
  std::string uploaded;
  std::vector<std::string> backup = {"SQLite ", "or not"};
  std::string backup_digest;   // Digest that is sent at the end.
  grpc::Status backup_status;  // Sent after the pieces.
  size_t largest_piece = 0;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_COMMANDS_FAKE_SERVICE_H_
