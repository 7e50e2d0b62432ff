// `fathom workers` shows who works for a coordinator.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/analysis/why/worker_speed.h"
#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

constexpr char kWorkersFooter[] = R"(Example:
  fathom workers --server 127.0.0.1:7373)";

struct WorkersOptions {
  Source source = {};
  bool json = false;
};

Table WorkerTable(const std::vector<v1::Worker>& workers) {
  Table table;
  table.header = {"worker",   "host",     "state",   "slots",
                  "busy",     "steps/s",  "of peak", "leased",
                  "finished", "heard of", "version", "numerics"};
  table.right = {false, false, false, true, true,  true,
                 true,  true,  true,  true, false, false};
  const auto percent = [](const std::optional<double>& share) {
    return share.has_value()
               ? absl::StrFormat("%.0f %%", std::min(100 * *share, 999.0))
               : std::string(kEmptyCell);
  };
  for (const v1::Worker& worker : workers) {
    const WorkerSpeed speed = SpeedOf(worker);
    table.rows.push_back(
        {Printable(worker.worker()),
         worker.host().empty() ? kEmptyCell : Printable(worker.host()),
         !worker.connected() ? "lost"
         : worker.draining() ? "draining"
                             : "connected",
         CountText(worker.slots()), percent(speed.busy),
         speed.steps_per_second.has_value() ? RateText(*speed.steps_per_second)
                                            : kEmptyCell,
         percent(speed.peak_share), CountText(worker.leased_trials()),
         CountText(worker.finished_trials()),
         absl::StrCat(DurationText(absl::Seconds(worker.silence().seconds())),
                      " ago"),
         Printable(worker.program_version()), Printable(worker.numerics())});
  }
  return table;
}

int PrintWorkers(const WorkersOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<std::vector<v1::Worker>> workers =
      (*connection)->ListWorkers();
  if (!workers.ok()) return Fail(invocation, workers.status());
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Worker& worker : *workers) {
      const WorkerSpeed speed = SpeedOf(worker);
      nlohmann::ordered_json& row = json.emplace_back(ToJson(worker));
      row["busy"] = NumberOrNull(speed.busy);
      row["steps_per_second"] = NumberOrNull(speed.steps_per_second);
      row["peak_share"] = NumberOrNull(speed.peak_share);
    }
    WriteJson(json, invocation.out);
  } else if (workers->empty()) {
    invocation.out << "no workers; start one with: fathom-worker --server "
                   << ServerAddress(options.source) << "\n";
  } else {
    invocation.out << RenderTable(WorkerTable(*workers), invocation.width);
  }
  return kExitOk;
}

}  // namespace

void AddWorkersCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("workers", "list the workers of a coordinator");
  const auto options = std::make_shared<WorkersOptions>();
  AddServerOption(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kWorkersFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return PrintWorkers(*options, invocation);
    };
  });
}

}  // namespace fathom::client
