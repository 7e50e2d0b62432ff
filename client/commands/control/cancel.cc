// `fathom cancel` ends a sweep for good.
#include <memory>
#include <string>

#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"

namespace fathom::client {
namespace {

constexpr char kCancelFooter[] =
    R"(What is recorded stays; nothing more is given out. A cancelled sweep does not go
on: submit it again for a new one.

Examples:
  fathom cancel 3 --server 127.0.0.1:7373
  fathom cancel quickstart --db fathom.db)";

struct CancelOptions {
  std::string sweep = {};
  Source source = {};
  bool json = false;
};

int Cancel(const CancelOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      OpenForChanges(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> before =
      (*connection)->GetSweep(options.sweep);
  const bool was_cancelled =
      before.ok() && before->state() == v1::SWEEP_STATE_CANCELLED;
  const absl::StatusOr<v1::Sweep> sweep =
      (*connection)->CancelSweep(options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  if (options.json) {
    WriteJson(ToJson(*sweep), invocation.out);
    return kExitOk;
  }
  const v1::Progress& progress = sweep->progress();
  invocation.out << "sweep " << sweep->sweep_id() << ", "
                 << sweep->spec().name()
                 << (was_cancelled ? ", was cancelled before: "
                                   : ", is cancelled: ")
                 << CountText(FinishedTrials(progress)) << " of "
                 << CountText(sweep->trial_count(), "trial") << " finished\n";
  return kExitOk;
}

}  // namespace

void AddCancelCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("cancel", "end a sweep for good");
  const auto options = std::make_shared<CancelOptions>();
  command->add_option("sweep", options->sweep, "number or name of the sweep")
      ->required()
      ->type_name("SWEEP");
  AddChangeOptions(command, &options->source);
  command->add_flag("--json", options->json, "the sweep as one JSON document");
  command->footer(kCancelFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Cancel(*options, invocation);
    };
  });
}

}  // namespace fathom::client
