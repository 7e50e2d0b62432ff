#include "client/data/arrays/arrays.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/arrays/array_file.h"
#include "client/data/tables/table_columns.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

absl::StatusOr<ArrayHeader> ReadHeader(v1::DataFormat format, InputFile* file) {
  return format == v1::DATA_FORMAT_NPY ? ReadNpyHeader(file)
                                       : ReadIdxHeader(file);
}

std::string FormatText(v1::DataFormat format, const ArrayHeader& header,
                       bool gzip) {
  const std::vector<int64_t> item(header.sides.begin() + 1, header.sides.end());
  const bool bytes =
      header.kind == ArrayHeader::Kind::kUnsigned && header.bytes == 1;
  return absl::StrCat(format == v1::DATA_FORMAT_NPY ? "npy" : "idx",
                      item.empty() ? "" : " ", absl::StrJoin(item, "x"),
                      bytes ? "" : " of ", bytes ? "" : TypeText(header),
                      gzip ? " (gzip)" : "");
}

// Splits the columns of `all` (rows x width) into features and targets.
absl::Status SplitColumns(const v1::DataImport& import, absl::string_view path,
                          int64_t width, const std::vector<double>& all,
                          ImportedDataset* imported) {
  std::vector<Column> columns(static_cast<size_t>(width));
  for (size_t j = 0; j < columns.size(); ++j) {
    columns[j].name = absl::StrCat("column_", j + 1);
  }
  const auto error = [&](size_t, absl::string_view found,
                         absl::string_view expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found ", found, ", expected ", expected));
  };
  RETURN_IF_ERROR(AssignRoles(import, error, &columns));
  Dataset& dataset = imported->dataset;
  dataset.targets = import.target_size();
  imported->targets.assign(import.target().begin(), import.target().end());
  dataset.y.resize(static_cast<size_t>(dataset.rows) * import.target_size());
  for (const Column& column : columns) {
    if (column.role != Column::Role::kFeature) continue;
    imported->columns.push_back(column.name);
    ++dataset.columns;
  }
  const double* value = all.data();
  for (int64_t i = 0; i < dataset.rows; ++i) {
    for (const Column& column : columns) {
      if (column.role == Column::Role::kFeature) dataset.x.push_back(*value);
      if (column.role == Column::Role::kTarget) {
        dataset.y[i * dataset.targets + column.slot] = *value;
      }
      ++value;
    }
  }
  return absl::OkStatus();
}

// Reads the header of `labels`, which must have as many items as `file`.
absl::StatusOr<ArrayHeader> ReadLabelHeader(v1::DataFormat format,
                                            const InputFile& file,
                                            const ArrayHeader& header,
                                            InputFile* labels) {
  ASSIGN_OR_RETURN(ArrayHeader own, ReadHeader(format, labels));
  if (own.sides[0] == header.sides[0]) return own;
  return ErrorAtByte(*labels, own.header_bytes,
                     absl::StrCat(own.sides[0], " labels"),
                     absl::StrCat(header.sides[0], " as in ", file.path()));
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadArrays(const v1::DataImport& import,
                                           v1::DataFormat format,
                                           InputFile* file, InputFile* labels) {
  ASSIGN_OR_RETURN(const ArrayHeader header, ReadHeader(format, file));
  const int64_t width = header.item_size();
  ImportedDataset imported;
  Dataset& dataset = imported.dataset;
  dataset.rows = import.rows() > 0 ? std::min(import.rows(), header.sides[0])
                                   : header.sides[0];
  // An array that is stored column by column is read whole, even if only some
  // rows are taken.
  RETURN_IF_ERROR(CheckSize(
      file->path(), header.first_side_fastest ? header.sides[0] : dataset.rows,
      width));
  imported.format = FormatText(format, header, file->gzip());
  if (labels == nullptr) {
    std::vector<double> all;
    RETURN_IF_ERROR(ReadItems(header, dataset.rows, file, &all));
    RETURN_IF_ERROR(SplitColumns(import, file->path(), width, all, &imported));
    return imported;
  }
  ASSIGN_OR_RETURN(const ArrayHeader label_header,
                   ReadLabelHeader(format, *file, header, labels));
  const int64_t targets = label_header.item_size();
  RETURN_IF_ERROR(CheckSize(
      labels->path(),
      label_header.first_side_fastest ? label_header.sides[0] : dataset.rows,
      targets));
  dataset.columns = static_cast<int32_t>(width);
  dataset.targets = static_cast<int32_t>(targets);
  for (int64_t j = 1; j <= targets; ++j) {
    imported.targets.push_back(targets == 1 ? "label"
                                            : absl::StrCat("label_", j));
  }
  RETURN_IF_ERROR(ReadItems(header, dataset.rows, file, &dataset.x));
  RETURN_IF_ERROR(ReadItems(label_header, dataset.rows, labels, &dataset.y));
  return imported;
}

}  // namespace fathom::client
