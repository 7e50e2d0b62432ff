#ifndef FATHOM_CLIENT_DATA_BUILTIN_H_
#define FATHOM_CLIENT_DATA_BUILTIN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/data/import.h"

namespace fathom::client {

// Reads the first `rows` (0: all) rows of a dataset that fathom knows by name:
//
// `fashion-mnist`: the training images of Debian's package, 60000 x 784.
//
// `ethanol`: the 2565 rows of ethanol (class 1), 128 features, target the
// concentration in ppm, of "Gas Sensor Array Drift at Different Concentrations"
// (UCI, doi 10.24432/C5MK6M); from ethanol.csv, whose first column is the
// target, as `fathom data import` writes it, or else from the ten files
// batch1.dat ... batch10.dat of the repository.
//
// Looks in `folder` and `folder`/NAME; when that is empty, in
// $FATHOM_DATASETS/NAME; when that is not set, in /usr/share/datasets/NAME.
//
// NOT_FOUND, with how to get it, when nothing of it is there; INVALID_ARGUMENT
// when only part of it is, or something of another shape, or, with a "did you
// mean", when there is no dataset of this name.
absl::StatusOr<ImportedDataset> ReadBuiltin(const std::string& name,
                                            int64_t rows,
                                            const std::string& folder);

// Whether the builtin dataset of this name has a test set of its own, which is
// not among its rows.
bool HasBuiltinTest(const std::string& name);

// Reads the first `rows` (0: all) rows of that: of `fashion-mnist` the 10000
// test images. Looks for it and fails as ReadBuiltin does.
absl::StatusOr<ImportedDataset> ReadBuiltinTest(const std::string& name,
                                                int64_t rows,
                                                const std::string& folder);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_BUILTIN_H_
