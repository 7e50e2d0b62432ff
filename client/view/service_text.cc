#include "client/view/service_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/format.h"
#include "client/view/message_json.h"

namespace fathom::client {

std::string ServiceText(const ServiceLook& look) {
  std::string text;
  if (look.commit_seconds.has_value()) {
    absl::StrAppend(&text, "disk:     a commit takes ",
                    absl::StrFormat("%.3g s", *look.commit_seconds),
                    " in the mean");
    if (look.commit_share.has_value()) {
      absl::StrAppend(&text,
                      absl::StrFormat(", all of them %.0f %% of the time "
                                      "since the coordinator started",
                                      100 * *look.commit_share));
    }
    if (look.free_bytes.has_value()) {
      constexpr double kMost = 1e18;
      absl::StrAppend(
          &text, "; ",
          SizeText(static_cast<int64_t>(std::min(*look.free_bytes, kMost))),
          " are free");
    }
    text += "\n";
  }
  if (look.ack_seconds.has_value()) {
    absl::StrAppend(&text, "network:  a report is acknowledged after ",
                    absl::StrFormat("%.3g s", *look.ack_seconds),
                    " in the mean, ", CountText(look.unacknowledged),
                    " under way");
    if (look.busy_share.has_value()) {
      absl::StrAppend(&text,
                      absl::StrFormat("; slots train %.0f %% of the time",
                                      100 * *look.busy_share));
    }
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json ServiceJson(const ServiceLook& look) {
  return {{"commit_seconds", NumberOrNull(look.commit_seconds)},
          {"commit_share", NumberOrNull(look.commit_share)},
          {"disk_free_bytes", NumberOrNull(look.free_bytes)},
          {"ack_seconds", NumberOrNull(look.ack_seconds)},
          {"unacknowledged_reports", look.unacknowledged},
          {"busy_share", NumberOrNull(look.busy_share)}};
}

}  // namespace fathom::client
