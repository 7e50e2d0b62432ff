#ifndef FATHOM_PROTO_SHARED_DURATION_H_
#define FATHOM_PROTO_SHARED_DURATION_H_

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"

namespace fathom {

// Returns the message of a finite duration, truncated to microseconds.
inline google::protobuf::Duration ToProto(absl::Duration duration) {
  return google::protobuf::util::TimeUtil::MicrosecondsToDuration(
      absl::ToInt64Microseconds(duration));
}

// Returns the duration of the message, whatever is in it.
inline absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_DURATION_H_
