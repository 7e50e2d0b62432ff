#ifndef FATHOM_TESTS_WORKER_SESSION_LEASE_FIXTURE_H_
#define FATHOM_TESTS_WORKER_SESSION_LEASE_FIXTURE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "tests/worker/session/mailbox_fixture.h"
#include "worker/session/bundle_runner.h"
#include "worker/session/problem_cache.h"

namespace fathom::test {

// A coordinator that knows one spec, and one dataset or none. Before its first
// answers it is unavailable for a given number of calls.
class OneSpec : public v1::WorkerService::Service {
 public:
  grpc::Status GetSpec(grpc::ServerContext*, const v1::GetSpecRequest*,
                       v1::SweepSpec* answer) override {
    if (spec_away-- > 0) return kAway;
    *answer = spec;
    return grpc::Status::OK;
  }
  grpc::Status GetDataset(
      grpc::ServerContext*, const v1::GetDatasetRequest*,
      grpc::ServerWriter<v1::DatasetChunk>* writer) override {
    if (dataset_away-- > 0) return kAway;
    if (dataset.empty()) {
      return {grpc::StatusCode::NOT_FOUND, "no such dataset"};
    }
    v1::DatasetChunk chunk;
    for (size_t at = 0; at < dataset.size(); at += 100) {
      chunk.set_data(dataset.substr(at, 100));
      writer->Write(chunk);
    }
    return grpc::Status::OK;
  }
  grpc::Status GetOptimum(grpc::ServerContext*, const v1::GetOptimumRequest*,
                          v1::Optimum*) override {
    return {grpc::StatusCode::NOT_FOUND, "no such optimum"};
  }

  v1::SweepSpec spec;
  std::string dataset;
  std::atomic<int> spec_away = 0;  // Number of calls that fail first.
  std::atomic<int> dataset_away = 0;

 private:
  inline static const grpc::Status kAway = {grpc::StatusCode::UNAVAILABLE,
                                            "the coordinator is stopping"};
};

// Returns a spec of two trials with one step each.
inline v1::SweepSpec SpecOf(int64_t rows, int64_t columns) {
  v1::SweepSpec spec;
  spec.set_name("small");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(rows);
  trial.mutable_data()->mutable_synthetic()->set_columns(columns);
  trial.set_steps(1);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  axis.mutable_range()->set_from(0);
  axis.mutable_range()->set_to(2);
  return Normalize(spec);
}

// Returns a spec of two trials with more points than fit into a report.
inline v1::SweepSpec ManyPoints(int64_t steps) {
  v1::SweepSpec spec = SpecOf(4, 2);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(steps);
  trial.mutable_optimizer()->set_learning_rate(1e-6);
  v1::RecordSpec& record = *trial.mutable_record();
  record.set_points(static_cast<int32_t>(steps) + 1);
  record.set_spacing(v1::RECORD_SPACING_LINEAR);
  for (const v1::Metric metric :
       {v1::METRIC_WEIGHT_NORM, v1::METRIC_LP_ERROR, v1::METRIC_SINGULAR_MAX,
        v1::METRIC_ADAPTIVE_RATE, v1::METRIC_BALANCEDNESS}) {
    record.add_metrics(metric);
  }
  return Normalize(spec);
}

// A test of a slot that holds a lease: number 7, with trials 0 and 1 of sweep
// 3.
class LeaseTest : public ::testing::Test {
 protected:
  explicit LeaseTest(int64_t memory_bytes = int64_t{1} << 20,
                     std::unique_ptr<worker::Spool> spool = nullptr)
      : server_(
            grpc::ServerBuilder().RegisterService(&service_).BuildAndStart()),
        stub_(v1::WorkerService::NewStub(server_->InProcessChannel({}))),
        problems_(stub_.get(), {}),
        mailbox_(memory_bytes, std::move(spool)),
        checkpoints_(stub_.get(), "session", &*mailbox_, {}) {
    mailbox_.Connect();
    v1::Lease lease;
    lease.set_sweep_id(3);
    lease.add_trials()->set_count(2);
    lease.mutable_trials(0)->set_attempt(1);
    held_ = mailbox_.TakeLease(7, 2, lease);
  }

  worker::LeaseTools Tools(worker::EngineTable engines) {
    return {engines, problems_, checkpoints_, *mailbox_};
  }

  OneSpec service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  worker::ProblemCache problems_;
  PlayedMailbox mailbox_;
  worker::Checkpoints checkpoints_;
  std::shared_ptr<worker::HeldLease> held_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_SESSION_LEASE_FIXTURE_H_
