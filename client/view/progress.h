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

// How fast a sweep comes along, from what was seen in the last 30 s.
//
// Not thread-safe.
class RateMeter {
 public:
  // Takes one observation; `now` must not go back.
  void Add(absl::Time now, double fraction, int64_t finished_trials);

  // Trials per second; unset until trials finished between two observations.
  std::optional<double> trials_per_second() const;

  // Time that the rest takes at the present pace; unset while there is none.
  std::optional<absl::Duration> remaining() const;

 private:
  struct Sample {
    absl::Time time;
    double fraction;
    int64_t finished_trials;
  };

  std::deque<Sample> samples_;  // Oldest first; the first may be older.
};

// What a progress line says.
struct ProgressReport {
  v1::Sweep sweep;
  std::optional<int> workers;  // Unset where nobody knows.
  std::optional<double> trials_per_second;
  std::optional<absl::Duration> remaining;
  absl::string_view noun = "trial";  // What is counted, one of them.
};

// Trials of the sweep that have ended, in whatever way but with the sweep: the
// cancelled ones do not count.
int64_t FinishedTrials(const v1::Progress& progress);

// Returns how it is with a sweep in a word. Of those that are running in the
// ledger, "paused", "interrupted" when nothing has the ledger open, "waiting"
// while nothing of it is given out, else "running"; "completed" or "cancelled".
std::string SweepStateText(const v1::Sweep& sweep);

// Returns the report as one plain line without a line break:
// "quickstart: 43%, 23 of 54 trials, 1.8 trials/s, ETA 0:17, 2 diverged, 1
// worker".
std::string ProgressText(const ProgressReport& report);

// Returns the report with a bar, in fewer than `width` characters (at least
// 20):
// "[#####-------]  43%  23/54 trials  1.8/s  ETA 0:17  2 diverged  1 worker".
// What does not fit is left out, from the right. `unicode` draws a finer bar.
std::string ProgressLine(const ProgressReport& report, int width, bool unicode);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PROGRESS_H_
