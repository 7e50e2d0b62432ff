#ifndef FATHOM_PROTO_SWEEP_CHECKS_DATA_H_
#define FATHOM_PROTO_SWEEP_CHECKS_DATA_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks that a normalized spec names its data in exactly one way, and whatever
// goes with some kinds of data only, in every trial of the sweep: an import
// beside the synthetic data that stands in for it; matrix completion, its rank
// and number of entries within its shape, and what else does not apply to it.
// `varied` holds the fields that axes vary. Takes time in the length of the
// axes over the shape.
void CheckData(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_DATA_H_
