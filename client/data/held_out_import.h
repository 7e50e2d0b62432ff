#ifndef FATHOM_CLIENT_DATA_HELD_OUT_IMPORT_H_
#define FATHOM_CLIENT_DATA_HELD_OUT_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/data/import.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom::client {

// Imports the dataset that `data.import` names as ImportDataset does and puts
// below it the rows that it names for `test` and `validation`: those of
// `validation_file` first, then those of `test_file`, or the builtin dataset's
// own; as many as `rows` says, from the first, or all. Writes into `data` where
// they are, unless there is an error.
//
// What is wrong with a file is an error as of ImportDataset. What does not fit
// together (other columns, fewer rows than asked for, a builtin dataset without
// a test set) goes into `violations`, with the path of the field in SweepSpec,
// and the status says the same.
absl::StatusOr<ImportedDataset> ImportWithHeldOut(
    absl::string_view base, const std::string& datasets, v1::DataSpec* data,
    std::vector<Violation>* violations);

// Says how many of `rows` rows are held out: "55000 rows for training, 5000 for
// validation, 10000 for testing". Returns "" where no rows are held out, or
// where `data` names rows that are not there.
std::string HeldOutText(const v1::DataSpec& data, int64_t rows);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_HELD_OUT_IMPORT_H_
