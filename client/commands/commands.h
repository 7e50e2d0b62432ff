#ifndef FATHOM_CLIENT_COMMANDS_COMMANDS_H_
#define FATHOM_CLIENT_COMMANDS_COMMANDS_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/commands/invocation.h"

namespace fathom::client {

// Each of these functions adds one subcommand to `app` and is defined in a file
// of its own. The callback of the subcommand puts what is to be done into
// `invocation.action`; `invocation` must outlive `app`.
void AddInitCommand(CLI::App& app, Invocation& invocation);
void AddCheckCommand(CLI::App& app, Invocation& invocation);
void AddRunCommand(CLI::App& app, Invocation& invocation);
void AddSubmitCommand(CLI::App& app, Invocation& invocation);
void AddWatchCommand(CLI::App& app, Invocation& invocation);
void AddListCommand(CLI::App& app, Invocation& invocation);
void AddExplainCommand(CLI::App& app, Invocation& invocation);
void AddShowCommand(CLI::App& app, Invocation& invocation);
void AddCancelCommand(CLI::App& app, Invocation& invocation);
void AddDeleteCommand(CLI::App& app, Invocation& invocation);
void AddPauseCommand(CLI::App& app, Invocation& invocation);
void AddResumeCommand(CLI::App& app, Invocation& invocation);
void AddPriorityCommand(CLI::App& app, Invocation& invocation);
void AddRetryCommand(CLI::App& app, Invocation& invocation);
void AddWorkersCommand(CLI::App& app, Invocation& invocation);
void AddDrainCommand(CLI::App& app, Invocation& invocation);
void AddAutoscaleCommand(CLI::App& app, Invocation& invocation);
void AddAuditCommand(CLI::App& app, Invocation& invocation);
void AddBackupCommand(CLI::App& app, Invocation& invocation);
void AddDoctorCommand(CLI::App& app, Invocation& invocation);
void AddQueryCommand(CLI::App& app, Invocation& invocation);
void AddExportCommand(CLI::App& app, Invocation& invocation);
void AddSummaryCommand(CLI::App& app, Invocation& invocation);
void AddBestCommand(CLI::App& app, Invocation& invocation);
void AddPlotCommand(CLI::App& app, Invocation& invocation);
void AddReportCommand(CLI::App& app, Invocation& invocation);
void AddDataCommand(CLI::App& app, Invocation& invocation);
void AddTheoryCommand(CLI::App& app, Invocation& invocation);
void AddBenchCommand(CLI::App& app, Invocation& invocation);
void AddPresetsCommand(CLI::App& app, Invocation& invocation);
void AddTokenCommand(CLI::App& app, Invocation& invocation);
void AddUiCommand(CLI::App& app, Invocation& invocation);
void AddVerifyCommand(CLI::App& app, Invocation& invocation);
void AddConfigCommand(CLI::App& app, Invocation& invocation);
void AddCompletionCommand(CLI::App& app, Invocation& invocation);
void AddVersionCommand(CLI::App& app, Invocation& invocation);

// Runs the program with `arguments`, which do not include its name, writes to
// `out` and `err`, and returns the exit code. `width` and `configured` are
// those of Invocation. Commands that wait for a sweep install signal handlers
// meanwhile.
int RunFathom(const std::vector<std::string>& arguments, std::ostream& out,
              std::ostream& err, int width = 0,
              const absl::Status& configured = absl::OkStatus());

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_COMMANDS_H_
