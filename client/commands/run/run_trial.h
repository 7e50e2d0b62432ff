#ifndef FATHOM_CLIENT_COMMANDS_RUN_RUN_TRIAL_H_
#define FATHOM_CLIENT_COMMANDS_RUN_RUN_TRIAL_H_

#include <string>

#include "client/commands/invocation.h"
#include "client/commands/trial_name.h"

namespace fathom::client {

// Trains a finished trial of the ledger `db` again, alone and on one slot, and
// compares every bit with the ledger, to which nothing is written. Returns the
// exit code: kExitFailed when a bit differs or there is nothing to compare.
int RunTrial(const TrialName& name, const std::string& db, bool quiet,
             bool json, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_RUN_RUN_TRIAL_H_
