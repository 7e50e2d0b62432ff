#ifndef FATHOM_CLIENT_ANALYSIS_OPTIMA_H_
#define FATHOM_CLIENT_ANALYSIS_OPTIMA_H_

#include <cstddef>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom {

// An optimum that excess_loss is measured from.
struct OptimumName {
  std::string parameters;   // "lp = 4": what varies and makes it another one.
  std::string fingerprint;  // As in the view `optima`.
};

// Returns the optima of a normalized spec that records excess_loss, in the
// order of its axes, but not more than `most`; none for other specs.
std::vector<OptimumName> OptimaOf(const v1::SweepSpec& spec, const Space& space,
                                  size_t most);

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_OPTIMA_H_
