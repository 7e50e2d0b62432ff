#include "client/commands/explain/explain_scaling.h"

#include <algorithm>
#include <string>

#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/scaling/wanted_slots.h"

namespace fathom::client {
namespace {

// Compute threads of the workers that are connected and stay.
int64_t SlotsThere(const v1::Load& load) {
  int64_t slots = 0;
  for (const v1::LoadWorker& worker : load.workers()) {
    if (worker.connected() && !worker.leaving()) {
      slots += std::max(0, worker.slots());
    }
  }
  return slots;
}

void WriteScalingJson(const v1::Load& load, const WantedSlots& wanted,
                      absl::Duration target, Invocation& invocation) {
  nlohmann::ordered_json workers = nlohmann::ordered_json::array();
  for (const v1::LoadWorker& worker : load.workers()) {
    workers.push_back({{"session_id", worker.session_id()},
                       {"job_id", worker.job_id()},
                       {"restarts", worker.restarts()},
                       {"slots", worker.slots()},
                       {"connected", worker.connected()},
                       {"leaving", worker.leaving()},
                       {"leased", worker.leased_trials()}});
  }
  WriteJson({{"wanted_slots", wanted.slots},
             {"slots", SlotsThere(load)},
             {"reason", wanted.reason},
             {"target_seconds", absl::ToDoubleSeconds(target)},
             {"pending", load.pending_trials()},
             {"leased", load.leased_trials()},
             {"unknown", load.unknown_trials()},
             {"slot_seconds", load.slot_seconds()},
             {"workers", workers}},
            invocation.out);
}

}  // namespace

int ExplainScaling(Connection& connection, absl::Duration target, bool json,
                   Invocation& invocation) {
  const absl::StatusOr<v1::Load> load = connection.GetLoad();
  if (!load.ok()) return Fail(invocation, load.status());
  const WantedSlots wanted = SlotsWanted(*load, target);
  if (json) {
    WriteScalingJson(*load, wanted, target, invocation);
    return kExitOk;
  }
  invocation.out << "wanted: " << CountText(wanted.slots, "slot") << ": "
                 << wanted.reason
                 << "\nthere:  " << CountText(SlotsThere(*load), "slot")
                 << " of " << CountText(load->workers_size(), "worker") << "\n";
  if (load->workers().empty()) return kExitOk;
  Table table;
  table.header = {"job", "restarts", "slots", "leased", "state"};
  table.right = {false, true, true, true, false};
  for (const v1::LoadWorker& worker : load->workers()) {
    table.rows.push_back(
        {worker.job_id().empty() ? "-" : Printable(worker.job_id()),
         CountText(worker.restarts()), CountText(worker.slots()),
         CountText(worker.leased_trials()),
         !worker.connected() ? "lost"
                             : (worker.leaving() ? "leaving" : "connected")});
  }
  invocation.out << RenderTable(table, invocation.width);
  return kExitOk;
}

}  // namespace fathom::client
