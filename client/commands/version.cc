// fathom version: what this program is.
#include <memory>

#include "client/commands/commands.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/protocol.h"

namespace fathom::client {

void AddVersionCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("version", "show the version");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as one JSON document");
  command->footer("Example:\n  fathom version --json");
  command->callback([json, &invocation] {
    invocation.action = [json, &invocation]() -> int {
      if (*json) {
        WriteJson(
            nlohmann::ordered_json({{"version", FATHOM_VERSION},
                                    {"worker_protocol", kProtocolVersion}}),
            invocation.out);
      } else {
        invocation.out << "fathom " FATHOM_VERSION " (worker protocol "
                       << kProtocolVersion << ")\n";
      }
      return kExitOk;
    };
  });
}

}  // namespace fathom::client
