// `fathom data` shows what is in a dataset before a sweep uses it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/data/data_import.h"
#include "client/commands/data/data_mirror.h"
#include "client/commands/data/data_options.h"
#include "client/data/held_out_import.h"
#include "client/view/format.h"
#include "client/view/message_json.h"

namespace fathom::client {
namespace {

constexpr char kDataFooter[] = R"(Examples:
  fathom data info fashion-mnist
  fathom data info fashion-mnist --builtin-test
  fathom data info ethanol --data ~/gas
  fathom data info prices.csv --target price --ignore id
  fathom data import batch*.dat --gas 1 --out ethanol.csv
  fathom data mirror sweep.yaml --out /shared/datasets)";

struct InfoOptions {
  std::string what = {};
  std::string data = {};
  v1::DataImport format = {};
  bool json = false;
  std::vector<std::string> more = {};  // Arguments that CLI11 left over.
};

// Returns whether the arguments that CLI11 left over are all words. Such words
// mostly follow an option that takes one name, as in `--ignore Date Time`.
// Unknown options are left to the messages of CLI11.
bool AreWords(const std::vector<std::string>& arguments) {
  return std::all_of(arguments.begin(), arguments.end(),
                     [](const std::string& argument) {
                       return argument.empty() || argument[0] != '-';
                     });
}

int Info(const InfoOptions& options, Invocation& invocation) {
  if (!options.more.empty()) {
    return Fail(
        invocation,
        absl::InvalidArgumentError(absl::StrCat(
            "unexpected argument \"", Printable(options.more[0]),
            "\" of fathom data info, which looks into one file; columns "
            "are named one by one: --ignore A --ignore B")));
  }
  v1::DataImport import = options.format;
  // A file is preferred to a builtin dataset of the same name, and a name that
  // looks like a path is always a file.
  std::error_code error;
  const bool is_path = options.what.find_first_of("./") != std::string::npos;
  const bool is_file =
      is_path ||
      (options.data.empty() && std::filesystem::exists(options.what, error));
  if (is_file) {
    import.set_file(options.what);
  } else {
    import.set_builtin(options.what);
  }
  v1::DataSpec data;
  *data.mutable_import() = std::move(import);
  std::vector<Violation> violations;  // The status says the same.
  const absl::StatusOr<ImportedDataset> imported =
      ImportWithHeldOut("", options.data, &data, &violations);
  if (!imported.ok()) return Fail(invocation, imported.status());
  const DatasetSummary summary = Summarize(*imported);
  if (options.json) {
    WriteJson(DataJson(*imported, summary, data), invocation.out);
  } else {
    PrintData(*imported, summary, data, invocation.out);
  }
  return kExitOk;
}

}  // namespace

void AddDataCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("data", "look into datasets");
  command->require_subcommand(1);
  command->footer(kDataFooter);
  CLI::App* info = command->add_subcommand("info", "show what is in a dataset");
  const auto options = std::make_shared<InfoOptions>();
  info->add_option("what", options->what, "file, or a builtin dataset")
      ->required()
      ->type_name("FILE|BUILTIN");
  AddFormatOptions(info, &options->format);
  AddHeldOutOptions(info, &options->format);
  AddDataFolderOption(info, &options->data);
  info->add_flag("--json", options->json, "as one JSON document");
  info->footer(kDataFooter);
  info->parse_complete_callback(
      [info] { info->allow_extras(AreWords(info->remaining())); });
  info->callback([options, info, &invocation] {
    options->more = info->remaining();
    invocation.action = [options, &invocation] {
      return Info(*options, invocation);
    };
  });
  AddDataImportCommand(command, invocation);
  AddDataMirrorCommand(command, invocation);
}

}  // namespace fathom::client
