#ifndef FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_
#define FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks what a normalized spec holds out in every trial of the sweep: that
// these are no rows of a matrix to complete, that it is clear where they come
// from, and that metrics on a part find rows there, or that a client will put
// rows there. `varied` holds the fields that axes vary. CheckSplits compares
// with the number of rows that there are.
void CheckHeldOut(const v1::SweepSpec& spec,
                  const absl::flat_hash_set<std::string>& varied,
                  std::vector<Violation>* violations);

// Checks a valid `spec` once more when it is run as it is on synthetic data,
// which may stand in for a dataset that has rows of its own to hold out.
void CheckHeldOutOfSynthetic(const v1::SweepSpec& spec,
                             std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_
