// `fathom pause`, `fathom resume` and `fathom priority` change how the trials
// of a sweep are given out.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"

namespace fathom::client {
namespace {

constexpr char kPauseFooter[] =
    R"(Nothing more is given out; what workers hold they finish. `fathom resume` goes on.

Example:
  fathom pause 3 --server 127.0.0.1:7373)";

constexpr char kResumeFooter[] = R"(Examples:
  fathom resume 3 --server 127.0.0.1:7373
  fathom resume quickstart --db fathom.db)";

constexpr char kPriorityFooter[] =
    R"(Sweeps of a higher priority are given out first. Those of the same priority share
the slots: one of weight 3 gets three times the slot time of one of weight 1.

Examples:
  fathom priority urgent --level 10
  fathom priority 3 --weight 0.5 --server 127.0.0.1:7373)";

struct UpdateOptions {
  v1::UpdateSweepRequest request = {};
  std::string sweep = {};
  Source source = {};
  bool json = false;
};

int Update(const UpdateOptions& options, Invocation& invocation) {
  if (!options.request.has_paused() && !options.request.has_priority() &&
      !options.request.has_weight()) {
    return Fail(invocation, absl::InvalidArgumentError(
                                "nothing to change; expected --level or "
                                "--weight"));
  }
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      OpenForChanges(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  v1::UpdateSweepRequest request = options.request;
  request.set_sweep(options.sweep);
  const absl::StatusOr<v1::Sweep> sweep = (*connection)->UpdateSweep(request);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  if (options.json) {
    WriteJson(ToJson(*sweep), invocation.out);
    return kExitOk;
  }
  const v1::Progress& progress = sweep->progress();
  invocation.out << "sweep " << sweep->sweep_id() << ", "
                 << sweep->spec().name() << ", "
                 << (sweep->paused() ? "is paused" : "goes on")
                 << " with priority " << sweep->priority() << ", weight "
                 << absl::StrCat(sweep->weight()) << ": "
                 << CountText(FinishedTrials(progress)) << " of "
                 << CountText(sweep->trial_count(), "trial") << " finished\n";
  return kExitOk;
}

std::shared_ptr<UpdateOptions> AddUpdateOptions(CLI::App* command,
                                                Invocation& invocation) {
  const auto options = std::make_shared<UpdateOptions>();
  command->add_option("sweep", options->sweep, "number or name of the sweep")
      ->required()
      ->type_name("SWEEP");
  AddChangeOptions(command, &options->source);
  command->add_flag("--json", options->json, "the sweep as one JSON document");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Update(*options, invocation);
    };
  });
  return options;
}

}  // namespace

void AddPauseCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("pause", "give nothing more of a sweep out for now");
  AddUpdateOptions(command, invocation)->request.set_paused(true);
  command->footer(kPauseFooter);
}

void AddResumeCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("resume", "go on with a paused sweep");
  AddUpdateOptions(command, invocation)->request.set_paused(false);
  command->footer(kResumeFooter);
}

void AddPriorityCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("priority", "change how sweeps share the slots");
  const auto options = AddUpdateOptions(command, invocation);
  command
      ->add_option_function<int32_t>(
          "--level",
          [options](const int32_t& level) {
            options->request.set_priority(level);
          },
          "priority, -1000 to 1000; 0 at first")
      ->type_name("N");
  command
      ->add_option_function<double>(
          "--weight",
          [options](const double& weight) {
            options->request.set_weight(weight);
          },
          "share next to others of this priority, 0.001 to 1000; 1 at first")
      ->type_name("W");
  command->footer(kPriorityFooter);
}

}  // namespace fathom::client
