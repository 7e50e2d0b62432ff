#ifndef FATHOM_CLIENT_COMMANDS_COMMANDS_H_
#define FATHOM_CLIENT_COMMANDS_COMMANDS_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/commands/invocation.h"

namespace fathom::client {

// Each adds one subcommand to `app`; its action goes into `invocation`, which
// must outlive `app`. One file per subcommand.
void AddRunCommand(CLI::App& app, Invocation& invocation);
void AddSubmitCommand(CLI::App& app, Invocation& invocation);
void AddWatchCommand(CLI::App& app, Invocation& invocation);
void AddListCommand(CLI::App& app, Invocation& invocation);
void AddShowCommand(CLI::App& app, Invocation& invocation);
void AddCancelCommand(CLI::App& app, Invocation& invocation);
void AddPauseCommand(CLI::App& app, Invocation& invocation);
void AddResumeCommand(CLI::App& app, Invocation& invocation);
void AddPriorityCommand(CLI::App& app, Invocation& invocation);
void AddRetryCommand(CLI::App& app, Invocation& invocation);
void AddWorkersCommand(CLI::App& app, Invocation& invocation);
void AddDrainCommand(CLI::App& app, Invocation& invocation);
void AddAuditCommand(CLI::App& app, Invocation& invocation);
void AddBackupCommand(CLI::App& app, Invocation& invocation);
void AddQueryCommand(CLI::App& app, Invocation& invocation);
void AddSummaryCommand(CLI::App& app, Invocation& invocation);
void AddBestCommand(CLI::App& app, Invocation& invocation);
void AddPlotCommand(CLI::App& app, Invocation& invocation);
void AddDataCommand(CLI::App& app, Invocation& invocation);
void AddTheoryCommand(CLI::App& app, Invocation& invocation);
void AddBenchCommand(CLI::App& app, Invocation& invocation);
void AddPresetsCommand(CLI::App& app, Invocation& invocation);
void AddTokenCommand(CLI::App& app, Invocation& invocation);
void AddVerifyCommand(CLI::App& app, Invocation& invocation);
void AddVersionCommand(CLI::App& app, Invocation& invocation);

// Runs the program with `arguments` (without its name) and returns its exit
// code. `width` is that of Invocation. Installs signal handlers while it waits
// for a sweep.
int RunFathom(const std::vector<std::string>& arguments, std::ostream& out,
              std::ostream& err, int width = 0);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_COMMANDS_H_
