// `fathom config` shows what is set for all commands, and where.
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/config/config_file.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

constexpr char kConfigFooter[] =
    R"(An option of a command counts most, then the variable, then the file, then the
default. The file is $FATHOM_CONFIG (/dev/null for none), or fathom/config in $XDG_CONFIG_HOME
or in ~/.config, and is YAML:

  server: lab.example.org:7373
  token_file: ~/.config/fathom/token
  tls_ca: ~/.config/fathom/ca.pem
  color: never

It holds no secret: tokens are named by their files. Where both a coordinator and a
ledger are set, commands that read ask the coordinator, unless the variable FATHOM_DB
is set and the coordinator is that of the file. Colours are also those that
the variables NO_COLOR, CLICOLOR and CLICOLOR_FORCE ask for. fathom-worker reads the
variables, and no file.

Examples:
  fathom config
  fathom config --json)";

// Where the value of a setting comes from.
struct SettingState {
  std::string value;
  std::string origin;  // "environment", "file", "default" or "unset".
  int line = 0;        // In the file.
};

SettingState StateOf(const Setting& setting) {
  const char* value = std::getenv(setting.variable);
  if (value != nullptr && *value != '\0') {
    const int line = LineOfConfig(setting.variable);
    return {value, line > 0 ? "file" : "environment", line};
  }
  const bool has_default = *setting.fallback != '\0';
  return {setting.fallback, has_default ? "default" : "unset"};
}

std::string OriginText(const Setting& setting, const SettingState& state) {
  if (state.line > 0) return absl::StrCat("line ", state.line, " of the file");
  return state.origin == "environment" ? absl::StrCat("$", setting.variable)
                                       : state.origin;
}

int ShowConfig(bool as_json, Invocation& invocation) {
  const std::string path = ConfigPath();
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  nlohmann::ordered_json settings = nlohmann::ordered_json::array();
  Table table{{"setting", "value", "from", "what it is"},
              {false, false, false, false},
              {}};
  table.sentences = true;
  for (const Setting& setting : AllSettings()) {
    const SettingState state = StateOf(setting);
    nlohmann::ordered_json entry = {{"name", setting.key},
                                    {"value", nullptr},
                                    {"origin", state.origin},
                                    {"variable", setting.variable}};
    if (state.origin != "unset") entry["value"] = state.value;
    if (state.line > 0) entry["line"] = state.line;
    settings.push_back(std::move(entry));
    table.rows.push_back(
        {setting.key, state.value.empty() ? kEmptyCell : Printable(state.value),
         OriginText(setting, state), setting.help});
  }
  if (as_json) {
    WriteJson({{"file", path}, {"exists", exists}, {"settings", settings}},
              invocation.out);
    return kExitOk;
  }
  invocation.out << RenderTable(table, invocation.width) << "\nfile: "
                 << (path.empty() ? "none, as there is no folder for it"
                                  : Printable(path))
                 << (exists || path.empty() ? "" : " (there is none)") << "\n";
  return kExitOk;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "config", "show what is set for all commands, and where");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as one JSON document");
  command->footer(kConfigFooter);
  command->callback([json, &invocation] {
    invocation.action = [json, &invocation] {
      return ShowConfig(*json, invocation);
    };
  });
}

}  // namespace fathom::client
