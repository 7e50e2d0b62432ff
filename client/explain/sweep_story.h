#ifndef FATHOM_CLIENT_EXPLAIN_SWEEP_STORY_H_
#define FATHOM_CLIENT_EXPLAIN_SWEEP_STORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/why/limits.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Who holds trials of the sweep, since when at the longest.
struct Holder {
  std::string worker;
  int64_t trials = 0;
  std::string since;
};

// What was recorded of the sweep.
struct SweepEvent {
  std::string time;
  std::string kind;
  std::string message;
};

// What limits a sweep now, and what is known of that.
struct SweepStory {
  SweepLook look;
  LimitFound found;
  std::vector<Holder> holders;
  std::vector<SweepEvent> events;  // Newest first.
};

// Loads what limits the sweep now. The errors are those of the connection.
absl::StatusOr<SweepStory> LoadSweepStory(Connection& connection,
                                          const v1::Sweep& sweep);

// Returns what limits the sweep, with numbers, and how its remaining time comes
// about, for people. `source` has the options that name the ledger or the
// coordinator in other commands, for example "--db fathom.db".
std::string StoryText(const SweepStory& story, const std::string& source);

// Returns the same for programs.
nlohmann::ordered_json StoryJson(const SweepStory& story);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_EXPLAIN_SWEEP_STORY_H_
