#ifndef FATHOM_CLIENT_VIEW_PROGRESS_H_
#define FATHOM_CLIENT_VIEW_PROGRESS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Measures how fast a sweep proceeds, from the observations of the last 30 s.
//
// Not thread-safe.
class RateMeter {
 public:
  // Takes an observation; `now` must not go back.
  void Add(absl::Time now, double fraction, int64_t finished_trials);

  // Returns the finished trials per second; unset until trials finished between
  // two observations.
  std::optional<double> trials_per_second() const;

  // Returns the time that the rest takes at the present pace; unset while there
  // is no progress.
  std::optional<absl::Duration> remaining() const;

 private:
  struct Sample {
    absl::Time time;
    double fraction;
    int64_t finished_trials;
  };

  // Oldest first. The first sample may be older than 30 s, so that the samples
  // span the whole window.
  std::deque<Sample> samples_;
};

// What a line of progress says.
struct ProgressReport {
  v1::Sweep sweep;
  std::optional<int> workers;  // Unset when unknown.
  std::optional<double> trials_per_second;
  std::optional<absl::Duration> remaining;
  absl::string_view noun = "trial";  // What is counted, in the singular.
};

// Returns the number of trials that have ended by themselves. Trials that were
// cancelled with the sweep do not count.
int64_t FinishedTrials(const v1::Progress& progress);

// Returns the state of a sweep in a word or two. A sweep that is running in the
// ledger is "unreadable" when its spec cannot be read, "paused", "interrupted"
// when nothing has the ledger open, "waiting" while none of its trials is
// leased, or else "running". Other sweeps are "completed" or "cancelled", with
// ", unreadable" where that applies.
std::string SweepStateText(const v1::Sweep& sweep);

// Returns the report as one plain line without a line break: "quickstart: 43%,
// 23 of 54 trials, 1.8 trials/s, ETA 0:17, 2 diverged, 1 worker".
std::string ProgressText(const ProgressReport& report);

// Returns the report with a bar, in fewer than `width` characters (at least
// 20):
// "[#####-------]  43%  23/54 trials  1.8/s  ETA 0:17  2 diverged  1 worker".
// What does not fit is left out, from the right. `unicode` draws a finer bar.
std::string ProgressLine(const ProgressReport& report, int width, bool unicode);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PROGRESS_H_
