#include "client/data/import.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/data/arrays/arrays.h"
#include "client/data/builtin.h"
#include "client/data/format.h"
#include "client/data/input_file.h"
#include "client/data/libsvm.h"
#include "client/data/tables/arff.h"
#include "client/data/tables/csv.h"
#include "client/data/tables/entries.h"
#include "client/data/text.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

std::string Join(absl::string_view base, const std::string& path) {
  return (std::filesystem::path(std::string(base)) / path).string();
}

absl::Status CheckImport(const v1::DataImport& import) {
  if (import.rows() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows: found ", import.rows(), ", expected 0 or more"));
  }
  const int sources = !import.builtin().empty() + !import.file().empty() +
                      !import.table().empty();
  if (sources != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", sources == 0 ? "none" : "several",
                     " of `builtin`, `file` and `table`, expected one"));
  }
  if (import.builtin().empty()) return absl::OkStatus();
  v1::DataImport rest = import;
  rest.clear_builtin();
  rest.clear_rows();
  rest.clear_if_present();
  rest.clear_builtin_test();
  if (rest.ByteSizeLong() > 0) {
    return absl::InvalidArgumentError(
        "found settings of a file next to `builtin`, expected only `rows`");
  }
  return absl::OkStatus();
}

// Returns the path of the labels: the one that is given, or MNIST's name for
// them.
absl::StatusOr<std::string> LabelsPath(const v1::DataImport& import,
                                       v1::DataFormat format,
                                       absl::string_view base,
                                       const std::string& images) {
  if (!import.labels().empty()) return Join(base, import.labels());
  const std::filesystem::path path(images);
  const std::string name = absl::StrReplaceAll(
      path.filename().string(),
      {{"images-idx3", "labels-idx1"}, {"images.idx3", "labels.idx1"}});
  std::string labels = (path.parent_path() / name).string();
  std::error_code error;
  if (labels != images && std::filesystem::exists(labels, error)) {
    return labels;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      images, ": found no ",
      format == v1::DATA_FORMAT_IDX ? "labels for these images"
                                    : "targets for this array",
      ", expected their file in `labels`, or `target`, such as column_1"));
}

absl::StatusOr<ImportedDataset> ReadArrayFile(const v1::DataImport& import,
                                              v1::DataFormat format,
                                              absl::string_view base,
                                              InputFile* file) {
  if (!import.target().empty()) {
    return ReadArrays(import, format, file, nullptr);
  }
  ASSIGN_OR_RETURN(const std::string path,
                   LabelsPath(import, format, base, file->path()));
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> labels,
                   InputFile::Open(path));
  return ReadArrays(import, format, file, labels.get());
}

absl::StatusOr<ImportedDataset> ReadFile(const v1::DataImport& import,
                                         absl::string_view base) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(Join(base, import.file())));
  ASSIGN_OR_RETURN(const absl::string_view head, file->Peek());
  v1::DataFormat format = import.format();
  if (format == v1::DATA_FORMAT_UNSPECIFIED) {
    ASSIGN_OR_RETURN(format, DetectFormat(head, file->path()));
  }
  RETURN_IF_ERROR(CheckFields(import, format));
  switch (format) {
    case v1::DATA_FORMAT_CSV:
      return ReadCsv(import, file.get());
    case v1::DATA_FORMAT_ENTRIES:
      return ReadEntries(import, file.get());
    case v1::DATA_FORMAT_ARFF:
      return ReadArff(import, file.get());
    case v1::DATA_FORMAT_LIBSVM:
      return ReadLibsvm(import, file.get());
    case v1::DATA_FORMAT_UCI_GAS:
      return ReadUciGas(import, file.get());
    case v1::DATA_FORMAT_IDX:
    case v1::DATA_FORMAT_NPY:
      return ReadArrayFile(import, format, base, file.get());
    default:
      return absl::InvalidArgumentError(absl::StrCat(
          "format: found number ", static_cast<int>(format),
          ", expected csv, libsvm, uci_gas, idx, arff, npy or entries"));
  }
}

// Reads a table that the spec itself holds.
absl::StatusOr<ImportedDataset> ReadTable(const v1::DataImport& import) {
  const v1::DataFormat format = import.format() == v1::DATA_FORMAT_UNSPECIFIED
                                    ? v1::DATA_FORMAT_CSV
                                    : import.format();
  if (format != v1::DATA_FORMAT_CSV) {
    return absl::InvalidArgumentError(
        "found another format for a `table`, expected csv");
  }
  RETURN_IF_ERROR(CheckFields(import, format));
  const std::unique_ptr<InputFile> text =
      InputFile::OfText("table", import.table());
  ASSIGN_OR_RETURN(ImportedDataset imported, ReadCsv(import, text.get()));
  imported.title = "table";
  imported.source = "in the sweep file";
  return imported;
}

// A constant target gives nothing to learn and has no standard deviation, so
// that it is refused.
absl::Status CheckTargetsVary(const ImportedDataset& imported,
                              absl::string_view path) {
  const Dataset& dataset = imported.dataset;
  for (int32_t j = 0; j < dataset.targets; ++j) {
    const double first = dataset.y[j];
    int64_t row = 1;
    while (row < dataset.rows &&
           dataset.y[row * dataset.targets + j] == first) {
      ++row;
    }
    if (row < dataset.rows) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found target ", QuoteText(imported.targets[j]),
                     " to be the constant ", NumberText(first), " in ",
                     dataset.rows, dataset.rows == 1 ? " row" : " rows",
                     ", expected at least two values"));
  }
  return absl::OkStatus();
}

