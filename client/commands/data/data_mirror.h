#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_MIRROR_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_MIRROR_H_

#include "client/commands/invocation.h"

namespace fathom::client {

// Adds the subcommand `mirror` to the command `fathom data`.
void AddDataMirrorCommand(CLI::App* data, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_MIRROR_H_
