#include "client/commands/data/data_options.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "client/data/held_out_import.h"
#include "client/spec/errors.h"
#include "client/spec/scalar_reader.h"
#include "client/spec/yaml_tree.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

using google::protobuf::FieldDescriptor;

std::string Short(double value) { return absl::StrFormat("%.6g", value); }

// A field of DataImport that is an option, with the help of that option.
struct FormatOption {
  int field;
  const char* type;
  const char* help;
};
constexpr FormatOption kFormatOptions[] = {
    {v1::DataImport::kTargetFieldNumber, "NAME",
     "target column of a table; column_3 is the third of one without names"},
    {v1::DataImport::kIgnoreFieldNumber, "NAME",
     "column to leave out; once per column"},
    {v1::DataImport::kCategoricalFieldNumber, "NAME",
     "column of numbers that stand for categories, as texts do"},
    {v1::DataImport::kMissingFieldNumber, "error|drop",
     "what becomes of rows with a missing value (default: error)"},
    {v1::DataImport::kMissingValueFieldNumber, "VALUE",
     "what stands for a missing value, besides nothing, NA, NaN, None, null "
     "and "
     "?"},
    {v1::DataImport::kFormatFieldNumber,
     "csv|libsvm|uci_gas|idx|arff|npy|entries",
     "file format (default: from the file)"},
    {v1::DataImport::kDelimiterFieldNumber, "C",
     "separator: one character, `tab`, or `space` for any number of blanks "
     "(default: from the file)"},
    {v1::DataImport::kDecimalFieldNumber, ".|,",
     "decimal mark (default: from the file)"},
    {v1::DataImport::kHeaderFieldNumber, "true|false",
     "whether the first line names the columns (default: from the file)"},
    {v1::DataImport::kLabelsFieldNumber, "FILE",
     "file with the targets of an idx or npy file"},
    {v1::DataImport::kRowsFieldNumber, "N", "read so many rows (default: all)"},
    {v1::DataImport::kGasFieldNumber, "CLASS", "gas class of a uci_gas file"},
};

constexpr FormatOption kHeldOutOptions[] = {
    {v1::DataImport::kTestFileFieldNumber, "FILE",
     "file with rows to be held out for testing"},
    {v1::DataImport::kTestLabelsFieldNumber, "FILE", "its labels"},
    {v1::DataImport::kValidationFileFieldNumber, "FILE",
     "file with rows to be held out for validation"},
    {v1::DataImport::kValidationLabelsFieldNumber, "FILE", "its labels"},
};

// Returns the value that an option for `field` means by `text`. It is read as
// in a spec.
absl::StatusOr<v1::Value> ValueOf(const FieldDescriptor& field,
                                  const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  ErrorList errors;
  const std::optional<v1::Value> value = ReadScalar(node, field, &errors);
  if (value.has_value()) return *value;
  return absl::InvalidArgumentError(errors.first());
}

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
    const auto place = static_cast<size_t>(value);
    classes.push_back(
        absl::StrCat(NumberText(value),
                     place < target.names.size()
                         ? absl::StrCat(" = ", Printable(target.names[place]))
                         : "",
                     " (", CountText(rows, "row"), ")"));
  }
  out << "          " << absl::StrJoin(classes, ", ") << "\n";
}

void AddOptions(absl::Span<const FormatOption> options, CLI::App* command,
                v1::DataImport* import) {
  for (const FormatOption& option : options) {
    const FieldDescriptor* const field =
        v1::DataImport::descriptor()->FindFieldByNumber(option.field);
    const std::string name =
        absl::StrCat("--", absl::StrReplaceAll(field->name(), {{"_", "-"}}));
    const auto put = [import, field](const std::string& text) {
      if (const auto value = ValueOf(*field, text); value.ok()) {
        PutScalar(*value, *field, import);
      }
    };
    CLI::Option* const added =
        field->is_repeated()
            ? command
                  ->add_option_function<std::vector<std::string>>(
                      name,
                      [put](const std::vector<std::string>& texts) {
                        for (const std::string& text : texts) put(text);
                      },
                      option.help)
                  ->allow_extra_args(false)
            : command->add_option_function<std::string>(name, put, option.help);
    added->type_name(option.type)
        ->check(CLI::Validator(
            [field](const std::string& text) {
              return std::string(ValueOf(*field, text).status().message());
            },
            ""));
  }
}

}  // namespace

void AddFormatOptions(CLI::App* command, v1::DataImport* import) {
  AddOptions(kFormatOptions, command, import);
}

void AddHeldOutOptions(CLI::App* command, v1::DataImport* import) {
  AddOptions(kHeldOutOptions, command, import);
  command->add_flag_callback(
      "--builtin-test", [import] { import->set_builtin_test(true); },
      "with the test set that a builtin dataset has of its own");
}

nlohmann::ordered_json DataJson(const ImportedDataset& imported,
                                const DatasetSummary& summary,
                                const v1::DataSpec& data) {
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  for (const TargetSummary& target : summary.targets) {
    nlohmann::ordered_json json = {
        {"name", target.name}, {"min", target.min},
        {"mean", target.mean}, {"std", target.std},
        {"max", target.max},   {"distinct_values", target.distinct_values}};
    nlohmann::ordered_json classes = nlohmann::ordered_json::array();
    for (const auto& [value, rows] : target.classes) {
      classes.push_back({{"value", value}, {"rows", rows}});
      const auto place = static_cast<size_t>(value);
      if (place < target.names.size()) {
        classes.back()["name"] = target.names[place];
      }
    }
    json["classes"] = classes;
    targets.push_back(json);
  }
  return {{"title", summary.title},
          {"format", summary.format},
          {"rows", summary.rows},
          {"test_rows", data.test().rows()},
          {"validation_rows", data.validation().rows()},
          {"columns", summary.columns},
          {"column_names", imported.columns},
          {"constant_features", summary.constant_features},
          {"feature_min", summary.feature_min},
          {"feature_max", summary.feature_max},
          {"feature_std_ratio", summary.feature_std_ratio},
          {"targets", targets},
          {"notes", imported.notes},
          {"size_bytes", summary.size_bytes},
          {"digest", summary.digest}};
}

void PrintData(const ImportedDataset& imported, const DatasetSummary& summary,
               const v1::DataSpec& data, std::ostream& out) {
  const std::string held_out = HeldOutText(data, summary.rows);
  out << "data:     " << Printable(summary.title) << " (" << summary.format
      << ")\n"
      << "rows:     " << CountText(summary.rows) << "\n"
      << (held_out.empty() ? "" : absl::StrCat("          ", held_out, "\n"))
      << "features: " << CountText(summary.columns) << ", "
      << Short(summary.feature_min) << " to " << Short(summary.feature_max);
  if (summary.constant_features > 0) {
    out << ", " << CountText(summary.constant_features)
        << " constant (dropped when standardized)";
  }
  out << "\n";
  if (summary.feature_std_ratio > kLargeStdRatio) {
    out << "          their standard deviations differ by a factor of "
        << CountText(std::llround(summary.feature_std_ratio))
        << ": consider `standardize: true`\n";
  }
  for (const TargetSummary& target : summary.targets) PrintTarget(target, out);
  for (const std::string& note : imported.notes) {
    out << "note:     " << Printable(note) << "\n";
  }
  out << "size:     " << SizeText(summary.size_bytes) << "\n"
      << "digest:   " << summary.digest << "\n";
}

}  // namespace fathom::client
