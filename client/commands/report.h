#ifndef FATHOM_CLIENT_COMMANDS_REPORT_H_
#define FATHOM_CLIENT_COMMANDS_REPORT_H_

#include <optional>
#include <string>

#include "client/commands/invocation.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How the end of a sweep is reported.
struct ReportOptions {
  bool json = false;
  bool pictures = true;
  std::string picture_folder = {};  // Empty: the current one.
  std::string data_text = {};  // Empty: what the coordinator knows of the data.
  // How to summarize instead of as the spec of the sweep says.
  std::optional<v1::SummarySpec> summarize = {};
};

// Returns how `spec` wants to be summarized, if it says so.
std::optional<v1::SummarySpec> SummarizeOf(const v1::SweepSpec& spec);

// Writes the summary of a sweep, draws its pictures and says where everything
// is. A picture that cannot be drawn is a note, not a failure. Returns the exit
// code for a sweep in this state.
int ReportSweep(Connection& connection, const v1::Sweep& sweep,
                const Source& source, const ReportOptions& options,
                Invocation& invocation);

// Says on standard error when results of several numerics stand side by side in
// the sweep: their last digits differ for reasons that are not in the spec.
void WarnMixedNumerics(const v1::Sweep& sweep, Invocation& invocation);

// Returns what is said when `fathom run` is interrupted: "stopping: 8 finished
// trials are kept, 34 in progress will start again; run the same command to go
// on".
std::string StoppingText(const v1::Progress& progress);

// Returns kExitSweepIncomplete for a sweep that was cancelled or has failed
// trials, else kExitOk.
int SweepExitCode(const v1::Sweep& sweep);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_REPORT_H_
