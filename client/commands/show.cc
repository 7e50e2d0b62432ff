// `fathom show` tells everything about a sweep or a trial.
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/analysis/race/optima.h"
#include "client/commands/commands.h"
#include "client/commands/trial_name.h"
#include "client/spec/spec_writer.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/space.h"

namespace fathom::client {
namespace {

constexpr char kShowFooter[] =
    R"(The name of a sweep may have a slash; a sweep of that name wins over a trial.

Examples:
  fathom show quickstart --db fathom.db
  fathom show quickstart/17 --db fathom.db
  fathom show 3/0 --server 127.0.0.1:7373 --json)";

struct ShowOptions {
  std::string what = {};
  Source source = {};
  bool json = false;
};

void PrintFact(std::ostream& out, absl::string_view name,
               absl::string_view value) {
  out << absl::StrFormat("%-13s %s\n", absl::StrCat(name, ":"), value);
}

// Returns what the ledger knows of an optimum: "0.0553540823 (gap 1.3e-16, 10
// Newton steps)".
std::string OptimumText(Connection& connection,
                        const std::string& fingerprint) {
  v1::QueryRequest request;
  request.set_sql(absl::StrCat(
      "SELECT value, gap, iterations FROM optima WHERE fingerprint = '",
      fingerprint, "' ORDER BY time LIMIT 1"));
  std::string text = "not known yet";
  const absl::Status status =
      connection.Query(request, [&text](const v1::QueryResponse& response) {
        for (const v1::QueryRow& row : response.rows()) {
          if (row.cells_size() != 3) continue;
          text = absl::StrFormat("%.12g (gap %.2g, %d Newton steps)",
                                 row.cells(0).real(), row.cells(1).real(),
                                 row.cells(2).integer());
        }
        return absl::OkStatus();
      });
  return status.ok() ? text : Printable(status.message());
}

// Prints a line for every optimum that excess_loss is measured from.
void PrintOptima(const v1::SweepSpec& spec, Connection& connection,
                 std::ostream& out) {
  constexpr size_t kMost = 8;
  const absl::StatusOr<Space> space = Space::FromStored(spec);
  if (!space.ok()) return;
  const std::vector<OptimumName> optima = OptimaOf(spec, *space, kMost + 1);
  for (size_t i = 0; i < optima.size() && i < kMost; ++i) {
    const std::string& of = optima[i].parameters;
    PrintFact(out, "optimum",
              absl::StrCat(of.empty() ? "" : absl::StrCat(of, ": "),
                           OptimumText(connection, optima[i].fingerprint)));
  }
  if (optima.size() > kMost) {
    PrintFact(out, "optimum", "and more: see the view optima");
  }
}

// Returns the state of a sweep, and what it means for those who wait for the
// sweep.
std::string StateText(const v1::Sweep& sweep, Connection& connection) {
  const std::string text = SweepStateText(sweep);
  if (text == "interrupted") {
    return absl::StrCat(text, ": nothing has this ledger open");
  }
  if (text == "unreadable") {
    return absl::StrCat(text, ": nothing of it is given out, see below");
  }
  if (text == "paused") {
    return absl::StrCat(
        text, ": nothing of it is given out until `fathom resume`",
        sweep.interrupted() ? "; nor has anything this ledger open" : "");
  }
  if (text != "waiting") return text;
  const absl::StatusOr<std::vector<v1::Worker>> workers =
      connection.ListWorkers();
  const bool nobody =
      workers.ok() && absl::c_none_of(*workers, [](const v1::Worker& worker) {
        return worker.connected();
      });
  return absl::StrCat(text, nobody ? ": no worker is connected"
                                   : ": nothing of it is given out just now");
}

void PrintFacts(const v1::Sweep& sweep, Connection& connection,
                std::ostream& out) {
  const v1::Progress& progress = sweep.progress();
  PrintFact(out, "sweep", absl::StrCat(sweep.sweep_id()));
  PrintFact(out, "name", Printable(sweep.spec().name()));
  PrintFact(out, "state", StateText(sweep, connection));
  PrintFact(out, "owner",
            sweep.owner().empty() ? "-" : Printable(sweep.owner()));
  if (!sweep.traceparent().empty()) {
    PrintFact(out, "trace", Printable(sweep.traceparent()));
  }
  PrintFact(out, "priority", absl::StrCat(sweep.priority()));
  PrintFact(out, "weight", NumberText(sweep.weight()));
  PrintFact(out, "trials",
            absl::StrCat(CountText(sweep.trial_count()), " (",
                         CountText(FinishedTrials(progress)), " finished: ",
                         CountText(progress.succeeded()), " succeeded, ",
                         CountText(progress.diverged()), " diverged, ",
                         CountText(progress.stopped()), " stopped, ",
                         CountText(progress.failed()), " failed; ",
                         CountText(progress.cancelled()), " cancelled; ",
                         CountText(progress.leased()), " leased)"));
  PrintFact(out, "done", absl::StrFormat("%.1f%%", progress.fraction() * 100));
  PrintFact(out, "created", TimeText(sweep.create_time()));
  PrintFact(out, "ended", TimeText(sweep.end_time()));
  if (sweep.unreadable().empty()) {
    PrintOptima(sweep.spec(), connection, out);
  }
  PrintFact(out, "numerics",
            sweep.numerics().empty()
                ? "-"
                : Printable(absl::StrJoin(sweep.numerics(), ", ")));
  PrintFact(out, "fingerprint", sweep.fingerprint());
}

void PrintSweep(const v1::Sweep& sweep, Connection& connection,
                Invocation& invocation) {
  std::ostringstream facts;
  PrintFacts(sweep, connection, facts);
  std::ostream& out = invocation.out;
  out << WrapLines(facts.str(), invocation.width);
  if (sweep.unreadable().empty()) {
    out << "\n" << ToYaml(sweep.spec());
  } else {
    out << "\n" << Printable(sweep.unreadable()) << "\n";
  }
}

void PrintResult(const v1::TrialResult& result, std::ostream& out) {
  PrintFact(out, "steps", CountText(result.steps()));
  if (result.has_final_loss()) {
    PrintFact(out, "final loss", NumberText(result.final_loss()));
  }
  if (result.has_best_loss()) {
    PrintFact(out, "best loss",
              absl::StrCat(NumberText(result.best_loss()), " at step ",
                           CountText(result.best_step())));
  }
  if (result.weights() > 0) {
    PrintFact(out, "weights", CountText(result.weights()));
  }
  PrintFact(out, "compute", absl::StrFormat("%.3g s", result.seconds()));
  if (!result.error().empty()) {
    PrintFact(out, "error", Printable(result.error()));
  }
}

// Returns how far the trial had come, of how many steps, and what is kept of
// it: "step 5000 of 8593 (58 %), 13.3 MB, 2026-11-30 04:41:10".
std::string CheckpointText(const v1::TrialCheckpoint& checkpoint,
                           const google::protobuf::Timestamp& time,
                           int64_t steps) {
  std::string text = absl::StrCat("step ", CountText(checkpoint.step()));
  if (steps > 0) {
    absl::StrAppend(
        &text, " of ", CountText(steps),
        absl::StrFormat(" (%.0f %%)",
                        100 * static_cast<double>(checkpoint.step()) /
                            static_cast<double>(steps)));
  }
  return absl::StrCat(text, ", ", SizeText(checkpoint.bytes()), ", ",
                      TimeText(time));
}

void PrintTrial(const v1::Sweep& sweep, const v1::Trial& trial,
                const Source& source, std::ostream& out) {
  PrintFact(out, "trial", absl::StrCat(trial.trial_index()));
  PrintFact(out, "sweep",
            absl::StrCat(trial.sweep_id(), " (", sweep.spec().name(), ")"));
  PrintFact(out, "parameters",
            ParametersText(sweep.spec(), trial.trial_index()));
  const bool left =
      sweep.interrupted() && trial.state() == v1::TRIAL_STATE_LEASED;
  PrintFact(
      out, "state",
      absl::StrCat(StateName(trial.state()),
                   left ? " (interrupted: nothing has this ledger open)" : ""));
  PrintFact(out, "attempt",
            trial.lost_attempts() == 0
                ? absl::StrCat(trial.attempt())
                : absl::StrCat(trial.attempt(), " (",
                               CountText(trial.lost_attempts()),
                               " lost with their worker)"));
  if (!trial.worker().empty()) {
    PrintFact(out, "worker", Printable(trial.worker()));
    PrintFact(out, "numerics", Printable(trial.numerics()));
  }
  PrintFact(out, "given out", TimeText(trial.lease_time()));
  PrintFact(out, "ended", TimeText(trial.end_time()));
  if (trial.has_checkpoint()) {
    PrintFact(out, "checkpoint",
              CheckpointText(trial.checkpoint(), trial.checkpoint_time(),
                             trial.spec().steps()));
  }
  if (trial.has_result()) PrintResult(trial.result(), out);
  out << "curve:        fathom query "
      << ShellQuote(absl::StrCat(
             "SELECT metric, step, value FROM metric_points WHERE sweep = ",
             trial.sweep_id(), " AND trial = ", trial.trial_index()))
      << " " << SourceOption(source) << "\n";
}

// Returns the spec of a trial as the spec of a sweep, which `fathom run` takes:
// a name and the fields of the trial.
nlohmann::ordered_json SweepOfTrial(const v1::Sweep& sweep,
                                    const v1::Trial& trial) {
  constexpr size_t kLongestName = 63;
  const std::string number = absl::StrCat("-", trial.trial_index());
  nlohmann::ordered_json json = {
      {"name",
       absl::StrCat(sweep.spec().name().substr(0, kLongestName - number.size()),
                    number)}};
  json.update(ToJson(trial.spec()));
  return json;
}

int ShowTrial(Connection& connection, const TrialName& name,
              const ShowOptions& options, Invocation& invocation) {
  const absl::StatusOr<v1::Sweep> sweep = connection.GetSweep(name.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  const absl::StatusOr<v1::Trial> trial =
      connection.GetTrial(sweep->sweep_id(), name.index);
  if (!trial.ok()) return Fail(invocation, trial.status());
  if (options.json) {
    nlohmann::ordered_json json = ToJson(*trial);
    json["spec"] = SweepOfTrial(*sweep, *trial);
    WriteJson(json, invocation.out);
  } else {
    PrintTrial(*sweep, *trial, options.source, invocation.out);
  }
  return kExitOk;
}

int Show(const ShowOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep = FindSweep(**connection, options.what);
  if (absl::IsNotFound(sweep.status())) {
    const std::optional<TrialName> name = ParseTrialName(options.what);
    if (name.has_value()) {
      return ShowTrial(**connection, *name, options, invocation);
    }
  }
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  if (options.json) {
    WriteJson(ToJson(*sweep), invocation.out);
  } else {
    PrintSweep(*sweep, **connection, invocation);
  }
  return kExitOk;
}

}  // namespace

void AddShowCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("show", "show everything about a sweep or a trial");
  const auto options = std::make_shared<ShowOptions>();
  command
      ->add_option("what", options->what,
                   "sweep (number or name; default: the newest), or trial of a "
                   "sweep")
      ->type_name("SWEEP|SWEEP/TRIAL");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kShowFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Show(*options, invocation);
    };
  });
}

}  // namespace fathom::client
