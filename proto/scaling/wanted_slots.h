#ifndef FATHOM_PROTO_SCALING_WANTED_SLOTS_H_
#define FATHOM_PROTO_SCALING_WANTED_SLOTS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "fathom/v1/scaling.pb.h"

namespace fathom {

// How many compute threads are wanted, and why.
struct WantedSlots {
  int64_t slots = 0;
  std::string reason;  // For people.
};

// Returns how many compute threads would finish all that there is to do within
// `target`: ceil(slot_seconds / target), and kSlotsForTheUnknown more at most
// for trials of which nobody knows what they take. Never more than there are
// trials, at least one while there are any, and none otherwise. `target` is at
// least a second.
//
// A pure function of the load: who starts workers asks it again and again.
WantedSlots SlotsWanted(const v1::Load& load, absl::Duration target);

// Enough to find out soon what trials take, few enough not to matter when they
// take nothing.
inline constexpr int64_t kSlotsForTheUnknown = 4;

}  // namespace fathom

#endif  // FATHOM_PROTO_SCALING_WANTED_SLOTS_H_
