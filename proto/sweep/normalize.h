#ifndef FATHOM_PROTO_SWEEP_NORMALIZE_H_
#define FATHOM_PROTO_SWEEP_NORMALIZE_H_

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Writes every default of sweep.proto where `spec` leaves a field unset. The
// only place that knows defaults. Also replaces short names of axes by full
// paths and listed values by the type of their field; what is unknown or does
// not fit stays for Validate. Idempotent; does not validate.
v1::SweepSpec Normalize(v1::SweepSpec spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_NORMALIZE_H_
