// fathom presets: the sweeps that come with the program.
#include "client/presets/presets.h"

#include <memory>
#include <string>

#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/table.h"
#include "nlohmann/json.hpp"

namespace fathom {
namespace {

constexpr char kFooter[] = R"(Examples:
  fathom presets
  fathom presets show quickstart > my.yaml
  fathom run my.yaml)";

struct PresetsOptions {
  bool json = false;
  std::string name = {};
};

int ListPresets(const PresetsOptions& options, Invocation& invocation) {
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const Preset& preset : Presets()) {
      json.push_back({{"name", preset.name}, {"summary", preset.summary}});
    }
    invocation.out << json.dump(2) << "\n";
    return kExitOk;
  }
  Table table{{"preset", "what it is"}, {false, false}, {}};
  for (const Preset& preset : Presets()) {
    table.rows.push_back({preset.name, Printable(preset.summary)});
  }
  invocation.out << RenderTable(table);
  return kExitOk;
}

int ShowPreset(const PresetsOptions& options, Invocation& invocation) {
  const absl::StatusOr<const Preset*> preset = FindPreset(options.name);
  if (!preset.ok()) return Fail(invocation, preset.status());
  if (options.json) {
    const nlohmann::ordered_json json = {{"name", (*preset)->name},
                                         {"summary", (*preset)->summary},
                                         {"text", (*preset)->text}};
    invocation.out << json.dump(2) << "\n";
    return kExitOk;
  }
  invocation.out << (*preset)->text;
  return kExitOk;
}

}  // namespace

void AddPresetsCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("presets", "list the sweeps that come with fathom");
  const auto options = std::make_shared<PresetsOptions>();
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kFooter);
  command->callback([options, &invocation] {
    // The callback of `show` runs first.
    if (invocation.action) return;
    invocation.action = [options, &invocation] {
      return ListPresets(*options, invocation);
    };
  });
  CLI::App* show =
      command->add_subcommand("show", "print the YAML of a preset");
  show->add_option("name", options->name, "preset")
      ->required()
      ->type_name("NAME");
  show->add_flag("--json", options->json,
                 "name, summary and text as one JSON document");
  show->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return ShowPreset(*options, invocation);
    };
  });
}

}  // namespace fathom
