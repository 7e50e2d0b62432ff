#include "client/commands/data_options.h"

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

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

}  // namespace

void AddFormatOptions(CLI::App* command, FormatOptions* options) {
  static const std::map<std::string, v1::DataFormat> formats = {
      {"csv", v1::DATA_FORMAT_CSV},
      {"libsvm", v1::DATA_FORMAT_LIBSVM},
      {"uci_gas", v1::DATA_FORMAT_UCI_GAS},
      {"idx", v1::DATA_FORMAT_IDX}};
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
}

v1::DataImport ImportOf(const FormatOptions& options) {
  v1::DataImport import;
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

}  // namespace fathom
