#ifndef FATHOM_CLIENT_COMMANDS_RUN_DRY_RUN_H_
#define FATHOM_CLIENT_COMMANDS_RUN_DRY_RUN_H_

#include "CLI/CLI.hpp"
#include "client/commands/invocation.h"
#include "client/commands/run/load_sweep.h"

namespace fathom::client {

// Adds the option --dry-run, which sets `dry_run`.
void AddDryRunOption(CLI::App* command, bool* dry_run);

// Writes what a sweep would be: its trials and axes, its data, and the weights
// and memory that they need. Returns the exit code, which is kExitUsage when no
// coordinator would take the sweep.
int DryRun(const LoadedSweep& loaded, bool json, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_RUN_DRY_RUN_H_
