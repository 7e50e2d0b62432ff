#ifndef FATHOM_PROTO_SHARED_CHECKPOINT_OPTION_H_
#define FATHOM_PROTO_SHARED_CHECKPOINT_OPTION_H_

#include <cmath>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace fathom {

// How long trials train between two checkpoints, as --checkpoint-every of the
// programs that train says it: its default and its range.
inline constexpr char kCheckpointEvery[] = "60s";
inline constexpr absl::Duration kLeastCheckpointEvery = absl::Milliseconds(100);
inline constexpr absl::Duration kMostCheckpointEvery = absl::Hours(24);

// Reads such a time: seconds ("60", "0.5"), a time with units ("90s", "1m30s",
// "2h"), or 0 or "never", which are an infinite time. Nothing when `text` is
// none of these.
inline std::optional<absl::Duration> ReadInterval(const std::string& text) {
  absl::Duration interval = absl::InfiniteDuration();
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    if (!std::isfinite(seconds)) return std::nullopt;
    interval = absl::Seconds(seconds);
  } else if (text != "never" && (!absl::ParseDuration(text, &interval) ||
                                 interval == absl::InfiniteDuration())) {
    return std::nullopt;
  }
  if (interval < absl::ZeroDuration()) return std::nullopt;
  return interval == absl::ZeroDuration() ? absl::InfiniteDuration() : interval;
}

// Returns the validator of the option.
inline CLI::Validator CheckpointInterval() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const std::optional<absl::Duration> interval = ReadInterval(text);
        if (interval == absl::InfiniteDuration() ||
            (interval >= kLeastCheckpointEvery &&
             interval <= kMostCheckpointEvery)) {
          return "";
        }
        return absl::StrCat("found ", text, ", expected a time from ",
                            absl::FormatDuration(kLeastCheckpointEvery), " to ",
                            absl::FormatDuration(kMostCheckpointEvery),
                            ", such as 90s or 2m, or never");
      },
      "");
}

// Adds the option, which then writes to `text`.
inline void AddCheckpointOption(CLI::App& app, std::string& text,
                                const std::string& help) {
  app.add_option("--checkpoint-every", text, help)
      ->capture_default_str()
      ->check(CheckpointInterval())
      ->type_name("TIME");
}

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CHECKPOINT_OPTION_H_
