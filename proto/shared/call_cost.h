#ifndef FATHOM_PROTO_SHARED_CALL_COST_H_
#define FATHOM_PROTO_SHARED_CALL_COST_H_

namespace fathom {

// The name of the metadata at the end of a call that say how much processor
// time it has cost the coordinator: a decimal number of microseconds. What gRPC
// spends on the messages is not in it.
inline constexpr char kCallCostKey[] = "fathom-cpu-us";

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CALL_COST_H_
