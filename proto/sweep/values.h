#ifndef FATHOM_PROTO_SWEEP_VALUES_H_
#define FATHOM_PROTO_SWEEP_VALUES_H_

#include <cstdint>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Returns the number of values of a valid axis. Takes O(1) time.
int64_t AxisLength(const v1::Axis& axis);

// Returns value `i`, 0 <= i < AxisLength(axis), of a valid axis. Takes O(1)
// time.
v1::Value AxisValue(const v1::Axis& axis, int64_t i);

// Returns the double nearest to `number` written with 15 significant decimal
// digits. The rounding removes the last bits of pow(), which differ between
// machines.
double RoundToDecimal(double number);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_VALUES_H_
