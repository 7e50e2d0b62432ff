#include "client/embedded.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "server/server.h"
#include "server/store/queries/query_process.h"
#include "worker/bench/bench.h"
#include "worker/bench/peak.h"
#include "worker/data/problem.h"
#include "worker/engine/engine.h"
#include "worker/engine/engines.h"
#include "worker/engine/read_isa.h"
#include "worker/kernel/isa.h"
#include "worker/session/worker.h"
#include "worker/theory/theory.h"
#include "worker/verify/packing.h"

namespace fathom::client {
namespace {

// A coordinator and possibly a worker in one process. This is the only place
// where the two meet in a program.
class EmbeddedConnection final : public Connection {
 public:
  EmbeddedConnection(std::unique_ptr<server::Server> server,
                     std::unique_ptr<worker::Worker> worker)
      : Connection(server->InProcessChannel(), {.in_process = true}),
        server_(std::move(server)),
        worker_(std::move(worker)) {
    if (worker_ == nullptr) return;
    worker_thread_ = std::thread([this] {
      // The worker ends early only when the coordinator does, whose error is
      // reported.
      worker_->Run().IgnoreError();
    });
  }

  ~EmbeddedConnection() override {
    if (worker_ == nullptr) return;
    worker_->Stop();
    worker_thread_.join();
    worker_.reset();  // It holds a channel to the server.
  }

 private:
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<worker::Worker> worker_;
  std::thread worker_thread_;
};

// Passes what happens in one packing on to a PackingListener.
class OnePacking final : public worker::PackingObserver {
 public:
  OnePacking(int packing, const std::vector<worker::PackedBundle>& bundles,
             PackingListener& listener)
      : packing_(packing), bundles_(bundles), listener_(listener) {}

  void OnTrained(int bundle, int trial,
                 const worker::TrainedTrial& trained) override {
    listener_.OnTrained(packing_,
                        static_cast<int>(bundles_[bundle].trials.size()), trial,
                        trained.points, trained.result);
  }
  bool KeepGoing(int64_t steps) override {
    return listener_.KeepGoing(packing_, steps);
  }

