// `fathom explain` says why: what limits a sweep, what became of a trial.
#include <memory>
#include <optional>
#include <string>

#include "client/commands/commands.h"
#include "client/commands/explain/explain_scaling.h"
#include "client/commands/explain/explain_sweep.h"
#include "client/commands/explain/explain_trial.h"
#include "client/commands/trial_name.h"

namespace fathom::client {
namespace {

constexpr char kExplainFooter[] =
    R"(Of a sweep it says what limits it now: no workers, workers that have declined it,
a pause, other sweeps, its last trials, or the work itself; how the remaining time
comes about; and what was unusual lately. Of a trial it says what became of it:
its attempts, what it waits for, and of one that diverged how its loss grew, which
rates trained with all else equal, and the stable rate of the theory where one is
known. The name of a sweep may have a slash; a sweep of that name wins over a
trial.

Examples:
  fathom explain --db fathom.db
  fathom explain 3 --server 127.0.0.1:7373
  fathom explain quickstart/17 --db fathom.db --json
  fathom explain --scaling --server 127.0.0.1:7373)";

struct ExplainOptions {
  std::string what = {};
  Source source = {};
  bool scaling = false;
  double target_minutes = 10;
  bool json = false;
};

int Explain(const ExplainOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  if (options.scaling) {
    return ExplainScaling(**connection, absl::Minutes(options.target_minutes),
                          options.json, invocation);
  }
  absl::StatusOr<v1::Sweep> sweep = FindSweep(**connection, options.what);
  if (absl::IsNotFound(sweep.status())) {
    const std::optional<TrialName> name = ParseTrialName(options.what);
    if (name.has_value()) {
      sweep = (*connection)->GetSweep(name->sweep);
      if (!sweep.ok()) return Fail(invocation, sweep.status());
      return ExplainTrial(**connection, *sweep, name->index, options.source,
                          options.json, invocation);
    }
  }
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  return ExplainSweep(**connection, *sweep, options.source, options.json,
                      invocation);
}

}  // namespace

void AddExplainCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "explain", "say what limits a sweep, or what became of a trial");
  const auto options = std::make_shared<ExplainOptions>();
  command
      ->add_option("what", options->what,
                   "sweep (number or name; default: the newest), or trial of a "
                   "sweep")
      ->type_name("SWEEP|SWEEP/TRIAL");
  AddReadOptions(command, &options->source);
  command->add_flag("--scaling", options->scaling,
                    "how many compute threads are wanted, and why, instead");
  command
      ->add_option("--target-minutes", options->target_minutes,
                   "with --scaling: in how many minutes all is to be done")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 1e5));
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kExplainFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Explain(*options, invocation);
    };
  });
}

}  // namespace fathom::client
