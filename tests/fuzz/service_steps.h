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
#include "absl/strings/str_cat.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/space.h"
#include "proto/sweep/validate.h"
#include "server/coordinator/message_checks.h"
#include "server/coordinator/ownership.h"
#include "server/core.h"
#include "server/store/reader.h"
#include "tests/fuzz/fuzz.h"

namespace fathom::fuzz {

// What the SweepService does with a request, without its threads: the same
// steps on a real coordinator and a real ledger. Requires what is promised of
// the answers.
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
            })) {}

  void Create(const v1::CreateSweepRequest& request,
              const server::Caller& caller) {
    if (!server::CheckSpecSize(request.spec()).ok()) return;
    const v1::SweepSpec spec = Normalize(request.spec());
    auto checked = server::Coordinator::Check(spec);
    if (!checked.ok()) return;
    if (!spec.trial().data().digest().empty()) {
      Require(!reader_.GetDatasetInfo(spec.trial().data().digest()).ok(),
              "no dataset is there that nobody has sent");
      return;
    }
    absl::StatusOr<v1::Sweep> sweep = absl::UnknownError("");
    Decide([&](server::Coordinator& coordinator) {
      if (!request.force_new()) {
        sweep = reader_.FindSweep(checked->fingerprints);
        if (sweep.ok() && sweep->state() == v1::SWEEP_STATE_COMPLETED) return;
      }
      if (!sweep.ok()) {
        if (absl::Status fine = CheckNewName(spec.name()); !fine.ok()) {
          sweep = std::move(fine);
          return;
        }
      }
      sweep = coordinator.CreateSweep(
          *std::move(checked), request.force_new(), now_, request.priority(),
          request.weight() == 0 ? 1 : request.weight(), caller.name);
    });
    if (!sweep.ok()) return;
    RequireWhole(*sweep);
    const bool is_new = sweep->sweep_id() > newest_;
    Require(is_new || !request.force_new(),
            "a new sweep is new when asked for");
    Require(sweep->state() != v1::SWEEP_STATE_CANCELLED,
            "what is submitted is not cancelled");
    newest_ = std::max(newest_, sweep->sweep_id());
    if (is_new) Require(sweep->owner() == caller.name, "a sweep has its owner");
    Require(sweep->fingerprint() == Get(sweep->sweep_id()).fingerprint(),
            "what is answered is in the ledger");
  }

  void Cancel(const v1::CancelSweepRequest& request,
              const server::Caller& caller) {
    const auto sweep = Mine(request.sweep(), caller);
    if (!sweep.ok()) return;
    absl::StatusOr<v1::Sweep> cancelled = absl::UnknownError("");
    Decide([&](server::Coordinator& coordinator) {
      cancelled = coordinator.CancelSweep(sweep->sweep_id(), now_);
    });
    Require(cancelled.ok() == (sweep->state() == v1::SWEEP_STATE_RUNNING),
            "what runs can be cancelled, and nothing else");
    const v1::Sweep after = Get(sweep->sweep_id());
    Require(after.state() ==
                (cancelled.ok() ? v1::SWEEP_STATE_CANCELLED : sweep->state()),
            "a cancelled sweep is cancelled");
    if (cancelled.ok()) cancelled_.insert(after.sweep_id());
    RequireWhole(after);
  }

  void Change(const v1::UpdateSweepRequest& request,
              const server::Caller& caller) {
    const auto sweep = Mine(request.sweep(), caller);
    if (!sweep.ok()) return;
    absl::StatusOr<v1::Sweep> changed = absl::UnknownError("");
    Decide([&](server::Coordinator& coordinator) {
      changed = coordinator.ChangeSweep(sweep->sweep_id(), request, now_);
    });
    const v1::Sweep after = Get(sweep->sweep_id());
    const v1::Sweep& now = changed.ok() ? *changed : *sweep;
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
    const auto sweep = Mine(request.sweep(), caller);
    if (!sweep.ok()) return;
    const int64_t id = sweep->sweep_id();
    auto first = reader_.NextFailedTrial(id, 0);
    Require(first.ok(), "failed trials can be looked for");
    while (*first >= 0) {
      absl::StatusOr<v1::Sweep> retried = absl::UnavailableError("");
      Decide([&](server::Coordinator& coordinator) {
        auto recorded =
            reader_.GetFailedTrials(id, *first, *first + kTrialsPerRetry);
        Require(recorded.ok(), "failed trials can be read");
        retried = coordinator.RetryTrials(*std::move(recorded), now_);
      });
      Require(retried.ok() == (sweep->state() != v1::SWEEP_STATE_CANCELLED),
              "failed trials can be retried unless their sweep is cancelled");
      if (!retried.ok()) return;
      const auto next = reader_.NextFailedTrial(id, *first);
      Require(next.ok() && (*next < 0 || *next >= *first + kTrialsPerRetry),
              "what is retried has not failed any more");
      first = next;
    }
    RequireWhole(Get(id));
  }

  void List(const v1::ListSweepsRequest& request) {
    int64_t before = 0;
    if (!request.page_token().empty() &&
        (!absl::SimpleAtoi(request.page_token(), &before) || before < 1)) {
      return;
    }
    if (request.page_size() < 0) return;
    const int limit =
        request.page_size() == 0 ? 100 : std::min(request.page_size(), 1000);
    const auto sweeps = reader_.ListSweeps(before, limit);
    Require(sweeps.ok() && static_cast<int>(sweeps->size()) <= limit,
            "a page has no more sweeps than asked for");
    int64_t next = before == 0 ? newest_ : std::min(newest_, before - 1);
    for (const v1::Sweep& sweep : *sweeps) {
      Require(sweep.sweep_id() == next, "every sweep is listed, newest first");
      --next;
    }
    Require(static_cast<int>(sweeps->size()) == limit || next == 0,
            "a page is full unless it is the last");
  }

  void GetTrial(const v1::GetTrialRequest& request) {
    const auto sweep = reader_.GetSweep(request.sweep());
    if (!sweep.ok()) return;
    const auto space = Space::FromStored(sweep->spec());
    Require(space.ok(), "what was taken is understood");
    const int64_t index = request.trial_index();
    if (index < 0 || index >= space->size()) return;
    const auto trial = reader_.GetTrial(sweep->sweep_id(), index);
    Require(trial.ok() && trial->trial_index() == index,
            "every trial of a sweep can be seen");
  }

  void ReadCurves(const v1::ReadCurvesRequest& request) {
    int64_t last = -1;
    const absl::Status status =
        reader_.ReadCurves(request, [&](const v1::CurveBatch& batch) {
          for (const int64_t trial : batch.trials()) {
            Require(trial > last, "curves ascend by trial");
            last = trial;
          }
          Require(batch.counts_size() == batch.trials_size() &&
                      batch.states_size() == batch.trials_size(),
                  "every curve is whole");
          return absl::OkStatus();
        });
    Require(!absl::IsDataLoss(status), "the ledger holds curves");
  }

  void Query(const v1::QueryRequest& request) {
    int64_t rows = 0;
    const absl::Status status =
        reader_.QueryHere(request, [&](const v1::QueryResponse& response) {
          rows += response.rows_size();
          return absl::OkStatus();
        });
    Require(rows <= (request.row_limit() > 0 ? request.row_limit() : 10'000),
            "no more rows than asked for");
  }

  void Drain(const v1::DrainWorkersRequest& request) {
    Decide([&](server::Coordinator& coordinator) {
      coordinator.DrainWorkers(request.worker(), now_).IgnoreError();
    });
  }

  // A worker comes, takes up to `trials`, ends them unless it `dies`, and goes.
  void Work(int trials, bool dies, v1::TrialState outcome) {
    const server::ConnectionId connection = ++connections_;
    leases_.clear();
    v1::WorkerMessage hello;
    hello.mutable_hello()->set_protocol_version(kProtocolVersion);
    hello.mutable_hello()->set_spec_revision(kSpecRevision);
    hello.mutable_hello()->set_session_id(absl::StrCat("s", connection));
    hello.mutable_hello()->set_worker("w");
    hello.mutable_hello()->set_numerics("n");
    hello.mutable_hello()->set_slots(1);
    v1::WorkerMessage demand;
    demand.mutable_demand()->set_trials(trials);
    Say(connection, hello);
    Say(connection, demand);
    for (const v1::Lease& lease : std::vector<v1::Lease>(leases_)) {
      Say(connection, EndOf(lease, trials, outcome));
    }
    if (!dies) Say(connection, Leaving());
    Decide([&](server::Coordinator& coordinator) {
      coordinator.OnDisconnected(connection, now_);
    });
  }

  // What the ledger says of itself, at the end.
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
  static constexpr int64_t kTrialsPerRetry = 2048;

  template <typename Use>
  void Decide(Use use) {
    now_ += absl::Milliseconds(1);
    std::vector<server::Core::Task> tasks;
    tasks.push_back({[&](server::Coordinator& coordinator, absl::Time) {
                       use(coordinator);
                     },
                     nullptr, nullptr});
    core_->Execute(tasks, now_);
    while (core_->behind()) {
      tasks.clear();
      core_->Execute(tasks, now_);
    }
  }

  void Deliver(server::Effects& effects) {
    for (server::Outgoing& out : effects.messages) {
      if (out.message.has_lease()) leases_.push_back(out.message.lease());
    }
  }

  void Say(server::ConnectionId connection, const v1::WorkerMessage& message) {
    Decide([&](server::Coordinator& coordinator) {
      coordinator.OnMessage(connection, message, now_);
    });
  }

  static v1::WorkerMessage Leaving() {
    v1::WorkerMessage message;
    message.mutable_leaving();
    return message;
  }

  // Half of the trials of the lease end, with a curve each.
  v1::WorkerMessage EndOf(const v1::Lease& lease, int trials,
                          v1::TrialState outcome) {
    const v1::Sweep sweep = Get(lease.sweep_id());
    v1::WorkerMessage message;
    message.set_sequence(1);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    for (const v1::TrialRange& range : lease.trials()) {
      for (int64_t i = 0; i < (range.count() + 1) / 2 + trials % 2; ++i) {
        if (i >= range.count()) break;
        v1::TrialPoints& points = *report.add_points();
        points.set_trial_index(range.first_index() + i);
        points.set_attempt(range.attempt());
        *points.mutable_metrics() = sweep.spec().trial().record().metrics();
        points.add_steps(0);
        points.mutable_values()->Resize(points.metrics_size(), 0.5);
        v1::TrialResult& result = *report.add_results();
        result.set_trial_index(range.first_index() + i);
        result.set_attempt(range.attempt());
        result.set_outcome(outcome);
        if (outcome == v1::TRIAL_STATE_FAILED) result.set_error("no");
      }
    }
    return message;
  }

  v1::Sweep Get(int64_t id) const {
    auto sweep = reader_.GetSweep(id);
    Require(sweep.ok(), "a sweep that there is can be seen");
    return *std::move(sweep);
  }

  // The sweep that is meant, when `caller` may change it.
  absl::StatusOr<v1::Sweep> Mine(const std::string& name,
                                 const server::Caller& caller) const {
    auto sweep = reader_.GetSweep(name);
    if (!sweep.ok()) return sweep;
    const absl::Status may = server::CheckMayChange(*sweep, caller);
    if (!may.ok()) return may;
    return sweep;
  }

  static void RequireWhole(const v1::Sweep& sweep) {
    const v1::Progress& progress = sweep.progress();
    const int64_t counts[] = {progress.pending(),   progress.leased(),
                              progress.succeeded(), progress.diverged(),
                              progress.stopped(),   progress.failed(),
                              progress.cancelled()};
    int64_t sum = 0;
    for (const int64_t count : counts) {
      Require(count >= 0, "counters count");
      sum += count;
    }
    Require(sum == sweep.trial_count(), "every trial is in one state");
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  const server::LedgerReader reader_;
  const std::unique_ptr<server::Core> core_;
  std::vector<v1::Lease> leases_;  // Since the last Work.
  server::ConnectionId connections_ = 0;
  int64_t newest_ = 0;  // Number of a sweep.
  std::set<int64_t> cancelled_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_SERVICE_STEPS_H_
