#ifndef FATHOM_CLIENT_DATA_FOREIGN_H_
#define FATHOM_CLIENT_DATA_FOREIGN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fathom::client {

// Recognizes formats that are not read: Parquet, HDF5, workbooks, JSON, other
// compressions than gzip, text in UTF-16 or with the line ends of old Macs, and
// the like. `head` is the first bytes of a file after any gzip. Returns
// INVALID_ARGUMENT, with what the file is and how to make a readable file of
// it, when `head` is of such a format.
absl::Status CheckNotForeign(absl::string_view head, absl::string_view path);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_FOREIGN_H_
