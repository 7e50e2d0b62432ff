#ifndef FATHOM_PROTO_SWEEP_CHECKS_DATA_H_
#define FATHOM_PROTO_SWEEP_CHECKS_DATA_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks the data of a normalized `spec` in every trial of the sweep, and
// appends what is wrong to `violations`. The spec must name its data in exactly
// one way (synthetic data may stand in for an import), and fields that go with
// some kinds of data only must be used with these. For matrix completion the
// rank and the number of entries must fit the shape. `varied` holds the paths
// of all axes. Takes time proportional to the length of the axes over the
// shape.
void CheckData(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_DATA_H_