 private:
  const int packing_;
  const std::vector<worker::PackedBundle>& bundles_;
  PackingListener& listener_;
};

absl::StatusOr<worker::Problem> MakeProblem(const v1::DataSpec& spec,
                                            const std::string& dataset) {
  if (worker::IsGenerated(spec)) {
    return worker::GenerateProblem(spec);
  }
  ASSIGN_OR_RETURN(const Dataset decoded, DecodeDataset(dataset));
  return worker::PrepareProblem(spec, decoded);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> OpenEmbedded(
    const std::string& db_path, int slots, absl::Duration checkpoint_every) {
  server::Server::Options options;
  options.db_path = db_path;
  // No worker of an earlier run has outlived its process.
  options.coordinator.workers_outlive_coordinator = false;
  options.coordinator.heartbeat_period = absl::Milliseconds(250);
  ASSIGN_OR_RETURN(std::unique_ptr<server::Server> server,
                   server::Server::Start(std::move(options)));
  auto worker = std::make_unique<worker::Worker>(
      server->InProcessChannel(),
      worker::Worker::Options{.name = "embedded",
                              .slots = slots,
                              .reconnect = false,
                              .checkpoints = {.every = checkpoint_every},
                              .measure_peak = [] {
                                return worker::bench::BestPeak(
                                    worker::kernel::ActiveIsa());
                              }});
  return std::make_unique<EmbeddedConnection>(std::move(server),
                                              std::move(worker));
}

absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const std::string& db_path) {
  // A coordinator would create a new ledger where there is none.
  std::error_code error;
  if (!std::filesystem::exists(db_path, error)) {
    return absl::NotFoundError(
        absl::StrCat("cannot open ", db_path, ": there is no such file"));
  }
  server::Server::Options options;
  options.db_path = db_path;
  ASSIGN_OR_RETURN(std::unique_ptr<server::Server> server,
                   server::Server::Start(std::move(options)));
  return std::make_unique<EmbeddedConnection>(std::move(server), nullptr);
}

absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
    const std::string& db_path) {
  server::Server::Options options;
  options.db_path = db_path;
  options.read_only = true;
  ASSIGN_OR_RETURN(std::unique_ptr<server::Server> server,
                   server::Server::Start(std::move(options)));
  return std::make_unique<EmbeddedConnection>(std::move(server), nullptr);
}

absl::StatusOr<v1::TheoryReport> RunTheory(
    const std::string& only,
    absl::FunctionRef<void(absl::string_view title)> on_claim) {
  return worker::CheckTheory(only, on_claim);
}

absl::Status UseInstructionSet(const std::string& name) {
  ASSIGN_OR_RETURN(const worker::kernel::Isa isa, worker::ReadIsa(name));
  worker::kernel::ForceIsa(isa);
  return absl::OkStatus();
}

std::vector<std::string> InstructionSets() {
  const worker::kernel::Isa active = worker::kernel::ActiveIsa();
  std::vector<std::string> names = {worker::kernel::IsaName(active)};
  std::for_each(std::rbegin(worker::kernel::kIsas),
                std::rend(worker::kernel::kIsas), [&](worker::kernel::Isa isa) {
                  if (isa != active && worker::kernel::Supports(isa)) {
                    names.emplace_back(worker::kernel::IsaName(isa));
                  }
                });
  return names;
}

std::vector<std::string> ProgramNumerics() {
  return worker::NumericsOf(worker::AllEngines());
}

absl::StatusOr<TrialCost> CostOf(const v1::TrialSpec& trial, int64_t rows,
                                 int64_t columns, int64_t outputs) {
  ASSIGN_OR_RETURN(const worker::Engine* const engine,
                   worker::EngineFor(worker::AllEngines(), trial));
  const worker::DataShape shape = {rows, columns, outputs};
  return TrialCost{.flops = engine->TrialFlops(trial, shape),
                   .bytes = engine->LaneBytes(trial, shape)};
}

absl::Status TrainPackings(const std::string& dataset,
                           absl::Span<const v1::TrialSpec> trials,
                           absl::Span<const Packing> packings,
                           PackingListener& listener) {
  if (trials.empty()) return absl::OkStatus();
  const absl::Cleanup restore = [before = worker::kernel::ActiveIsa()] {
    worker::kernel::ForceIsa(before);
  };
  worker::SharedOptima optima;
  std::optional<worker::kernel::Isa> prepared_for;
  std::optional<worker::Problem> problem;
  for (size_t i = 0; i < packings.size(); ++i) {
    ASSIGN_OR_RETURN(const worker::kernel::Isa isa,
                     worker::ReadIsa(packings[i].isa));
    if (prepared_for != isa) {
      worker::kernel::ForceIsa(isa);
      problem.reset();  // Memory may not hold two problems.
      ASSIGN_OR_RETURN(problem, MakeProblem(trials[0].data(), dataset));
      prepared_for = isa;
    }
    ASSIGN_OR_RETURN(
        const std::vector<worker::PackedBundle> bundles,
        worker::PackBundles(worker::AllEngines(), trials, packings[i].bundles,
                            worker::ShapeOf(*problem), packings[i].most_flops));
    OnePacking observer(static_cast<int>(i), bundles, listener);
    if (!worker::RunPacking(*problem, trials, bundles, packings[i].slots,
                            optima, observer)) {
      return absl::CancelledError("the training was stopped");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::BenchReport> RunBench(
    const v1::BenchRequest& request,
    absl::FunctionRef<void(absl::string_view part, double done)> on_part,
    absl::FunctionRef<bool()> keep_going) {
  return worker::MeasureMachine(request, on_part, keep_going);
}

std::optional<int> AnswerQueryIfAsked(int argc, char** argv) {
  return server::AnswerQueryIfAsked(argc, argv);
}

}  // namespace fathom::client
