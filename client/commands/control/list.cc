// `fathom list` shows the sweeps of a ledger.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kListFooter[] =
    R"(States: running; waiting, while nothing of it is given out; paused; interrupted:
the sweep is not complete, and nothing has the ledger open that would go on with it
(only a ledger that is read with --db can be); completed; cancelled; unreadable: this
fathom does not understand its spec, which a newer one has written (`fathom show` says
what it does not know). The owner is who submitted it, where there are tokens.

Examples:
  fathom list --db fathom.db
  fathom list --server 127.0.0.1:7373 --json)";

struct ListOptions {
  Source source = {};
  bool json = false;
};

Table SweepTable(const std::vector<v1::Sweep>& sweeps) {
  Table table;
  table.header = {"sweep",    "name",    "state", "trials",
                  "finished", "failed",  "done",  "priority",
                  "weight",   "created", "owner"};
  table.right = {true, false, false, true,  true, true,
                 true, true,  true,  false, false};
  for (const v1::Sweep& sweep : sweeps) {
    const v1::Progress& progress = sweep.progress();
    table.rows.push_back(
        {absl::StrCat(sweep.sweep_id()), Printable(sweep.spec().name()),
         SweepStateText(sweep), CountText(sweep.trial_count()),
         CountText(FinishedTrials(progress)), CountText(progress.failed()),
         absl::StrFormat("%d%%", static_cast<int>(progress.fraction() * 100)),
         absl::StrCat(sweep.priority()), NumberText(sweep.weight()),
         TimeText(sweep.create_time()),
         sweep.owner().empty() ? "-" : Printable(sweep.owner())});
  }
  return table;
}

int List(const ListOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<std::vector<v1::Sweep>> sweeps =
      (*connection)->ListSweeps();
  if (!sweeps.ok()) return Fail(invocation, sweeps.status());
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Sweep& sweep : *sweeps) json.push_back(ToJson(sweep));
    WriteJson(json, invocation.out);
  } else if (sweeps->empty()) {
    invocation.out << "no sweeps yet\n";
  } else {
    invocation.out << RenderTable(SweepTable(*sweeps), invocation.width);
  }
  return kExitOk;
}

}  // namespace

void AddListCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("list", "list the sweeps");
  const auto options = std::make_shared<ListOptions>();
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kListFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return List(*options, invocation);
    };
  });
}

}  // namespace fathom::client
