#ifndef FATHOM_CLIENT_ANALYSIS_RACE_OPTIMA_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_OPTIMA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "client/analysis/race/goals.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom::client {

// An optimum that excess_loss is measured from.
struct OptimumName {
  std::string parameters;   // Parameters that tell it from others: "lp = 4".
  std::string fingerprint;  // As in the view `optima`.
};

// Returns the optima of a normalized spec that records excess_loss, in the
// order of its axes, but at most `most`. Other specs have none.
std::vector<OptimumName> OptimaOf(const v1::SweepSpec& spec, const Space& space,
                                  size_t most);

// The optima that a ledger knows, by fingerprint.
using Optima = absl::flat_hash_map<std::string, KnownOptimum>;

// What some trials of a race minimize. Trials that agree in all of this share
// one objective.
struct Objective {
  v1::LossSpec loss = {};
  v1::Precision precision = v1::PRECISION_DOUBLE;
  std::optional<double> stop_below = {};
  std::string optimum = {};  // Fingerprint of the optimum.
};

// Returns the different objectives of `trials`, but at most `most`.
std::vector<Objective> ObjectivesOf(const v1::SweepSpec& spec,
                                    const Space& space,
                                    absl::Span<const int64_t> trials,
                                    size_t most);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_OPTIMA_H_
