// `fathom presets` shows the sweeps that come with the program.
#include "client/presets/presets.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/spec/spec_file.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

constexpr char kPresetsFooter[] = R"(Examples:
  fathom presets
  fathom presets show quickstart > my.yaml
  fathom run my.yaml)";

struct PresetsOptions {
  bool json = false;
  std::string name = {};
};

// Returns the names of the scales of a preset. A test makes sure that every
// preset is valid.
std::vector<std::string> ScalesOf(const Preset& preset) {
  std::vector<std::string> names;
  const absl::StatusOr<SweepFile> file =
      ParseSweepFile(preset.text, preset.name);
  if (!file.ok()) return names;
  for (const SweepFile::Scale& scale : file->scales) {
    names.push_back(scale.name);
  }
  return names;
}

int ListPresets(const PresetsOptions& options, Invocation& invocation) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  Table table{{"preset", "scales", "what it is"}, {false, false, false}, {}};
  table.sentences = true;
  for (const Preset& preset : Presets()) {
    const std::vector<std::string> scales = ScalesOf(preset);
    json.push_back({{"name", preset.name},
                    {"summary", preset.summary},
                    {"scales", scales}});
    table.rows.push_back({preset.name,
                          scales.empty() ? "-" : absl::StrJoin(scales, ", "),
                          Printable(preset.summary)});
  }
  if (options.json) {
    WriteJson(json, invocation.out);
  } else {
    invocation.out << RenderTable(table, invocation.width);
  }
  return kExitOk;
}

int ShowPreset(const PresetsOptions& options, Invocation& invocation) {
  const absl::StatusOr<const Preset*> preset = FindPreset(options.name);
  if (!preset.ok()) return Fail(invocation, preset.status());
  if (options.json) {
    const nlohmann::ordered_json json = {{"name", (*preset)->name},
                                         {"summary", (*preset)->summary},
                                         {"scales", ScalesOf(**preset)},
                                         {"text", (*preset)->text}};
    WriteJson(json, invocation.out);
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
  command->footer(kPresetsFooter);
  command->callback([options, &invocation] {
    // The callback of the subcommand `show` runs first and may have set the
    // action.
    if (invocation.action) return;
    invocation.action = [options, &invocation] {
      return ListPresets(*options, invocation);
    };
  });
  CLI::App* show =
      command->add_subcommand("show", "print the YAML of a preset");
  show->add_option("name", options->name, "preset")
      ->required()
      ->type_name("PRESET");
  show->add_flag("--json", options->json,
                 "name, summary and text as one JSON document");
  show->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return ShowPreset(*options, invocation);
    };
  });
}

}  // namespace fathom::client
