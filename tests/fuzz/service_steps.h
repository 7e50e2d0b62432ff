#ifndef FATHOM_TESTS_FUZZ_SERVICE_STEPS_H_
#define FATHOM_TESTS_FUZZ_SERVICE_STEPS_H_

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/space.h"
#include "server/api/sweep_calls.h"
#include "server/coordinator/ownership.h"
#include "server/core.h"
#include "server/limits.h"
#include "server/store/reader.h"
#include "tests/fuzz/answer_laws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/worker_messages.h"

namespace fathom::fuzz {

// Makes the calls that the service makes, on a real coordinator and a real
// ledger but without threads, and with a budget for each call. Requires what is
// promised of the answers.
class ServiceSteps {
 public:
  explicit ServiceSteps(const std::string& path)
      : reader_(server::LedgerReader::Of(path)),
        core_(std::make_unique<server::Core>(
            *server::Ledger::Open(path),
            std::make_unique<server::Coordinator>(
                server::Coordinator::Options(), server::LedgerState(), now_),
            [this](server::Effects& effects) { Deliver(effects); },
            [](const absl::Status& status) {
              std::fprintf(stderr, "%s\n", status.ToString().c_str());
              Require(false, "the ledger takes what was decided");
            })),
        calls_(
            &reader_,
            [this](server::Core::Decide decide) {
              return Decide(std::move(decide));
            },
            [this] { return Look(); }) {}

  // Sets who pays for the calls from now on; null means nobody.
  void Charge(Budget* budget) { budget_ = budget; }

  void Create(const v1::CreateSweepRequest& request,
              const server::Caller& caller) {
    v1::Sweep sweep;
    const absl::Status status = Ask(request, &sweep, [&] {
      return calls_.CreateSweep(request, caller, &sweep);
    });
    if (!status.ok()) return;
    RequireWhole(sweep);
    Require(DigestsOf(sweep.spec()).empty(),
            "no dataset is there that nobody has sent");
    Require(sweep.trial_count() >= 1 && sweep.trial_count() <= kMaxTrials,
            "a sweep has at most so many trials");
    Require(static_cast<int64_t>(sweep.spec().ByteSizeLong()) <=
                server::kMaxSpecBytes,
            "a spec with its defaults has at most so many bytes");
    const bool is_new = sweep.sweep_id() > newest_;
    Require(is_new || !request.force_new(),
            "a new sweep is new when asked for");
    Require(sweep.state() != v1::SWEEP_STATE_CANCELLED,
            "what is submitted is not cancelled");
    newest_ = std::max(newest_, sweep.sweep_id());
    if (is_new) Require(sweep.owner() == caller.name, "a sweep has its owner");
    Require(sweep.fingerprint() == Get(sweep.sweep_id()).fingerprint(),
            "what is answered is in the ledger");
  }

  void Cancel(const v1::CancelSweepRequest& request,
              const server::Caller& caller) {
    const auto before = Mine(request.sweep(), caller);
    v1::Sweep sweep;
    const absl::Status status = Ask(request, &sweep, [&] {
      return calls_.CancelSweep(request, caller, &sweep);
    });
    if (!before.ok()) {
      return Require(status.code() == before.status().code(),
                     "who may not change a sweep cannot");
    }
    Require(status.ok() == (before->state() != v1::SWEEP_STATE_COMPLETED),
            "what has not ended can be cancelled, and nothing else");
    const v1::Sweep after = Get(before->sweep_id());
    Require(after.state() ==
                (status.ok() ? v1::SWEEP_STATE_CANCELLED : before->state()),
            "a cancelled sweep is cancelled");
    if (status.ok()) cancelled_.insert(after.sweep_id());
    RequireWhole(after);
  }

  void Delete(const v1::DeleteSweepRequest& request,
              const server::Caller& caller) {
    const auto before = Mine(request.sweep(), caller);
    v1::DeleteSweepResponse response;
    const absl::Status status = Ask(request, &response, [&] {
      return calls_.DeleteSweep(request, caller, &response);
    });
    if (!before.ok()) {
      return Require(status.code() == before.status().code(),
                     "who may not change a sweep cannot");
    }
    Require(status.ok() == (before->state() != v1::SWEEP_STATE_RUNNING),
            "what has ended can be deleted, and nothing else");
    const auto after = reader_.GetSweep(before->sweep_id());
    Require(absl::IsNotFound(after.status()) == status.ok(),
            "a deleted sweep is gone");
    if (status.ok()) cancelled_.erase(before->sweep_id());
  }

  void Change(const v1::UpdateSweepRequest& request,
              const server::Caller& caller) {
    const auto before = Mine(request.sweep(), caller);
    v1::Sweep sweep;
    const absl::Status status = Ask(request, &sweep, [&] {
      return calls_.UpdateSweep(request, caller, &sweep);
    });
    if (!before.ok()) {
      return Require(status.code() == before.status().code(),
                     "who may not change a sweep cannot");
    }
    const v1::Sweep after = Get(before->sweep_id());
    const v1::Sweep& now = status.ok() ? sweep : *before;
    Require(after.paused() == now.paused() &&
                after.priority() == now.priority() &&
                after.weight() == now.weight(),
            "a change is in the ledger, and what is refused changes nothing");
    Require(after.weight() >= 0.001 && after.weight() <= 1000 &&
                std::abs(after.priority()) <= 1000,
            "weights and priorities are in range");
  }

