#include "client/commands/run/run_trial.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/commands/verify/verify_run.h"
#include "client/embedded.h"
#include "client/verify/verify_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

std::string OutcomeText(const v1::Sweep& sweep, const v1::Trial& trial,
                        const VerifyReport& report) {
  const v1::TrialResult& result = trial.result();
  std::string text =
      absl::StrCat("trial ", trial.trial_index(), " of sweep ",
                   sweep.sweep_id(), ", ", Printable(sweep.spec().name()), " (",
                   ParametersText(sweep.spec(), trial.trial_index()),
                   "): ", StateName(trial.state()), " after ",
                   CountText(result.steps(), "step"));
  if (result.has_final_loss()) {
    absl::StrAppend(&text, ", final loss ", NumberText(result.final_loss()));
  }
  return absl::StrCat(
      text, "\n", report.interrupted ? "interrupted; " : "",
      CountText(report.doubles, "double"), " compared with the ledger: ",
      report.difference_count == 0
          ? (report.trials == 1 ? "every bit is the same" : "no difference yet")
          : CountText(report.difference_count, "difference"),
      "\n");
}

}  // namespace

int RunTrial(const TrialName& name, const std::string& db, bool quiet,
             bool json, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      OpenReadOnly(db);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep = (*connection)->GetSweep(name.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  const absl::StatusOr<v1::Trial> trial =
      (*connection)->GetTrial(sweep->sweep_id(), name.index);
  if (!trial.ok()) return Fail(invocation, trial.status());
  VerifyRequest request;
  request.trial = name.index;
  const absl::StatusOr<VerifyReport> report = VerifyWithProgress(
      **connection, *sweep, request, absl::StrCat(", trial ", name.index),
      quiet, invocation);
  if (!report.ok()) return Fail(invocation, report.status());

  WriteFindings(*report, sweep->sweep_id(), invocation);
  if (json) {
    nlohmann::ordered_json document = {{"trial", name.index}};
    document.update(VerifyJson(*report, *sweep, request.seed));
    document.erase("seed");  // Nothing was drawn.
    WriteJson(document, invocation.out);
  } else {
    invocation.out << WrapLines(OutcomeText(*sweep, *trial, *report),
                                invocation.width);
  }
  if (report->difference_count > 0) return kExitFailed;
  return report->interrupted ? kExitInterrupted : kExitOk;
}

}  // namespace fathom::client
