#include "client/commands/verify/verify_run.h"

#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/control/watch_sweep.h"
#include "client/commands/interrupt.h"
#include "client/verify/verify_text.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

// Returns a sweep whose trials are the trainings of the verification, so that
// its progress can be shown as that of a sweep.
v1::Sweep AsSweep(const v1::Sweep& sweep, const VerifyProgress& progress) {
  v1::Sweep shown;
  shown.mutable_spec()->set_name(absl::StrCat("verify ", sweep.spec().name()));
  shown.set_state(v1::SWEEP_STATE_RUNNING);
  shown.set_trial_count(progress.all_trainings);
  shown.mutable_progress()->set_succeeded(progress.trainings);
  shown.mutable_progress()->set_fraction(progress.fraction);
  return shown;
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyWithProgress(Connection& connection,
                                                const v1::Sweep& sweep,
                                                const VerifyRequest& request,
                                                const std::string& what,
                                                bool quiet,
                                                Invocation& invocation) {
  const Interrupt interrupt;
  ProgressPrinter::Options how = ProgressOptions(quiet);
  how.noun = "training";
  ProgressPrinter printer(std::move(how), &invocation.err);
  printer.Note(absl::StrCat("sweep ", sweep.sweep_id(), ", ",
                            Printable(sweep.spec().name()), what));
  return VerifySweep(
      connection, sweep, request, [&](const VerifyProgress& progress) {
        printer.Show(AsSweep(sweep, progress), std::nullopt, absl::Now());
        return !interrupt.raised();
      });
}

void WriteFindings(const VerifyReport& report, int64_t sweep_id,
                   Invocation& invocation) {
  for (const VerifyReport::Finding& finding : report.findings) {
    invocation.err << FindingText(report, finding, sweep_id) << "\n";
  }
  if (report.difference_count > std::ssize(report.findings)) {
    invocation.err << "... and "
                   << CountText(report.difference_count -
                                std::ssize(report.findings))
                   << " more\n";
  }
}

}  // namespace fathom::client
