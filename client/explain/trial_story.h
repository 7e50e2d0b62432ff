#ifndef FATHOM_CLIENT_EXPLAIN_TRIAL_STORY_H_
#define FATHOM_CLIENT_EXPLAIN_TRIAL_STORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/why/divergence.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// A time that the trial was given out.
struct PastAttempt {
  int64_t attempt = 0;
  std::string outcome;
  std::string worker;
  std::string lease_time;
  std::string end_time;
};

// How the trials ended that differ in their learning rate alone.
struct RatesAround {
  std::optional<double> largest_trained;
  std::optional<double> smallest_diverged;
};

// What became of a trial, and what is known of why.
struct TrialStory {
  v1::Trial trial;
  std::vector<PastAttempt> attempts;  // The newest, newest first.
  std::optional<Growth> growth;
  std::optional<StableRate> stable_rate;
  RatesAround rates;
};

// Loads what became of trial `index` of the sweep. The errors are those of
// Connection::GetTrial.
absl::StatusOr<TrialStory> LoadTrialStory(Connection& connection,
                                          const v1::Sweep& sweep,
                                          int64_t index);

// Returns what became of the trial and why, for people: its attempts, what it
// waits for, and what its curve and its neighbours tell of a divergence.
// `source` is as for StoryText.
std::string TrialStoryText(const v1::Sweep& sweep, const TrialStory& story,
                           const std::string& source);

// Returns the same for programs.
nlohmann::ordered_json TrialStoryJson(const v1::Sweep& sweep,
                                      const TrialStory& story);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_EXPLAIN_TRIAL_STORY_H_
