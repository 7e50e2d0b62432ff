#ifndef FATHOM_SERVER_RETENTION_H_
#define FATHOM_SERVER_RETENTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::server {

// How long sweeps are kept that have ended. Those that are running, paused ones
// included, always are. This class is a value.
struct Retention {
  absl::Duration keep = absl::InfiniteDuration();
  // Patterns with * ? [...] of the names of sweeps that are kept for ever.
  std::vector<std::string> always = {};

  // Whether any sweep is deleted at all.
  bool limited() const { return keep < absl::InfiniteDuration(); }

  // Whether a sweep of this name is kept for ever.
  bool Always(const std::string& name) const;

  // Says what will go and when, for the log: `ended` are all sweeps that have
  // ended, those that ended first first.
  std::string Describe(absl::Span<const v1::Sweep> ended, absl::Time now) const;
};

// Reads "90d" or "36h": a whole number of days or hours, an hour to a hundred
// years. INVALID_ARGUMENT, with what was found and expected, for other texts.
absl::StatusOr<absl::Duration> ParseKeep(absl::string_view text);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_RETENTION_H_
