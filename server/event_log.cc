#include "server/event_log.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "proto/shared/log.h"

namespace fathom::server {

void EventLog::Append(const Effects& effects) {
  for (const Write& write : effects.writes) {
    if (const auto* created = std::get_if<InsertSweep>(&write)) {
      if (created->sweep.traceparent().empty()) continue;
      traces_[created->sweep.sweep_id()] = created->sweep.traceparent();
    }
    const auto* event = std::get_if<InsertEvent>(&write);
    if (event == nullptr) continue;
    const auto trace = traces_.find(event->sweep_id);
    Log(LogLevel::kInfo,
        absl::StrCat(event->kind, ": ",
                     event->sweep_id == 0
                         ? ""
                         : absl::StrCat("sweep ", event->sweep_id, ", "),
                     event->message),
        {.sweep = event->sweep_id,
         .lease = event->lease_id,
         .worker = event->worker,
         .session = event->session_id,
         .traceparent = trace == traces_.end() ? "" : trace->second});
  }
  // The last events of a sweep come with its last update, in any order.
  for (const Write& write : effects.writes) {
    const auto* update = std::get_if<UpdateSweep>(&write);
    if (update != nullptr && update->state != v1::SWEEP_STATE_RUNNING) {
      traces_.erase(update->sweep_id);
    }
  }
}

}  // namespace fathom::server
