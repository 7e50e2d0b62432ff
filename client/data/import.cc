#include "client/data/import.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/data/builtin.h"
#include "client/data/csv.h"
#include "client/data/format.h"
#include "client/data/idx.h"
#include "client/data/input_file.h"
#include "client/data/libsvm.h"
#include "client/data/text.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

std::string Join(absl::string_view base, const std::string& path) {
  return (std::filesystem::path(std::string(base)) / path).string();
}

absl::Status CheckImport(const v1::DataImport& import) {
  if (import.rows() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows: found ", import.rows(), ", expected 0 or more"));
  }
  if (import.builtin().empty() == import.file().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", import.file().empty() ? "neither" : "both",
                     " `builtin` and `file`, expected one of them"));
  }
  if (!import.builtin().empty() &&
      (import.format() != v1::DATA_FORMAT_UNSPECIFIED ||
       !import.labels().empty() || !import.delimiter().empty() ||
       !import.target().empty() || !import.ignore().empty() ||
       import.has_gas())) {
    return absl::InvalidArgumentError(
        "found settings of a file next to `builtin`, expected only `rows`");
  }
  return absl::OkStatus();
}

// Returns the path of the labels: the one given, or MNIST's name for them.
absl::StatusOr<std::string> LabelsPath(const v1::DataImport& import,
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
  return absl::InvalidArgumentError(
      absl::StrCat(images,
                   ": found no labels for these images, expected their"
                   " file in `labels`"));
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
    case v1::DATA_FORMAT_LIBSVM:
      return ReadLibsvm(import, file.get());
    case v1::DATA_FORMAT_UCI_GAS:
      return ReadUciGas(import, file.get());
    case v1::DATA_FORMAT_IDX: {
      ASSIGN_OR_RETURN(const std::string labels_path,
                       LabelsPath(import, base, file->path()));
      ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> labels,
                       InputFile::Open(labels_path));
      return ReadIdx(import.rows(), file.get(), labels.get());
    }
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("format: found number ", static_cast<int>(format),
                       ", expected csv, libsvm, uci_gas or idx"));
  }
}

// A constant target has nothing to learn, and no standard deviation.
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

}  // namespace

absl::StatusOr<ImportedDataset> ImportDataset(const v1::DataImport& import,
                                              absl::string_view base) {
  RETURN_IF_ERROR(CheckImport(import));
  if (!import.builtin().empty()) {
    ASSIGN_OR_RETURN(ImportedDataset imported,
                     ReadBuiltin(import.builtin(), import.rows()));
    RETURN_IF_ERROR(CheckTargetsVary(imported, import.builtin()));
    return imported;
  }
  ASSIGN_OR_RETURN(ImportedDataset imported, ReadFile(import, base));
  RETURN_IF_ERROR(CheckTargetsVary(imported, Join(base, import.file())));
  imported.title = std::filesystem::path(import.file()).filename().string();
  return imported;
}

}  // namespace fathom
