#ifndef FATHOM_CLIENT_DATA_BUILTIN_H_
#define FATHOM_CLIENT_DATA_BUILTIN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/data/import.h"

namespace fathom {

// Reads the first `rows` (0: all) rows of a dataset that fathom knows where to
// find: `fashion-mnist`, the training images of Debian's package, in
// /usr/share/datasets/fashion-mnist; or in $FATHOM_DATASETS/fashion-mnist when
// that variable is set.
//
// NOT_FOUND, with what to install, when it is not there; INVALID_ARGUMENT, with
// a "did you mean", when there is none of this name.
absl::StatusOr<ImportedDataset> ReadBuiltin(const std::string& name,
                                            int64_t rows);

}  // namespace fathom

#endif  // FATHOM_CLIENT_DATA_BUILTIN_H_
