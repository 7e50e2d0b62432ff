#ifndef FATHOM_CLIENT_UI_DATA_HANDLER_H_
#define FATHOM_CLIENT_UI_DATA_HANDLER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/ui/data/rounds.h"
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
  // How often the source is asked for the same; see SharedAnswers, also for
  // the others.
  Rounds::Rule rounds = {};
  std::function<int64_t()> version = nullptr;
  std::function<int64_t()> turn = nullptr;
};

// Returns what answers the requests of the page for everything under /api but
// /api/caller and /api/events. It keeps what it has computed, in bounded
// memory, and its threads end with the last copy of it. No request waits much
// longer than half a second: what takes longer says so, and is asked for again.
UiHandler MakeUiHandler(const UiDataOptions& options);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_HANDLER_H_
