#ifndef FATHOM_CLIENT_EMBEDDED_H_
#define FATHOM_CLIENT_EMBEDDED_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/connection.h"
#include "fathom/v1/bench.pb.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/theory.pb.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::client {

// First in main(), of a program that opens ledgers: see
// server/store/queries/query_process.h.
std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

// Opens the ledger `db_path` with a real coordinator and a real worker of
// `slots` slots in this process, joined by gRPC's in-process channel: the same
// code as fathom-server and fathom-worker, without a port. Destroying the
// connection drains the worker (it hands its leases back) and closes the
// ledger.
//
// The errors of Server::Start.
absl::StatusOr<std::unique_ptr<Connection>> OpenEmbedded(
    const std::string& db_path, int slots);

// Opens the ledger `db_path`, which must exist, with a coordinator and no
// worker: for what changes a sweep without training. Leases that are open stay
// open.
//
// NOT_FOUND when there is no such file; the errors of Server::Start.
absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const std::string& db_path);

// Opens the ledger `db_path` for reading only: queries, lists and shows, also
// while a coordinator is writing to it. NOT_FOUND when there is no such file.
absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
    const std::string& db_path);

// Checks the theorems in this process, or those with `only` in their names;
// `on_claim` hears the title of each before it is checked. INVALID_ARGUMENT
// when there is none of that name.
absl::StatusOr<v1::TheoryReport> RunTheory(
    const std::string& only,
    absl::FunctionRef<void(absl::string_view title)> on_claim);

// Makes all training in this process use this instruction set: "portable",
// "avx2" or "avx512". INVALID_ARGUMENT when there is none of that name, or this
// machine lacks it. Before anything trains.
absl::Status UseInstructionSet(const std::string& name);

// Names of the instruction sets that this machine can train with, the one that
// it does train with first: "avx512", "avx2", "portable".
std::vector<std::string> InstructionSets();

// Returns the numerics string of what this program computes.
std::string ProgramNumerics();

// A way to train some trials: in bundles of positions, on some threads. A trial
// is left out when it and those before it are together more work than
// `most_flops`.
struct Packing {
  std::string isa;
  int slots = 1;
  std::vector<std::vector<int>> bundles;
  double most_flops = std::numeric_limits<double>::infinity();
};

// Hears of the trials that TrainPackings trains: on several threads, but from
// one at a time.
class PackingListener {
 public:
  virtual ~PackingListener() = default;
  // All points of the trial at position `trial` in one chunk, and its end; it
  // had `lanes - 1` neighbours.
  virtual void OnTrained(int packing, int lanes, int trial,
                         const v1::TrialPoints& points,
                         const v1::TrialResult& result) = 0;
  // Called a few times a second, with the updates taken in this packing.
  // Returning false stops the training.
  virtual bool KeepGoing(int packing, int64_t steps) = 0;
};

// Trains normalized, valid `trials`, which share their data, once for each of
// `packings`, in this process. `dataset` holds the canonical bytes of the data;
// empty where it is generated. The data is prepared anew for each instruction
// set. Meanwhile the process has no other worker, and nobody else calls this.
//
// CANCELLED when it was stopped, INVALID_ARGUMENT when the data cannot be
// prepared or the machine lacks an instruction set, FAILED_PRECONDITION when
// this program has no engine for a trial.
absl::Status TrainPackings(const std::string& dataset,
                           absl::Span<const v1::TrialSpec> trials,
                           absl::Span<const Packing> packings,
                           PackingListener& listener);

// Measures what this machine reaches, with the kernels of a worker in this
// process; see MeasureMachine in worker/bench/bench.h.
absl::StatusOr<v1::BenchReport> RunBench(
    const v1::BenchRequest& request,
    absl::FunctionRef<void(absl::string_view part, double done)> on_part,
    absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_EMBEDDED_H_
