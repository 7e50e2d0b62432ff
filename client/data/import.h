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

// A dataset and what people want to know of where it came from. Names of
// features and targets may be missing.
struct ImportedDataset {
  Dataset dataset;
  std::string title = {};   // Such as "fashion-mnist" or the name of the file.
  std::string format = {};  // Such as "csv" or "idx 28x28 (gzip)".
  std::string source = {};  // Path of the file, or what stands for several.
  std::vector<std::string> columns = {};  // Names of the features.
  std::vector<std::string> targets = {};  // Names of the targets.
  // For each target of texts what its values 0, 1, ... stand for; empty for one
  // of numbers, and where there is none of texts.
  std::vector<std::vector<std::string>> classes = {};
  // Known entries of a matrix instead of samples: its sides. The features are
  // the row and the column of each entry, from 0.
  int32_t matrix_rows = 0;
  int32_t matrix_columns = 0;
  // What was made of the file that people may not expect, in sentences.
  std::vector<std::string> notes = {};
};

// Reads the dataset that `import` names, plain or gzip. Relative paths start at
// `base`, a folder ("" means the current one). When `rows` is more than there
// are, takes all; nothing after the last row taken is read or checked. The
// labels of an idx file that is named as MNIST's need not be given. Of rows
// that are held out see held_out_import.h.
//
// Builtin datasets are looked for in `datasets`, a folder ("" means where
// ReadBuiltin says).
//
// NOT_FOUND when a file or builtin dataset is missing; INVALID_ARGUMENT, with
// "file:line:column: found, expected", when its content is wrong (missing cell,
// not a number, NaN, ragged row, no rows, unknown target with a "did you
// mean"), when a target is constant, or when `import` sets a field that its
// format does not know.
absl::StatusOr<ImportedDataset> ImportDataset(const v1::DataImport& import,
                                              absl::string_view base,
                                              const std::string& datasets = "");

// Reads several files, at least one, with the same settings (`import.file` does
// not count), and puts their rows one below the other. With `gas` a file may
// have no row of that class, but not all of them. INVALID_ARGUMENT, too, when
// the names or numbers of their columns differ.
absl::StatusOr<ImportedDataset> ImportFiles(
    const v1::DataImport& import, const std::vector<std::string>& paths,
    absl::string_view base);

// Reads a file alone, `import.file`: its targets may be constant. The errors of
// ImportDataset otherwise.
absl::StatusOr<ImportedDataset> ReadOneFile(const v1::DataImport& import,
                                            absl::string_view base);

// What keeps the rows of one dataset from being those of another as well.
struct Mismatch {
  std::string found;     // "3 features and 1 target"
  std::string expected;  // "4 features and 1 target"
};

// Returns how the columns of `other` differ from those of `first`: in number,
// in a name, or in the texts that targets stand for.
std::optional<Mismatch> FindMismatch(const ImportedDataset& first,
                                     const ImportedDataset& other);

// Puts the rows of `part`, which has the columns of `whole`, below its own.
// INVALID_ARGUMENT when that is too large.
absl::Status AppendRows(const ImportedDataset& part, ImportedDataset* whole);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_IMPORT_H_
