// `fathom run` runs a sweep on this machine, without a server.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/control/watch_sweep.h"
#include "client/commands/interrupt.h"
#include "client/commands/report.h"
#include "client/commands/run/dry_run.h"
#include "client/commands/run/load_sweep.h"
#include "client/commands/run/run_trial.h"
#include "client/commands/sweep_notes.h"
#include "client/commands/trial_name.h"
#include "client/commands/ui/page_server.h"
#include "client/embedded.h"
#include "client/presets/presets.h"
#include "client/view/format.h"
#include "proto/shared/checkpoint_option.h"
#include "proto/shared/log.h"
#include "proto/shared/number_between.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kRunFooter[] =
    R"(Stop it with Ctrl-C: what is finished is kept, trials are written down, and the
same command goes on where it stopped. A sweep that is complete is not run again (but see --new).

With SWEEP/TRIAL in place of a file, a finished trial of the ledger is trained again, alone and on
one slot, and every bit is compared with the ledger; the exit code is 1 when one differs.

Examples:
  fathom run quickstart
  fathom run sweep.yaml --scale quick
  fathom run sweep.yaml --db results.db --slots 8
  fathom run sweep.yaml --set steps=500 --set axes.depth=[1,2] --dry-run
  fathom run sweep.yaml --data ~/datasets
  fathom run sweep.yaml --json --no-plot > result.json
  fathom run 3/17 --db results.db)";

struct RunOptions {
  SweepSource sweep = {};
  std::string db = {};
  int slots = 0;
  std::string isa = {};
  std::string checkpoint_every = kCheckpointEvery;
  bool quiet = false;
  bool json = false;
  bool force_new = false;
  bool dry_run = false;
  bool no_plot = false;
  std::string plot = {};
  bool ui = false;
  PageOptions page = {};
};

int DefaultSlots() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Notes which sweep is about to run, and what is finished of it.
void Announce(const v1::Sweep& sweep, const std::string& scale_text,
              const RunOptions& options, ProgressPrinter& printer) {
  const int64_t finished = FinishedTrials(sweep.progress());
  std::string text = absl::StrCat(
      "sweep ", sweep.sweep_id(), " of ", options.db, ", ", sweep.spec().name(),
      scale_text, ": ", CountText(sweep.trial_count(), "trial"));
  if (sweep.state() == v1::SWEEP_STATE_COMPLETED) {
    const int64_t failed = sweep.progress().failed();
    absl::StrAppend(
        &text, ", complete",
        failed == 0 ? ""
                    : absl::StrCat(" with ", CountText(failed, "failed trial"),
                                   "; after `fathom retry ", sweep.sweep_id(),
                                   " --db ", ShellQuote(options.db),
                                   "` this command trains those again"),
        "; --new runs it again");
  } else if (finished > 0) {
    absl::StrAppend(&text, ", ", CountText(finished), " of them finished");
  } else {
    absl::StrAppend(&text, " on ", CountText(options.slots, "slot"));
  }
  printer.Note(text);
}

// Returns the error of running a paused sweep, which would wait for ever.
absl::Status PausedError(const v1::Sweep& sweep, const std::string& db) {
  return absl::FailedPreconditionError(absl::StrCat(
      "sweep ", sweep.sweep_id(), " of ", db, ", ",
      Printable(sweep.spec().name()), ", is paused; `fathom resume ",
      sweep.sweep_id(), " --db ", ShellQuote(db), "` lets it go on"));
}

// Returns the trial that is meant in place of a sweep file: "SWEEP/TRIAL", as
// long as there is neither a file nor a preset of that name.
std::optional<TrialName> TrialMeant(const std::string& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error) || FindPreset(name).ok()) {
    return std::nullopt;
  }
  return ParseTrialName(name);
}

// Trains that trial again. Its spec is that of the ledger, which no option
// changes.
int RunAgain(const TrialName& name, const RunOptions& options,
             Invocation& invocation) {
  if (!options.sweep.scale.empty() || !options.sweep.settings.empty() ||
      !options.sweep.data.empty() || options.force_new || options.dry_run ||
      !options.plot.empty()) {
    return Fail(invocation,
                absl::InvalidArgumentError(absl::StrCat(
                    Printable(options.sweep.name),
                    " is a trial of a ledger, which is trained as it stands: "
                    "found --scale, --set, --data, --new, --dry-run or --plot, "
                    "expected none of them")));
  }
  return RunTrial(name, options.db, options.quiet, options.json, invocation);
}

// Serves the page of a run on this machine.
absl::StatusOr<std::unique_ptr<PageServer>> ServeRun(const RunOptions& options,
                                                     Connection& connection,
                                                     Invocation& invocation) {
  // The page ends before the connection does.
  const std::shared_ptr<Connection> borrowed(std::shared_ptr<void>(),
                                             &connection);
  ASSIGN_OR_RETURN(
      std::unique_ptr<PageServer> page,
      PageServer::Start(options.page, {.kind = "run", .name = options.db},
                        SourceOption({.db = options.db}),
                        MakeOpenAuthority([borrowed] { return borrowed; })));
  invocation.err << "open " << page->url() << "\n";
  AnnouncePage(*page, options.page, invocation.err);
  return page;
}

// Whoever asked for the page wants to look at the end of the sweep as well.
void LetPeopleLook(const PageServer& page, const std::string& db,
                   const Interrupt& interrupt, Invocation& invocation) {
  invocation.out << std::flush;
  invocation.err << page.url()
                 << " stays until you press Ctrl-C; `fathom ui --db "
                 << ShellQuote(db) << "` shows it again\n"
                 << std::flush;
  while (!interrupt.WaitFor(absl::Hours(1))) continue;
}

