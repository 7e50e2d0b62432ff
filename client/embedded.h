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
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/connection.h"
#include "fathom/v1/bench.pb.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/theory.pb.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::client {

// Answers a query and returns the exit code when this process was started for
// that purpose; see server/store/queries/query_process.h. A program that opens
// ledgers calls it first in main().
std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

// Opens the ledger `db_path` with a real coordinator and a real worker of
// `slots` slots in this process, which writes its trials down every
// `checkpoint_every`, or never when that is infinite. The two are joined by
// gRPC's in-process channel, so that the code of fathom-server and
// fathom-worker runs without a port. The destructor of the connection stops the
// worker, which writes down what it has not finished and hands its leases back,
// and closes the ledger.
//
// Returns the errors of Server::Start.
absl::StatusOr<std::unique_ptr<Connection>> OpenEmbedded(
    const std::string& db_path, int slots, absl::Duration checkpoint_every);

// Opens the ledger `db_path`, which must exist, with a coordinator and no
// worker, to change a sweep without training. Open leases stay open.
//
// Returns NOT_FOUND when there is no such file, and the errors of
// Server::Start.
absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const std::string& db_path);

// Opens the ledger `db_path` for reading only, as queries, lists and shows do,
// even while a coordinator writes to it. NOT_FOUND when there is no such file.
absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
    const std::string& db_path);

// Checks the theorems in this process, or those with `only` in their names.
// `on_claim` is called with the title of each claim before it is checked.
// INVALID_ARGUMENT when no claim has such a name.
absl::StatusOr<v1::TheoryReport> RunTheory(
    const std::string& only,
    absl::FunctionRef<void(absl::string_view title)> on_claim);

// Makes all training in this process use this instruction set: "portable",
// "avx2" or "avx512". It must be called before anything trains.
// INVALID_ARGUMENT when there is no instruction set of that name, or this
// machine lacks it.
absl::Status UseInstructionSet(const std::string& name);

// Returns the names of the instruction sets that this machine can train with,
// for example "avx512", "avx2", "portable". The one in use comes first.
std::vector<std::string> InstructionSets();

// Returns the numerics strings of the engines in this program.
std::vector<std::string> ProgramNumerics();

// What a trial takes, as the engine that trains it estimates it.
struct TrialCost {
  // Work of all steps, right within a factor of about three; see
  // Engine::StepFlops.
  double flops = 0;
  // Upper bound of the memory of a trial in training, and of its checkpoint.
  double bytes = 0;
};

// Estimates what a normalized, valid trial takes whose data has `rows` samples
// (or known entries of a matrix), `columns` features and `outputs` outputs.
// FAILED_PRECONDITION when no engine of this program trains it.
absl::StatusOr<TrialCost> CostOf(const v1::TrialSpec& trial, int64_t rows,
                                 int64_t columns, int64_t outputs);

// A way to train some trials: which of them form a bundle, on how many threads,
// with which instruction set. Bundles hold positions in the list of trials. A
// trial is left out when it and the trials before it take more work than
// `most_flops` together.
struct Packing {
  std::string isa;
  int slots = 1;
  std::vector<std::vector<int>> bundles;
  double most_flops = std::numeric_limits<double>::infinity();
};

// Receives the trials that TrainPackings trains. Calls come from several
// threads, but one at a time.
class PackingListener {
 public:
  virtual ~PackingListener() = default;
  // Receives all points of the trial at position `trial`, in one chunk of each
  // kind, and its end. The trial was trained as one of `lanes` lanes.
  virtual void OnTrained(int packing, int lanes, int trial,
                         absl::Span<const v1::TrialPoints> points,
                         const v1::TrialResult& result) = 0;
  // Called a few times a second, with the number of updates taken in this
  // packing so far. Returning false stops the training.
  virtual bool KeepGoing(int packing, int64_t steps) = 0;
};

// Trains normalized, valid `trials`, which share their data, once for each of
// `packings`, in this process. `dataset` holds the canonical bytes of the data,
// and is empty where the data is generated. The data is prepared anew whenever
// the instruction set changes. The process may have no other worker meanwhile,
// and no other thread may call this function.
//
// Errors are CANCELLED when the listener stopped the training, INVALID_ARGUMENT
// when the data cannot be prepared or the machine lacks an instruction set, and
// FAILED_PRECONDITION when this program has no engine for a trial.
absl::Status TrainPackings(const std::string& dataset,
                           absl::Span<const v1::TrialSpec> trials,
                           absl::Span<const Packing> packings,
                           PackingListener& listener);

// Measures what this machine reaches with the kernels of a worker, in this
// process; see MeasureMachine in worker/bench/bench.h.
absl::StatusOr<v1::BenchReport> RunBench(
    const v1::BenchRequest& request,
    absl::FunctionRef<void(absl::string_view part, double done)> on_part,
    absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_EMBEDDED_H_
