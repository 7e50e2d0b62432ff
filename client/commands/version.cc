// `fathom version` tells what this program is.
#include "proto/shared/version.h"

#include <memory>
#include <string>

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
        nlohmann::ordered_json document = {{"version", FATHOM_VERSION}};
        if (!BuiltCommit().empty()) {
          document["commit"] = std::string(BuiltCommit());
        }
        document["worker_protocol"] = kProtocolVersion;
        WriteJson(document, invocation.out);
      } else {
        invocation.out << "fathom " << FullVersion() << ", worker protocol "
                       << kProtocolVersion << "\n";
      }
      return kExitOk;
    };
  });
}

}  // namespace fathom::client
