#ifndef FATHOM_CLIENT_COMMANDS_REPORT_H_
#define FATHOM_CLIENT_COMMANDS_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "client/commands/invocation.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How a sweep is reported at its end.
struct ReportOptions {
  bool json = false;
  bool pictures = true;
  std::string picture_folder = {};  // If empty, the current folder.
  std::string data_text = {};       // If empty, the coordinator is asked.
  // How the results are summarized; if unset, as the spec of the sweep says.
  std::optional<v1::SummarySpec> summarize = {};
  // Conditions on the trials that are summarized, see ReadWhere().
  std::vector<std::string> where = {};
};

// Returns the summary that `spec` asks for, or nothing when it asks for none.
std::optional<v1::SummarySpec> SummarizeOf(const v1::SweepSpec& spec);

// Writes the summary of a sweep, draws its pictures and says where everything
// is. A picture that cannot be drawn is a note and no failure. Returns
// SweepExitCode(), or the exit code of an error.
int ReportSweep(Connection& connection, const v1::Sweep& sweep,
                const Source& source, const ReportOptions& options,
                Invocation& invocation);

// Warns on standard error when the results of a sweep were computed with
// several numerics, because their last digits then differ for reasons that are
// not in the spec.
void WarnMixedNumerics(const v1::Sweep& sweep, Invocation& invocation);

// Returns the message for a `fathom run` that is interrupted, for example
// "stopping: 8 finished trials are kept, 34 in progress will go on or start
// again; run the same command to go on".
std::string StoppingText(const v1::Progress& progress);

// Returns kExitSweepIncomplete for a sweep that was cancelled or has failed
// trials, else kExitOk.
int SweepExitCode(const v1::Sweep& sweep);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_REPORT_H_
