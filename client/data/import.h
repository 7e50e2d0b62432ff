#ifndef FATHOM_CLIENT_DATA_IMPORT_H_
#define FATHOM_CLIENT_DATA_IMPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {

// A dataset, with what people want to know of its source. The names of features
// and targets may be missing.
struct ImportedDataset {
  Dataset dataset;
  std::string title = {};   // Such as "fashion-mnist" or the name of the file.
  std::string format = {};  // Such as "csv" or "idx 28x28 (gzip)".
  std::string source = {};  // Path of the file, or a name for several.
  std::vector<std::string> columns = {};  // Names of the features.
  std::vector<std::string> targets = {};  // Names of the targets.
  // For each target of texts the texts that its values 0, 1, ... stand for; for
  // a target of numbers an empty list. Empty when no target is of texts.
  std::vector<std::vector<std::string>> classes = {};
  // The sides of a matrix, if the dataset holds known entries of a matrix
  // instead of samples. The features are then the row and the column of each
  // entry, counted from 0.
  int32_t matrix_rows = 0;
  int32_t matrix_columns = 0;
  // What was made of the file that people may not expect, in sentences.
  std::vector<std::string> notes = {};
};

// Reads the dataset that `import` names, plain or gzip. Relative paths start at
// the folder `base` ("" means the current one). When `rows` is more than there
// are, all rows are taken. Nothing after the last row that is taken is checked.
// The labels of an idx file whose name is one of MNIST's need not be given.
// Rows that are held out are the matter of held_out_import.h.
//
// Builtin datasets are looked for in the folder `datasets` ("" means where
// ReadBuiltin says).
//
// Errors are NOT_FOUND when a file or builtin dataset is missing, and
// INVALID_ARGUMENT, with "file:line:column: found, expected", when the content
// is wrong (missing cell, not a number, NaN, ragged row, no rows, unknown
// target with a "did you mean"), when a target is constant, or when `import`
// sets a field that its format does not know.
absl::StatusOr<ImportedDataset> ImportDataset(const v1::DataImport& import,
                                              absl::string_view base,
                                              const std::string& datasets = "");

// Returns which column of a csv table without `target` is most likely meant as
// one: the column called target, label, class or y, in capitals or not, else
// the last one that has a name and is not ignored. Nothing is returned when the
// file has another format, or `target` is set. Errors are those of opening the
// file and of its first record.
absl::StatusOr<std::optional<std::string>> GuessTarget(
    const v1::DataImport& import, absl::string_view base);

// Reads several files, at least one, with the same settings, and puts their
// rows one below the other; `import.file` does not count. With `gas`, some of
// the files may have no row of that class, but not all of them. Errors are
// those of ImportDataset, and INVALID_ARGUMENT when the names or numbers of the
// columns of two files differ.
absl::StatusOr<ImportedDataset> ImportFiles(
    const v1::DataImport& import, const std::vector<std::string>& paths,
    absl::string_view base);

// Reads `import.file` by itself. Errors are those of ImportDataset, but for
// targets that are constant, which are no error here.
absl::StatusOr<ImportedDataset> ReadOneFile(const v1::DataImport& import,
                                            absl::string_view base);

// What keeps the rows of one dataset from being those of another as well.
struct Mismatch {
  std::string found;     // "3 features and 1 target"
  std::string expected;  // "4 features and 1 target"
};

// Returns how the columns of `other` differ from those of `first` (in number,
// in a name, or in the texts that targets stand for), or nothing.
std::optional<Mismatch> FindMismatch(const ImportedDataset& first,
                                     const ImportedDataset& other);

// Puts the rows of `part`, which has the columns of `whole`, below those of
// `whole`. INVALID_ARGUMENT when the whole becomes too large.
absl::Status AppendRows(const ImportedDataset& part, ImportedDataset* whole);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_IMPORT_H_