// Appends the rows of another file, whose columns must be the same.
absl::Status Append(ImportedDataset part, ImportedDataset* whole) {
  if (part.matrix_rows > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        part.source, ": found a second file of entries, expected one"));
  }
  if (const auto mismatch = FindMismatch(*whole, part)) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.source, ": found ", mismatch->found, ", expected ",
                     mismatch->expected, " as in ", whole->source));
  }
  absl::c_move(part.notes, std::back_inserter(whole->notes));
  return AppendRows(part, whole);
}

}  // namespace

std::optional<Mismatch> FindMismatch(const ImportedDataset& first,
                                     const ImportedDataset& other) {
  const auto counts = [](const Dataset& data) {
    return absl::StrCat(data.columns, " features and ", data.targets,
                        data.targets == 1 ? " target" : " targets");
  };
  if (first.dataset.columns != other.dataset.columns ||
      first.dataset.targets != other.dataset.targets) {
    return Mismatch{counts(other.dataset), counts(first.dataset)};
  }
  for (const auto& [names, expected] :
       {std::pair(&other.columns, &first.columns),
        std::pair(&other.targets, &first.targets)}) {
    for (size_t i = 0; i < std::min(names->size(), expected->size()); ++i) {
      if ((*names)[i] == (*expected)[i]) continue;
      return Mismatch{absl::StrCat("column ", QuoteText((*names)[i])),
                      QuoteText((*expected)[i])};
    }
  }
  // A text must become the same number in all files.
  if (first.classes != other.classes) {
    return Mismatch{"other texts among the targets", "those"};
  }
  return std::nullopt;
}

absl::Status AppendRows(const ImportedDataset& part, ImportedDataset* whole) {
  Dataset& data = whole->dataset;
  RETURN_IF_ERROR(
      CheckSize(part.source, data.rows + part.dataset.rows, data.columns));
  data.rows += part.dataset.rows;
  data.x.insert(data.x.end(), part.dataset.x.begin(), part.dataset.x.end());
  data.y.insert(data.y.end(), part.dataset.y.begin(), part.dataset.y.end());
  return absl::OkStatus();
}

absl::StatusOr<ImportedDataset> ReadOneFile(const v1::DataImport& import,
                                            absl::string_view base) {
  absl::StatusOr<ImportedDataset> imported = ReadFile(import, base);
  if (absl::IsOutOfRange(imported.status())) {
    return absl::InvalidArgumentError(imported.status().message());
  }
  if (imported.ok()) imported->source = Join(base, import.file());
  return imported;
}

absl::StatusOr<ImportedDataset> ImportDataset(const v1::DataImport& import,
                                              absl::string_view base,
                                              const std::string& datasets) {
  RETURN_IF_ERROR(CheckImport(import));
  if (!import.file().empty()) {
    return ImportFiles(import, {import.file()}, base);
  }
  if (!import.table().empty()) {
    ASSIGN_OR_RETURN(ImportedDataset imported, ReadTable(import));
    RETURN_IF_ERROR(CheckTargetsVary(imported, "table"));
    return imported;
  }
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   ReadBuiltin(import.builtin(), import.rows(), datasets));
  RETURN_IF_ERROR(CheckTargetsVary(imported, import.builtin()));
  return imported;
}

absl::StatusOr<ImportedDataset> ImportFiles(
    const v1::DataImport& import, const std::vector<std::string>& paths,
    absl::string_view base) {
  v1::DataImport settings = import;
  ImportedDataset whole;
  absl::Status none;  // Why no file so far has a row.
  for (const std::string& path : paths) {
    if (import.rows() > 0) {
      settings.set_rows(import.rows() - whole.dataset.rows);
      if (settings.rows() == 0) break;
    }
    settings.set_file(path);
    absl::StatusOr<ImportedDataset> part = ReadFile(settings, base);
    if (absl::IsOutOfRange(part.status())) {
      none.Update(part.status());
      continue;
    }
    RETURN_IF_ERROR(part.status());
    part->source = Join(base, path);
    if (paths.size() > 1) {
      for (std::string& note : part->notes) {
        note = absl::StrCat(path, ": ", note);
      }
    }
    if (whole.dataset.rows > 0) {
      RETURN_IF_ERROR(Append(*std::move(part), &whole));
    } else {
      whole = *std::move(part);
    }
  }
  if (whole.dataset.rows == 0) {
    return absl::InvalidArgumentError(none.message());
  }
  RETURN_IF_ERROR(CheckTargetsVary(whole, whole.source));
  whole.title = std::filesystem::path(paths[0]).filename().string();
  if (paths.size() > 1) {
    absl::StrAppend(&whole.title, " and ", paths.size() - 1, " more");
  }
  return whole;
}

absl::StatusOr<std::optional<std::string>> GuessTarget(
    const v1::DataImport& import, absl::string_view base) {
  if (import.file().empty() || import.target_size() > 0) return std::nullopt;
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(Join(base, import.file())));
  ASSIGN_OR_RETURN(const absl::string_view head, file->Peek());
  v1::DataFormat format = import.format();
  if (format == v1::DATA_FORMAT_UNSPECIFIED) {
    ASSIGN_OR_RETURN(format, DetectFormat(head, file->path()));
  }
  if (format != v1::DATA_FORMAT_CSV) return std::nullopt;
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   CsvColumnNames(import, file.get()));
  std::optional<std::string> guess;
  for (const std::string& name : names) {
    if (name.empty() || absl::c_linear_search(import.ignore(), name)) continue;
    guess = name;
    const std::string lower = absl::AsciiStrToLower(name);
    if (lower == "target" || lower == "label" || lower == "class" ||
        lower == "y") {
      break;
    }
  }
  return guess;
}

}  // namespace fathom::client
