// `fathom watch` shows the progress of a sweep, live.
#include <memory>
#include <string>

#include "client/commands/commands.h"
#include "client/commands/control/wait.h"

namespace fathom::client {
namespace {

constexpr char kWatchFooter[] =
    R"(Ends with exit code 6 when the ledger is one that nothing has open any more, so
that nothing would ever happen: see interrupted in `fathom list --help`.

Examples:
  fathom watch 3 --server 127.0.0.1:7373
  fathom watch l4-depth --db fathom.db)";

struct WatchOptions {
  std::string sweep = {};
  Source source = {};
  bool quiet = false;
  bool json = false;
};

int FollowSweep(const WatchOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep =
      FindSweep(**connection, options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  return WaitAndReport(**connection, *sweep, options.source,
                       {.json = options.json, .pictures = false}, options.quiet,
                       invocation);
}

}  // namespace

void AddWatchCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "watch", "follow a sweep to its end, then show its summary");
  const auto options = std::make_shared<WatchOptions>();
  AddSweepToLookAt(command, &options->sweep);
  AddReadOptions(command, &options->source);
  command->add_flag("-q,--quiet", options->quiet,
                    "no progress, only the result");
  command->add_flag("--json", options->json, "the result as one JSON document");
  command->footer(kWatchFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return FollowSweep(*options, invocation);
    };
  });
}

}  // namespace fathom::client
