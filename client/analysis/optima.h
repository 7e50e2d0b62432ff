#ifndef FATHOM_CLIENT_ANALYSIS_OPTIMA_H_
#define FATHOM_CLIENT_ANALYSIS_OPTIMA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "client/analysis/goals.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom::client {

// An optimum that excess_loss is measured from.
struct OptimumName {
  std::string parameters;   // "lp = 4": what varies and makes it another one.
  std::string fingerprint;  // As in the view `optima`.
};

// Returns the optima of a normalized spec that records excess_loss, in the
// order of its axes, but not more than `most`; none for other specs.
std::vector<OptimumName> OptimaOf(const v1::SweepSpec& spec, const Space& space,
                                  size_t most);

// The optima that a ledger has, by fingerprint.
using Optima = absl::flat_hash_map<std::string, KnownOptimum>;

// What some trials of a race measure: one entry for those that share it.
struct Objective {
  v1::LossSpec loss = {};
  v1::Precision precision = v1::PRECISION_DOUBLE;
  std::optional<double> stop_below = {};
  std::string optimum = {};  // Fingerprint, as in the view `optima`.
};

// Returns the different objectives of some trials, but not more than `most`.
std::vector<Objective> ObjectivesOf(const v1::SweepSpec& spec,
                                    const Space& space,
                                    absl::Span<const int64_t> trials,
                                    size_t most);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_OPTIMA_H_