  void Retry(const v1::RetrySweepRequest& request,
             const server::Caller& caller) {
    const auto before = Mine(request.sweep(), caller);
    v1::Sweep sweep;
    const absl::Status status = Ask(request, &sweep, [&] {
      return calls_.RetrySweep(request, caller, &sweep);
    });
    if (!before.ok()) {
      return Require(status.code() == before.status().code(),
                     "who may not change a sweep cannot");
    }
    Require(status.ok() == (before->state() != v1::SWEEP_STATE_CANCELLED),
            "failed trials can be retried unless their sweep is cancelled");
    if (!status.ok()) return;
    const auto failed = reader_.NextFailedTrial(before->sweep_id(), 0);
    Require(failed.ok() && *failed < 0,
            "what is retried has not failed any more");
    RequireWhole(Get(before->sweep_id()));
  }

  void List(const v1::ListSweepsRequest& request) {
    v1::ListSweepsResponse page;
    const absl::Status status =
        Ask(request, &page, [&] { return calls_.ListSweeps(request, &page); });
    int64_t before = 0;
    const bool fine =
        request.page_size() >= 0 &&
        (request.page_token().empty() ||
         (absl::SimpleAtoi(request.page_token(), &before) && before >= 1));
    Require(status.ok() == fine, "a page that there may be is shown");
    if (!status.ok()) return;
    const int most = request.page_size() == 0 ? 100 : request.page_size();
    Require(page.sweeps_size() <= std::min(most, 1000),
            "a page has no more sweeps than asked for, nor than may be");
    int64_t next = before == 0 ? newest_ : std::min(newest_, before - 1);
    for (const v1::Sweep& sweep : page.sweeps()) {
      Require(sweep.sweep_id() == next, "every sweep is listed, newest first");
      --next;
    }
    Require(!page.next_page_token().empty() || next == 0,
            "only the last page names no next one");
  }

  void GetSweep(const v1::GetSweepRequest& request) {
    v1::Sweep sweep;
    const absl::Status status =
        Ask(request, &sweep, [&] { return calls_.GetSweep(request, &sweep); });
    if (status.ok()) RequireWhole(sweep);
  }

  void GetTrial(const v1::GetTrialRequest& request) {
    v1::Trial trial;
    const absl::Status status =
        Ask(request, &trial, [&] { return calls_.GetTrial(request, &trial); });
    const auto sweep = reader_.GetSweep(request.sweep());
    const bool is_there = sweep.ok() && request.trial_index() >= 0 &&
                          request.trial_index() < sweep->trial_count();
    Require(status.ok() == is_there, "every trial of a sweep can be seen");
    if (!status.ok()) return;
    Require(trial.sweep_id() == sweep->sweep_id() &&
                trial.trial_index() == request.trial_index() &&
                trial.spec().has_data(),
            "a trial is the one that was asked for");
  }

  void ListWorkers() {
    v1::ListWorkersResponse workers;
    const v1::ListWorkersRequest request;
    const absl::Status status = Ask(request, &workers, [&] {
      return calls_.ListWorkers(request, &workers);
    });
    Require(status.ok(), "workers can be looked at");
  }

  void Drain(const v1::DrainWorkersRequest& request) {
    v1::ListWorkersResponse workers;
    const absl::Status status = Ask(request, &workers, [&] {
      return calls_.DrainWorkers(request, &workers);
    });
    Require(status.ok() || absl::IsNotFound(status),
            "workers that there are can be drained");
  }

  // The service hands ReadCurves and Query on as they are.
  void ReadCurves(const v1::ReadCurvesRequest& request) {
    int64_t last = -1;
    const absl::Status status = Call(request, [&] {
      return reader_.ReadCurves(request, [&](const v1::CurveBatch& batch) {
        Earn(static_cast<int64_t>(batch.ByteSizeLong()));
        last = RequireBatch(batch, last);
        return absl::OkStatus();
      });
    });
    Require(!absl::IsDataLoss(status), "the ledger holds curves");
  }

