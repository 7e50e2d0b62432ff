#ifndef FATHOM_CLIENT_DATA_BUILTIN_H_
#define FATHOM_CLIENT_DATA_BUILTIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data/import.h"

namespace fathom::client {

// Reads the first `rows` rows (0 means all) of a dataset that fathom knows by
// name:
//
// `fashion-mnist` has the training images of Debian's package, 60000 x 784.
//
// `ethanol` has the 2565 rows of ethanol (class 1) of "Gas Sensor Array Drift
// at Different Concentrations" (UCI, doi 10.24432/C5MK6M): 128 features, and as
// the target the concentration in ppm. It is read from ethanol.csv, whose first
// column is the target, as `fathom data import` writes it, or else from the ten
// files batch1.dat ... batch10.dat of the repository.
//
// The files are looked for in `folder` and `folder`/NAME. When `folder` is
// empty, they are looked for in $FATHOM_DATASETS/NAME, and when that variable
// is not set, in /usr/share/datasets/NAME.
//
// Errors are NOT_FOUND, with how to get the dataset, when none of its files is
// there; INVALID_ARGUMENT when only some files are there or one has another
// shape, or, with a "did you mean", when there is no dataset of this name.
absl::StatusOr<ImportedDataset> ReadBuiltin(const std::string& name,
                                            int64_t rows,
                                            const std::string& folder);

// Returns the names of the builtin datasets.
std::vector<std::string> BuiltinNames();

// Whether the builtin dataset of this name has a test set of its own, which is
// not among its rows.
bool HasBuiltinTest(const std::string& name);

// Reads the first `rows` rows (0 means all) of this test set, which for
// `fashion-mnist` has 10000 images. Looks for the files and fails as
// ReadBuiltin does.
absl::StatusOr<ImportedDataset> ReadBuiltinTest(const std::string& name,
                                                int64_t rows,
                                                const std::string& folder);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_BUILTIN_H_
