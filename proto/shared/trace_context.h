#ifndef FATHOM_PROTO_SHARED_TRACE_CONTEXT_H_
#define FATHOM_PROTO_SHARED_TRACE_CONTEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace fathom {

// The name of the metadata of calls and of the environment variable that carry
// a trace, as W3C Trace Context says.
inline constexpr char kTraceparentKey[] = "traceparent";
inline constexpr char kTraceparentVariable[] = "TRACEPARENT";

// A trace that work belongs to, and the part of it (span) that asked for the
// work.
struct TraceContext {
  std::string trace_id;  // 32 hex digits.
  std::string span_id;   // 16 hex digits.
  bool sampled = false;

  // Returns the header of version 00 that names them.
  std::string ToHeader() const;
};

// Reads a header by the rules of W3C Trace Context. Nothing when it is invalid,
// which means that there is no trace. Of a version that is newer than 00, the
// part is read that version 00 has.
std::optional<TraceContext> ReadTraceparent(absl::string_view header);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_TRACE_CONTEXT_H_