  void Query(const v1::QueryRequest& request) {
    int64_t rows = 0;
    Call(request, [&] {
      return reader_.QueryHere(request, [&](const v1::QueryResponse& response) {
        const auto bytes = static_cast<int64_t>(response.ByteSizeLong());
        Earn(bytes);
        Require(bytes <= (int64_t{2} << 20) + server::kMaxRowBytes,
                "an answer has about a MiB, or one row more");
        rows += response.rows_size();
        return absl::OkStatus();
      });
    }).IgnoreError();
    Require(rows <= (request.row_limit() > 0 ? request.row_limit() : 10'000),
            "no more rows than asked for");
  }

  // Creates `count` sweeps of `spec` at once.
  void CreateMany(const v1::SweepSpec& spec, int count) {
    Require(Decide([&](server::Coordinator& coordinator, absl::Time now) {
              for (; count > 0; --count) {
                const auto sweep = coordinator.CreateSweep(spec, true, now);
                Require(sweep.ok(), "what is as it should be is taken");
                newest_ = sweep->sweep_id();
              }
            }).ok(),
            "sweeps can be created");
  }

  // A worker comes, takes up to `trials` trials, ends half of them with
  // `points` points each, and then leaves in good order or `dies`.
  void Work(int trials, bool dies, v1::TrialState outcome, int points = 1) {
    const server::ConnectionId connection = ++connections_;
    leases_.clear();
    Say(connection, HelloMessage(connection));
    Say(connection, DemandMessage(trials));
    for (const v1::Lease& lease : std::vector<v1::Lease>(leases_)) {
      Say(connection, EndMessage(lease, Get(lease.sweep_id()).spec(),
                                 trials % 2, outcome, points));
    }
    if (!dies) Say(connection, LeavingMessage());
    Require(Decide([&](server::Coordinator& coordinator, absl::Time now) {
              coordinator.OnDisconnected(connection, now);
            }).ok(),
            "workers may go");
  }

  // Requires at the end that the ledger is in order.
  void RequireOrder() {
    for (const int64_t id : cancelled_) {
      Require(Get(id).state() == v1::SWEEP_STATE_CANCELLED,
              "to cancel is final");
    }
    const auto audit = reader_.Audit();
    Require(audit.ok(), "the ledger can be audited");
    for (const std::string& problem : audit->problems()) {
      std::fprintf(stderr, "%s\n", problem.c_str());
    }
    Require(audit->problem_count() == 0, "the ledger is in order");
  }

 private:
  // A client pays for the bytes of its call and for some hundred bytes of gRPC.
  static constexpr int64_t kBytesOfCall = 300;
  // The largest answer that a client with gRPC's default limits can receive.
  static constexpr int64_t kMostAnswer = int64_t{4} << 20;

  void Earn(int64_t bytes) {
    if (budget_ != nullptr) budget_->Earn(bytes);
  }

  template <typename Request, typename Use>
  absl::Status Call(const Request& request, Use use) {
    Earn(kBytesOfCall + static_cast<int64_t>(request.ByteSizeLong()));
    if (budget_ != nullptr) budget_->Resume();
    absl::Status status = use();
    if (budget_ != nullptr) {
      budget_->Pause();
      budget_->Check();
    }
    Require(!absl::IsInternal(status) && !absl::IsUnknown(status) &&
                !absl::IsUnavailable(status),
            "what is wrong is wrong with the request");
    return status;
  }

  // Makes a call that has a single response.
  template <typename Request, typename Response, typename Use>
  absl::Status Ask(const Request& request, const Response* response, Use use) {
    absl::Status status = Call(request, use);
    Require(static_cast<int64_t>(response->ByteSizeLong()) <= kMostAnswer,
            "an answer can be received");
    return status;
  }

  absl::Status Decide(server::Core::Decide decide) {
    now_ += absl::Milliseconds(1);
    absl::Status result;
    std::vector<server::Core::Task> tasks;
    tasks.push_back({std::move(decide),
                     [&](const absl::Status& status) { result = status; },
                     nullptr});
    core_->Execute(tasks, now_);
    while (core_->behind()) {
      tasks.clear();
      core_->Execute(tasks, now_);
    }
    return result;
  }

  absl::StatusOr<std::shared_ptr<const server::Coordinator::Look>> Look() {
    auto look = std::make_shared<server::Coordinator::Look>();
    const absl::Status status =
        Decide([&](server::Coordinator& coordinator, absl::Time now) {
          *look = coordinator.LookAt(now);
        });
    if (!status.ok()) return status;
    return look;
  }

  void Deliver(server::Effects& effects) {
    for (server::Outgoing& out : effects.messages) {
      if (out.message.has_lease()) leases_.push_back(out.message.lease());
    }
  }

  void Say(server::ConnectionId connection, const v1::WorkerMessage& message) {
    Require(Decide([&](server::Coordinator& coordinator, absl::Time now) {
              coordinator.OnMessage(connection, message, now);
            }).ok(),
            "workers are heard");
  }

  v1::Sweep Get(int64_t id) const {
    auto sweep = reader_.GetSweep(id);
    Require(sweep.ok(), "a sweep that there is can be seen");
    return *std::move(sweep);
  }

  // Returns the sweep that is named, if `caller` may change it.
  absl::StatusOr<v1::Sweep> Mine(const std::string& name,
                                 const server::Caller& caller) const {
    auto sweep = reader_.GetSweep(name);
    if (!sweep.ok()) return sweep;
    const absl::Status may = server::CheckMayChange(*sweep, caller);
    if (!may.ok()) return may;
    return sweep;
  }

  Budget* budget_ = nullptr;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  const server::LedgerReader reader_;
  const std::unique_ptr<server::Core> core_;
  server::SweepCalls calls_;
  std::vector<v1::Lease> leases_;  // Since the last Work.
  server::ConnectionId connections_ = 0;
  int64_t newest_ = 0;  // The newest sweep.
  std::set<int64_t> cancelled_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_SERVICE_STEPS_H_
