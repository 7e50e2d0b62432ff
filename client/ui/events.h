#ifndef FATHOM_CLIENT_UI_EVENTS_H_
#define FATHOM_CLIENT_UI_EVENTS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace fathom::client {

// Where client/ui/data says what the pages that are open should hear of.
//
// Implementations are thread-safe, and their methods return at once: what
// cannot be told any more is left out, as a page asks again by itself.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // A computation for the pages that show sweep `sweep_id` has come to the
  // share `done` of its way, 1 for its end. `what` is what it computes:
  // "density", "summary". Of several reports within a short time, pages hear
  // the last one.
  virtual void JobProgressed(int64_t sweep_id, absl::string_view what,
                             double done) = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_EVENTS_H_
