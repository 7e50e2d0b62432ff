// `fathom drain` makes a worker finish what it holds and end.
#include <memory>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"

namespace fathom::client {
namespace {

constexpr char kDrainFooter[] =
    R"(The worker finishes the trials that it holds, hands them over, gets no more, and
ends with exit code 0.

Example:
  fathom drain host-17 --server 127.0.0.1:7373)";

struct DrainOptions {
  std::string worker = {};
  Source source = {};
  bool json = false;
};

int Drain(const DrainOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<std::vector<v1::Worker>> workers =
      (*connection)->DrainWorkers(options.worker);
  if (!workers.ok()) return Fail(invocation, workers.status());
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Worker& worker : *workers) json.push_back(ToJson(worker));
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  for (const v1::Worker& worker : *workers) {
    invocation.out << Printable(worker.worker()) << " finishes "
                   << CountText(worker.leased_trials(), "trial")
                   << " and leaves\n";
  }
  return kExitOk;
}

}  // namespace

void AddDrainCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("drain", "let a worker finish what it has and leave");
  const auto options = std::make_shared<DrainOptions>();
  command
      ->add_option("worker", options->worker,
                   "name of the worker, as in `fathom workers`, or its session")
      ->required()
      ->type_name("WORKER");
  AddServerOption(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kDrainFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Drain(*options, invocation);
    };
  });
}

}  // namespace fathom::client
