// `fathom submit` gives a sweep to a coordinator in another process.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/commands/commands.h"
#include "client/commands/control/wait.h"
#include "client/commands/report.h"
#include "client/commands/run/dry_run.h"
#include "client/commands/run/load_sweep.h"
#include "client/commands/sweep_notes.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"

namespace fathom::client {
namespace {

constexpr char kSubmitFooter[] = R"(Examples:
  fathom submit sweep.yaml --server 127.0.0.1:7373
  fathom submit sweep.yaml --server 127.0.0.1:7373 --wait
  fathom submit sweep.yaml --set steps=500 --dry-run)";

struct SubmitOptions {
  SweepSource sweep = {};
  Source source = {};
  bool wait = false;
  bool quiet = false;
  bool json = false;
  bool force_new = false;
  bool dry_run = false;
  int32_t priority = 0;
  double weight = 1;
};

int Submit(const SubmitOptions& options, Invocation& invocation) {
  absl::StatusOr<LoadedSweep> loaded = LoadSweep(options.sweep);
  if (!loaded.ok()) return Fail(invocation, loaded.status());
  const std::vector<std::string> notes = SweepNotes(*loaded);
  if (options.dry_run) {
    loaded->notes.insert(loaded->notes.end(), notes.begin(), notes.end());
    return DryRun(*loaded, options.json, invocation);
  }
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  // Sweeps are numbered in the order of their creation, so that a number not
  // above that of an older sweep tells that no sweep was created.
  const absl::StatusOr<v1::Sweep> before =
      (*connection)->GetSweep(loaded->spec.name());
  const absl::StatusOr<v1::Sweep> sweep =
      CreateSweep(**connection, *loaded, options.force_new, options.priority,
                  options.weight);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  const bool already_there =
      before.ok() && sweep->sweep_id() <= before->sweep_id();

  if (!already_there && !options.force_new) {
    const std::string cancelled = CancelledBefore(**connection, *sweep);
    if (!cancelled.empty()) invocation.err << "note: " << cancelled << "\n";
  }
  for (const std::string& note : notes) {
    invocation.err << "note: " << Printable(note) << "\n";
  }
  if (options.wait) {
    return WaitAndReport(**connection, *sweep, options.source,
                         {.json = options.json,
                          .pictures = false,
                          .data_text = loaded->data_text,
                          .summarize = SummarizeOf(loaded->spec)},
                         options.quiet, invocation);
  }
  for (const std::string& note : loaded->notes) {
    invocation.err << "data: " << Printable(note) << "\n";
  }
  if (options.json) {
    WriteJson(ToJson(*sweep), invocation.out);
    return kExitOk;
  }
  const std::string option = SourceOption(options.source);
  invocation.out << "sweep " << sweep->sweep_id() << ", "
                 << sweep->spec().name() << loaded->scale_text
                 << (already_there ? ", is already there: " : ": ")
                 << CountText(sweep->trial_count(), "trial") << ", "
                 << SweepStateText(*sweep) << "\n"
                 << "data: " << loaded->data_text << "\n"
                 << "follow it with: fathom watch " << sweep->sweep_id() << " "
                 << option << "\n";
  return kExitOk;
}

}  // namespace

void AddSubmitCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("submit", "hand a sweep to a coordinator");
  const auto options = std::make_shared<SubmitOptions>();
  AddSweepOptions(command, &options->sweep);
  AddDryRunOption(command, &options->dry_run);
  AddServerOption(command, &options->source);
  command->add_flag("--wait", options->wait,
                    "show the progress, and the summary at the end");
  command->add_flag("-q,--quiet", options->quiet,
                    "no progress, only the result");
  command->add_flag("--json", options->json, "the result as one JSON document");
  command->add_flag("--new", options->force_new,
                    "a new sweep, even if the coordinator has the same one");
  command
      ->add_option("--priority", options->priority,
                   "sweeps of a higher priority go first")
      ->capture_default_str()
      ->type_name("N");
  command
      ->add_option("--weight", options->weight,
                   "share of the slots, beside sweeps of the same priority")
      ->capture_default_str()
      ->type_name("W");
  command->footer(kSubmitFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Submit(*options, invocation);
    };
  });
}

}  // namespace fathom::client
