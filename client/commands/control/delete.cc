// `fathom delete` removes a sweep that has ended.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/status.h"
#include "proto/telemetry/families.h"

namespace fathom::client {
namespace {

constexpr char kDeleteFooter[] =
    R"(The sweep is gone at once for everybody, with its results, curves and events, and
so are the datasets that only it used; there is no way back. A sweep that is running
has to be cancelled first. The coordinator clears its rows away bit by bit, and the
space is used again. With --db this command waits until they are gone. Without --yes
it only says what would go.

Examples:
  fathom delete 3 --server 127.0.0.1:7373
  fathom delete quickstart --yes --db fathom.db)";

// How often it is looked whether the rows are gone.
constexpr absl::Duration kLook = absl::Milliseconds(50);

struct DeleteOptions {
  std::string sweep = {};
  Source source = {};
  bool yes = false;
  bool json = false;
};

// Returns whether the coordinator is clearing something away.
absl::StatusOr<bool> IsCleaning(Connection& connection) {
  ASSIGN_OR_RETURN(const v1::Telemetry telemetry, connection.GetTelemetry());
  const absl::string_view name = RowOf(TelemetryName::kCleaning).name;
  for (const v1::TelemetryFamily& family : telemetry.families()) {
    if (family.name() != name || family.samples().empty()) continue;
    return family.samples(0).value() != 0;
  }
  return false;
}

// Waits until the rows of deleted sweeps are gone. An interruption does no
// harm: whoever opens the ledger next goes on.
absl::Status WaitUntilGone(Connection& connection, const Interrupt& interrupt) {
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more && !interrupt.WaitFor(kLook)) {
    more = IsCleaning(connection);
  }
  return more.status();
}

int Delete(const DeleteOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      OpenForChanges(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep =
      (*connection)->GetSweep(options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  const std::string what = absl::StrCat("sweep ", sweep->sweep_id(), ", ",
                                        Printable(sweep->spec().name()));
  if (!options.yes && sweep->state() != v1::SWEEP_STATE_RUNNING) {
    return Fail(
        invocation,
        absl::InvalidArgumentError(absl::StrCat(
            what, ", of ", CountText(sweep->trial_count(), "trial"),
            sweep->owner().empty()
                ? ""
                : absl::StrCat(" and ", Printable(sweep->owner())),
            ", would be deleted for good, with its results and curves; nothing "
            "has happened yet, `fathom delete ",
            sweep->sweep_id(), " --yes` does it")));
  }
  const Interrupt interrupt;
  const absl::StatusOr<v1::DeleteSweepResponse> deleted =
      (*connection)->DeleteSweep(sweep->sweep_id());
  if (!deleted.ok()) return Fail(invocation, deleted.status());
  if ((*connection)->in_process()) {
    const absl::Status gone = WaitUntilGone(**connection, interrupt);
    if (!gone.ok()) return Fail(invocation, gone);
  }
  if (options.json) {
    nlohmann::ordered_json json;
    json["sweep"] = deleted->sweep_id();
    json["name"] = sweep->spec().name();
    json["trials"] = deleted->trials();
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  invocation.out << what
                 << ", is deleted: " << CountText(deleted->trials(), "trial")
                 << " with their results and curves\n";
  return kExitOk;
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("delete", "remove a sweep that has ended, for good");
  const auto options = std::make_shared<DeleteOptions>();
  command->add_option("sweep", options->sweep, "number or name of the sweep")
      ->required()
      ->type_name("SWEEP");
  AddChangeOptions(command, &options->source);
  command->add_flag("--yes", options->yes,
                    "delete it, instead of saying what would go");
  command->add_flag("--json", options->json, "what went as one JSON document");
  command->footer(kDeleteFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Delete(*options, invocation);
    };
  });
}

}  // namespace fathom::client
