// `fathom audit` checks whether a ledger holds what it promises.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/report.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr char kAuditFooter[] =
    R"(Checks the file itself, that every trial that was given out is there once, that
attempts, leases, counters and curves fit together, that no attempt wrote after it
had lost its trial. Reads everything once; a coordinator may go on meanwhile. The digest is equal for two ledgers that hold the
same sweeps with the same results, whoever found them and in which order.

A second run of a trial that ended differently from the first is an alarm: the
ledger keeps the first result, and an event of kind result_mismatch has both, with
the workers that sent them. One of the two workers is broken or lies; `fathom
verify` tells which. The ledger itself is sound, hence alarms are warnings.

A checkpoint whose file beside the ledger is missing or damaged is a warning: its
trial begins anew.

Exit code 1 when anything is wrong, with --strict also when there are alarms or
other warnings.

Examples:
  fathom audit --db fathom.db
  fathom audit --server 127.0.0.1:7373 --json)";

struct AuditOptions {
  Source source = {};
  bool strict = false;
  bool json = false;
};

std::string Counts(const v1::SweepAudit& audit) {
  std::string text = absl::StrCat(
      audit.expected(), " expected, ", audit.recorded(), " recorded, ",
      audit.duplicates(), " duplicates, ", audit.holes(), " holes, ",
      audit.stale_writes(), " stale writes");
  if (audit.alarms() > 0)
    absl::StrAppend(&text, ", ", audit.alarms(), " alarms");
  return text;
}

v1::SweepAudit Total(const v1::AuditResponse& audit) {
  v1::SweepAudit total;
  for (const v1::SweepAudit& sweep : audit.sweeps()) {
    total.set_expected(total.expected() + sweep.expected());
    total.set_recorded(total.recorded() + sweep.recorded());
    total.set_duplicates(total.duplicates() + sweep.duplicates());
    total.set_holes(total.holes() + sweep.holes());
    total.set_stale_writes(total.stale_writes() + sweep.stale_writes());
    total.set_alarms(total.alarms() + sweep.alarms());
  }
  return total;
}

int Audit(const AuditOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::AuditResponse> audit = (*connection)->Audit();
  if (!audit.ok()) return Fail(invocation, audit.status());
  const v1::SweepAudit total = Total(*audit);
  const bool warned = total.alarms() > 0 || audit->warnings_size() > 0;
  const bool sound = audit->problem_count() == 0 && !(options.strict && warned);
  const int code = sound ? kExitOk : kExitFailed;
  const absl::StatusOr<std::vector<v1::Sweep>> sweeps =
      (*connection)->ListSweeps();
  if (!sweeps.ok()) return Fail(invocation, sweeps.status());
  for (const v1::Sweep& sweep : *sweeps) WarnMixedNumerics(sweep, invocation);
  if (options.json) {
    WriteJson(ToJson(*audit), invocation.out);
    return code;
  }
  std::string text;
  for (const v1::SweepAudit& sweep : audit->sweeps()) {
    absl::StrAppend(&text, "sweep ", sweep.sweep_id(), ", ",
                    Printable(sweep.name()), ", ", StateName(sweep.state()),
                    ": ", Counts(sweep), ", digest ", sweep.digest(), "\n");
  }
  absl::StrAppend(&text, Counts(total), ", ledger digest ", audit->digest(),
                  "\n");
  invocation.out << WrapLines(text, invocation.width);
  if (total.alarms() > 0) {
    invocation.err << "warning: " << total.alarms()
                   << " second results differ from the first; the events of "
                      "kind result_mismatch have both and their workers, "
                      "`fathom verify` tells which is right\n";
  }
  for (const std::string& warning : audit->warnings()) {
    invocation.err << "warning: " << Printable(warning) << "\n";
  }
  for (const std::string& problem : audit->problems()) {
    invocation.err << "problem: " << Printable(problem) << "\n";
  }
  if (audit->problem_count() > audit->problems_size()) {
    invocation.err << "... and "
                   << audit->problem_count() - audit->problems_size()
                   << " more\n";
  }
  return code;
}

}  // namespace

void AddAuditCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("audit", "check a ledger against what must hold");
  const auto options = std::make_shared<AuditOptions>();
  AddReadOptions(command, &options->source);
  command->add_flag("--strict", options->strict,
                    "alarms and warnings, too, make the exit code 1");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kAuditFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Audit(*options, invocation);
    };
  });
}

}  // namespace fathom::client
