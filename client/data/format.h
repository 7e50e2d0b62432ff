#ifndef FATHOM_CLIENT_DATA_FORMAT_H_
#define FATHOM_CLIENT_DATA_FORMAT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Finds the format of a file from its first bytes after any gzip. Where these
// leave the format open, the name of the file decides, and otherwise the format
// is csv. INVALID_ARGUMENT when the bytes are binary or of a format that is not
// read.
absl::StatusOr<v1::DataFormat> DetectFormat(absl::string_view head,
                                            absl::string_view path);

// Returns INVALID_ARGUMENT when `import` sets a field that has no meaning for
// `format`.
absl::Status CheckFields(const v1::DataImport& import, v1::DataFormat format);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_FORMAT_H_
