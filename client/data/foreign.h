#ifndef FATHOM_CLIENT_DATA_FOREIGN_H_
#define FATHOM_CLIENT_DATA_FOREIGN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fathom::client {

// Returns INVALID_ARGUMENT, with what the file is and what makes one of it that
// can be read, when `head`, the bytes that it begins with after any gzip, is of
// a format that is not read: Parquet, HDF5, a workbook, JSON, another
// compression, text in UTF-16 or with the line ends of old Macs, and the like.
absl::Status CheckNotForeign(absl::string_view head, absl::string_view path);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_FOREIGN_H_
