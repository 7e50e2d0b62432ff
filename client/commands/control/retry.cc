// `fathom retry` gives failed trials another chance.
#include <memory>
#include <string>

#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"

namespace fathom::client {
namespace {

constexpr char kRetryFooter[] =
    R"(Trials that could not be run, or that lost their worker too often, are given out
again on their next attempt; a completed sweep is running again until they end.
Trials that diverged did not fail: that is their result. With --db the next `fathom
run` of the sweep trains them.

Examples:
  fathom retry 3 --server 127.0.0.1:7373
  fathom retry quickstart --db fathom.db)";

struct RetryOptions {
  std::string sweep = {};
  Source source = {};
  bool json = false;
};

int Retry(const RetryOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      OpenForChanges(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> before =
      (*connection)->GetSweep(options.sweep);
  if (!before.ok()) return Fail(invocation, before.status());
  const absl::StatusOr<v1::Sweep> sweep =
      (*connection)->RetrySweep(options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  if (options.json) {
    WriteJson(ToJson(*sweep), invocation.out);
    return kExitOk;
  }
  const int64_t retried =
      before->progress().failed() - sweep->progress().failed();
  invocation.out << "sweep " << sweep->sweep_id() << ", "
                 << sweep->spec().name() << ": "
                 << CountText(retried, "failed trial")
                 << " to be given out again\n";
  return kExitOk;
}

}  // namespace

void AddRetryCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "retry", "give the failed trials of a sweep out again");
  const auto options = std::make_shared<RetryOptions>();
  command->add_option("sweep", options->sweep, "number or name of the sweep")
      ->required()
      ->type_name("SWEEP");
  AddChangeOptions(command, &options->source);
  command->add_flag("--json", options->json, "the sweep as one JSON document");
  command->footer(kRetryFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Retry(*options, invocation);
    };
  });
}

}  // namespace fathom::client
