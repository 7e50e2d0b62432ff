#ifndef FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_
#define FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks what a normalized spec holds out, in every trial of the sweep: not of
// a matrix to complete; where its rows come from; that metrics on a part find
// rows there, or that a client will put them there. `varied` holds the fields
// that axes vary. How many rows there are is a matter of CheckSplits.
void CheckHeldOut(const v1::SweepSpec& spec,
                  const absl::flat_hash_set<std::string>& varied,
                  std::vector<Violation>* violations);

// Checks what is left where a valid `spec` is run as it is, on synthetic data,
// which may stand in for a dataset that has rows of its own to hold out.
void CheckHeldOutOfSynthetic(const v1::SweepSpec& spec,
                             std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_HELD_OUT_H_
