#ifndef FATHOM_SERVER_STORE_TIME_LIMIT_H_
#define FATHOM_SERVER_STORE_TIME_LIMIT_H_

#include <algorithm>

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"

namespace fathom::server {

// Returns how long the work on `request`, a message with a field time_limit,
// may take: 30 s when the field is not set, and at most 10 min.
template <typename Request>
absl::Duration TimeLimit(const Request& request) {
  if (!request.has_time_limit()) return absl::Seconds(30);
  const absl::Duration limit =
      absl::Nanoseconds(google::protobuf::util::TimeUtil::DurationToNanoseconds(
          request.time_limit()));
  return std::clamp(limit, absl::ZeroDuration(), absl::Minutes(10));
}

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_TIME_LIMIT_H_
