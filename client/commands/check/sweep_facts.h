#ifndef FATHOM_CLIENT_COMMANDS_CHECK_SWEEP_FACTS_H_
#define FATHOM_CLIENT_COMMANDS_CHECK_SWEEP_FACTS_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "client/commands/run/load_sweep.h"
#include "fathom/v1/sweep.pb.h"
#include "nlohmann/json.hpp"
#include "proto/dataset/dataset.h"
#include "proto/sweep/space.h"

// What a sweep would be, as its spec and its data tell without any training;
// `fathom check` and the option --dry-run say it.
namespace fathom::client {

// The data of a trial: `rows` samples, or known entries of a matrix, of
// `columns` features and `outputs` targets. Of a matrix there are no samples,
// which are what takes memory.
struct TrialShape {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t outputs = 0;
  int64_t samples = 0;
};

// Returns the data of a trial of a normalized spec. `imported` is the shape of
// the data of trials that have imported data.
TrialShape ShapeOf(const v1::TrialSpec& trial, const DatasetShape& imported);

// Calls `look` with every trial of a sweep or, of a large one, with 10^4 trials
// that are spread evenly and include the first and the last one.
void ForSomeTrials(const Space& space,
                   absl::FunctionRef<void(const v1::TrialSpec&)> look);

// The range of the numbers of weights of some trials.
struct WeightRange {
  int64_t least = std::numeric_limits<int64_t>::max();
  int64_t most = 0;
};

struct SweepFacts {
  int64_t trials = 0;
  double total_steps = 0;
  WeightRange weights = {};
  std::map<int64_t, WeightRange> weights_by_depth = {};
  int64_t data_bytes = 0;  // Of the largest data, in a worker.
};

// Finds the facts of a sweep, some of them from ForSomeTrials.
SweepFacts FactsOf(const Space& space, const DatasetShape& imported);

// Returns the facts as lines that begin with their titles.
std::string FactsText(const LoadedSweep& loaded, const SweepFacts& facts);

// Returns the same as an object, with the spec.
nlohmann::ordered_json FactsJson(const LoadedSweep& loaded,
                                 const SweepFacts& facts);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CHECK_SWEEP_FACTS_H_