int Run(RunOptions options, Invocation& invocation) {
  // Log lines of the coordinator and the worker would break the line of
  // progress.
  SetMinLogLevel(LogLevel::kWarning);
  if (options.slots == 0) options.slots = DefaultSlots();
  if (!options.isa.empty()) {
    const absl::Status status = UseInstructionSet(options.isa);
    if (!status.ok()) return Fail(invocation, status);
  }
  if (const std::optional<TrialName> name = TrialMeant(options.sweep.name)) {
    return RunAgain(*name, options, invocation);
  }
  absl::StatusOr<LoadedSweep> loaded = LoadSweep(options.sweep);
  if (!loaded.ok()) return Fail(invocation, loaded.status());
  const std::vector<std::string> sweep_notes = SweepNotes(*loaded);
  if (options.dry_run) {
    loaded->notes.insert(loaded->notes.end(), sweep_notes.begin(),
                         sweep_notes.end());
    return DryRun(*loaded, options.json, invocation);
  }

  const Interrupt interrupt;
  absl::StatusOr<std::unique_ptr<Connection>> connection = OpenEmbedded(
      options.db, options.slots, *ReadInterval(options.checkpoint_every));
  if (!connection.ok()) return Fail(invocation, connection.status());
  absl::StatusOr<v1::Sweep> sweep =
      CreateSweep(**connection, *loaded, options.force_new);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  if (sweep->state() == v1::SWEEP_STATE_RUNNING && sweep->paused()) {
    return Fail(invocation, PausedError(*sweep, options.db));
  }
  const int64_t id = sweep->sweep_id();
  std::unique_ptr<PageServer> page;
  if (options.ui) {
    absl::StatusOr<std::unique_ptr<PageServer>> started =
        ServeRun(options, **connection, invocation);
    if (!started.ok()) return Fail(invocation, started.status());
    page = *std::move(started);
  }
  const std::optional<v1::SummarySpec> summarize = SummarizeOf(loaded->spec);
  const std::string scale_text = loaded->scale_text;
  const std::string data_text = loaded->data_text;
  const std::vector<std::string> notes = std::move(loaded->notes);
  loaded = absl::UnknownError("released");  // Frees the data.

  {
    ProgressPrinter printer(ProgressOptions(options.quiet), &invocation.err);
    Announce(*sweep, scale_text, options, printer);
    if (!options.force_new && FinishedTrials(sweep->progress()) == 0) {
      const std::string before = CancelledBefore(**connection, *sweep);
      if (!before.empty()) printer.Note("note: " + before);
    }
    printer.Note("data: " + data_text);
    for (const std::string& note : notes) printer.Note("data: " + note);
    for (const std::string& note : sweep_notes) printer.Note("note: " + note);
    if (sweep->state() == v1::SWEEP_STATE_RUNNING) {
      sweep = WatchSweep(**connection, *std::move(sweep), interrupt, printer);
    }
  }
  if (interrupt.raised()) {
    sweep = (*connection)->GetSweep(id);
    if (sweep.ok()) {
      invocation.err << StoppingText(sweep->progress()) << "\n" << std::flush;
    }
    page.reset();
    connection->reset();
    return kExitInterrupted;
  }
  if (!sweep.ok()) return Fail(invocation, sweep.status());

  ReportOptions report{options.json, !options.no_plot, options.plot, data_text,
                       summarize};
  if (report.picture_folder.empty()) {
    report.picture_folder =
        std::filesystem::path(options.db).parent_path().string();
  }
  const int code = ReportSweep(**connection, *sweep, Source{.db = options.db},
                               report, invocation);
  if (page != nullptr) LetPeopleLook(*page, options.db, interrupt, invocation);
  return code;
}

}  // namespace

void AddRunCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "run", "run a sweep on this machine, without a server");
  const auto options = std::make_shared<RunOptions>();
  AddSweepOptions(command, &options->sweep);
  AddDryRunOption(command, &options->dry_run);
  command
      ->add_option("--db", options->db,
                   absl::StrCat("ledger: the SQLite file that holds the "
                                "results (default: $FATHOM_DB, or ",
                                kDefaultLedger, ")"))
      ->type_name("FILE");
  command
      ->add_option("--slots", options->slots,
                   "compute threads (default: one per core)")
      ->check(IntegerBetween(1, 1024))
      ->type_name("N");
  command
      ->add_option(
          "--isa", options->isa,
          "instruction set to train with: portable, avx2 or avx512; on "
          "arm64 portable or neon (default: the best that this machine "
          "has); the results are the same")
      ->type_name("NAME");
  AddCheckpointOption(
      *command, options->checkpoint_every,
      "how long trials train between two checkpoints, from which they go on "
      "when this program is killed: a time such as 60s or 5m, or never");
  command->add_flag("-q,--quiet", options->quiet,
                    "no progress, only the result");
  command->add_flag("--json", options->json, "the result as one JSON document");
  CLI::Option* plot =
      command
          ->add_option("--plot", options->plot,
                       "folder for the pictures (default: that of the ledger)")
          ->type_name("DIR");
  command->add_flag("--no-plot", options->no_plot, "draw no pictures")
      ->excludes(plot);
  CLI::Option* ui = command->add_flag(
      "--ui", options->ui, "show it in a browser, until Ctrl-C after its end");
  AddPageOptions(command, &options->page, /*beyond_loopback=*/false);
  for (const char* name : {"--listen", "--open"}) {
    command->get_option(name)->needs(ui);
  }
  command->add_flag("--new", options->force_new,
                    "a new sweep, even if the ledger has the same one");
  command->footer(kRunFooter);
  command->callback([options, &invocation] {
    if (options->db.empty()) options->db = LedgerToWrite();
    invocation.action = [options, &invocation] {
      return Run(*options, invocation);
    };
  });
}

}  // namespace fathom::client
