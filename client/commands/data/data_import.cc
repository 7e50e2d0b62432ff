// `fathom data import` turns files of any known format into one csv file.
#include "client/commands/data/data_import.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/data/data_options.h"
#include "client/data/import.h"
#include "client/data/write_csv.h"
#include "client/view/format.h"
#include "client/view/message_json.h"

namespace fathom::client {
namespace {

constexpr char kDataImportFooter[] =
    R"(Puts the rows of the files one below the other and writes them, targets first, in
full precision: what is read from OUT.csv is what was read from the files.

Examples:
  fathom data import batch*.dat --gas 1 --out ~/gas/ethanol.csv
  fathom data import table.csv --target ppm --ignore batch --out ethanol.csv)";

struct ImportOptions {
  std::vector<std::string> files = {};
  std::string out = {};
  v1::DataImport format = {};
  bool force = false;
  bool json = false;
};

int Import(const ImportOptions& options, Invocation& invocation) {
  const absl::StatusOr<ImportedDataset> imported =
      ImportFiles(options.format, options.files, "");
  if (!imported.ok()) return Fail(invocation, imported.status());
  const absl::Status written = WriteCsv(*imported, options.out, options.force);
  if (!written.ok()) return Fail(invocation, written);
  const DatasetSummary summary = Summarize(*imported);
  const std::vector<std::string> targets = NamesOf(*imported).targets;
  if (options.json) {
    nlohmann::ordered_json json = DataJson(*imported, summary, v1::DataSpec());
    json["out"] = options.out;
    json["out_targets"] = targets;
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  PrintData(*imported, summary, v1::DataSpec(), invocation.out);
  invocation.out << "written:  " << Printable(options.out) << " (--target "
                 << absl::StrJoin(targets, " --target ",
                                  [](std::string* text, const auto& name) {
                                    absl::StrAppend(text, ShellQuote(name));
                                  })
                 << ")\n";
  return kExitOk;
}

}  // namespace

void AddDataImportCommand(CLI::App* data, Invocation& invocation) {
  CLI::App* command =
      data->add_subcommand("import", "turn files into one csv file");
  const auto options = std::make_shared<ImportOptions>();
  command->add_option("files", options->files, "files to read, in this order")
      ->required()
      ->type_name("FILE...");
  command->add_option("--out", options->out, "csv file to write")
      ->required()
      ->type_name("FILE.csv");
  command->add_flag("--force", options->force, "overwrite the file");
  AddFormatOptions(command, &options->format);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kDataImportFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Import(*options, invocation);
    };
  });
}

}  // namespace fathom::client
