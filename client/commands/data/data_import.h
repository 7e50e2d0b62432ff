#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_IMPORT_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_IMPORT_H_

#include "client/commands/invocation.h"

namespace fathom::client {

// Adds the subcommand `import` to the command `fathom data`.
void AddDataImportCommand(CLI::App* data, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_IMPORT_H_
