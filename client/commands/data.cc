// fathom data: what is in a dataset, before a sweep uses it.
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/data/import.h"
#include "client/data/summary.h"
#include "client/view/format.h"
#include "nlohmann/json.hpp"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr char kFooter[] = R"(Examples:
  fathom data info fashion-mnist
  fathom data info prices.csv --target price --ignore id
  fathom data info batch1.dat --format uci_gas --gas 1)";

struct DataOptions {
  std::string what = {};
  v1::DataFormat format = v1::DATA_FORMAT_UNSPECIFIED;
  std::string labels = {};
  std::string delimiter = {};
  std::vector<std::string> targets = {};
  std::vector<std::string> ignore = {};
  int64_t rows = 0;
  int gas = 0;
  bool json = false;
};

v1::DataImport ImportOf(const DataOptions& options) {
  v1::DataImport import;
  // A file wins over a builtin dataset; what looks like a path is a file.
  std::error_code error;
  const bool is_path = options.what.find_first_of("./") != std::string::npos;
  if (is_path || std::filesystem::exists(options.what, error)) {
    import.set_file(options.what);
  } else {
    import.set_builtin(options.what);
  }
  import.set_format(options.format);
  import.set_labels(options.labels);
  import.set_delimiter(options.delimiter);
  for (const std::string& target : options.targets) import.add_target(target);
  for (const std::string& name : options.ignore) import.add_ignore(name);
  import.set_rows(options.rows);
  if (options.gas != 0) import.set_gas(options.gas);
  return import;
}

nlohmann::ordered_json DataJson(const ImportedDataset& imported,
                                const DatasetSummary& summary) {
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  for (const TargetSummary& target : summary.targets) {
    nlohmann::ordered_json json = {
        {"name", target.name}, {"min", target.min},
        {"mean", target.mean}, {"std", target.std},
        {"max", target.max},   {"distinct_values", target.distinct_values}};
    nlohmann::ordered_json classes = nlohmann::ordered_json::array();
    for (const auto& [value, rows] : target.classes) {
      classes.push_back({{"value", value}, {"rows", rows}});
    }
    json["classes"] = classes;
    targets.push_back(json);
  }
  return {{"title", summary.title},
          {"format", summary.format},
          {"rows", summary.rows},
          {"columns", summary.columns},
          {"column_names", imported.columns},
          {"constant_features", summary.constant_features},
          {"feature_min", summary.feature_min},
          {"feature_max", summary.feature_max},
          {"feature_std_ratio", summary.feature_std_ratio},
          {"targets", targets},
          {"size_bytes", summary.size_bytes},
          {"digest", summary.digest}};
}

std::string Short(double value) { return absl::StrFormat("%.6g", value); }

void PrintTarget(const TargetSummary& target, std::ostream& out) {
  const std::string name =
      target.name.empty() ? "target" : Printable(target.name);
  out << "target:   " << name << ", " << Short(target.min) << " to "
      << Short(target.max) << ", mean " << Short(target.mean) << ", std "
      << Short(target.std) << ", "
      << CountText(target.distinct_values, "distinct value") << "\n";
  if (target.classes.empty()) return;
  std::vector<std::string> classes;
  for (const auto& [value, rows] : target.classes) {
    classes.push_back(
        absl::StrCat(NumberText(value), " (", CountText(rows, "row"), ")"));
  }
  out << "          " << absl::StrJoin(classes, ", ") << "\n";
}

void PrintData(const DatasetSummary& summary, std::ostream& out) {
  out << "data:     " << Printable(summary.title) << " (" << summary.format
      << ")\n"
      << "rows:     " << CountText(summary.rows) << "\n"
      << "features: " << CountText(summary.columns) << ", "
      << Short(summary.feature_min) << " to " << Short(summary.feature_max);
  if (summary.constant_features > 0) {
    out << ", " << CountText(summary.constant_features)
        << " constant (dropped when standardized)";
  }
  out << "\n";
  // Without standardisation the largest feature sets the learning rate.
  if (summary.feature_std_ratio > 10) {
    out << "          their standard deviations differ by a factor of "
        << CountText(std::llround(summary.feature_std_ratio))
        << ": consider `standardize: true`\n";
  }
  for (const TargetSummary& target : summary.targets) PrintTarget(target, out);
  out << "size:     " << SizeText(summary.size_bytes) << "\n"
      << "digest:   " << summary.digest << "\n";
}

int Info(const DataOptions& options, Invocation& invocation) {
  const absl::StatusOr<ImportedDataset> imported =
      ImportDataset(ImportOf(options), "");
  if (!imported.ok()) return Fail(invocation, imported.status());
  const DatasetSummary summary = Summarize(*imported);
  if (options.json) {
    invocation.out << DataJson(*imported, summary).dump(2) << "\n";
  } else {
    PrintData(summary, invocation.out);
  }
  return kExitOk;
}

void AddInfo(CLI::App* command, const std::shared_ptr<DataOptions>& options) {
  static const std::map<std::string, v1::DataFormat> formats = {
      {"csv", v1::DATA_FORMAT_CSV},
      {"libsvm", v1::DATA_FORMAT_LIBSVM},
      {"uci_gas", v1::DATA_FORMAT_UCI_GAS},
      {"idx", v1::DATA_FORMAT_IDX}};
  command->add_option("what", options->what, "file, or a builtin dataset")
      ->required()
      ->type_name("FILE|BUILTIN");
  command->add_option("--format", options->format, "file format")
      ->transform(CLI::CheckedTransformer(formats))
      ->option_text("csv|libsvm|uci_gas|idx (default: from the file)");
  command
      ->add_option("--target", options->targets, "target column of a csv file")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->add_option("--ignore", options->ignore, "csv column to leave out")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command
      ->add_option(
          "--delimiter", options->delimiter,
          "separator of a csv file: one character or `tab` (default: ,)")
      ->type_name("C");
  command->add_option("--labels", options->labels, "label file of an idx file")
      ->type_name("FILE");
  command
      ->add_option("--rows", options->rows, "read so many rows (default: all)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->type_name("N");
  command->add_option("--gas", options->gas, "gas class of a uci_gas file")
      ->check(CLI::Range(1, 6))
      ->type_name("CLASS");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kFooter);
}

}  // namespace

void AddDataCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("data", "look into datasets");
  command->require_subcommand(1);
  command->footer(kFooter);
  CLI::App* info = command->add_subcommand("info", "show what is in a dataset");
  const auto options = std::make_shared<DataOptions>();
  AddInfo(info, options);
  info->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Info(*options, invocation);
    };
  });
}

}  // namespace fathom
