#ifndef FATHOM_CLIENT_UI_DATA_HANDLER_H_
#define FATHOM_CLIENT_UI_DATA_HANDLER_H_

#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/ui/events.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// What answers need to know of the program around them.
struct UiDataOptions {
  // The options that name the ledger or the coordinator in other commands:
  // "--db lab.db".
  std::string source = {};
  // What open pages are told; null for nothing. It must outlive the handler.
  EventSink* events = nullptr;
  // Threads for what takes long.
  int threads = 2;
  std::function<absl::Time()> now = absl::Now;
  // Pages that ask for the same within this time share an answer, as long as
  // `version`, that of the last change that they were told of, stays the same;
  // see SharedAnswers.
  absl::Duration shared_for = absl::ZeroDuration();
  std::function<int64_t()> version = nullptr;
};

// Returns what answers the requests of the page for everything under /api but
// /api/caller and /api/events. It keeps what it has computed, in bounded
// memory, and its threads end with the last copy of it. No request waits much
// longer than half a second: what takes longer says so, and is asked for again.
UiHandler MakeUiHandler(const UiDataOptions& options);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_HANDLER_H_
