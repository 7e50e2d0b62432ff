// `fathom summary` shows the table of a sweep, as far as it has come.
#include <memory>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/commands/report.h"
#include "client/commands/where.h"

namespace fathom::client {
namespace {

constexpr char kSummaryFooter[] =
    R"(A sweep that is still running is summarized as far as it has come.

Examples:
  fathom summary quickstart --db fathom.db
  fathom summary 3 --where depth=1,2 --where learning_rate=0.01..0.1
  fathom summary 3 --server 127.0.0.1:7373 --json)";

struct SummaryOptions {
  std::string sweep = {};
  Source source = {};
  std::vector<std::string> where = {};
  bool json = false;
};

int Summary(const SummaryOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep =
      FindSweep(**connection, options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  return ReportSweep(
      **connection, *sweep, options.source,
      {.json = options.json, .pictures = false, .where = options.where},
      invocation);
}

}  // namespace

void AddSummaryCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("summary", "show the table of a sweep");
  const auto options = std::make_shared<SummaryOptions>();
  AddSweepToLookAt(command, &options->sweep);
  AddWhere(command, &options->where);
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "the result as one JSON document");
  command->footer(kSummaryFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Summary(*options, invocation);
    };
  });
}

}  // namespace fathom::client
