#ifndef FATHOM_CLIENT_DATA_ARRAYS_ARRAY_FILE_H_
#define FATHOM_CLIENT_DATA_ARRAYS_ARRAY_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/data/input_file.h"

namespace fathom::client {

// What the header says of a file that holds one array of numbers.
struct ArrayHeader {
  enum class Kind { kUnsigned, kSigned, kFloat };

  Kind kind = Kind::kUnsigned;
  int bytes = 1;  // Bytes of a number: 1, 2, 4 or 8.
  bool big_endian = false;
  // Whether the first side varies fastest, which only arrays with two sides may
  // have.
  bool first_side_fastest = false;
  std::vector<int64_t> sides;  // At least one side; each at least 1.
  int64_t header_bytes = 0;

  // Returns the product of all sides but the first; at most kMaxColumns.
  int64_t item_size() const;
};

// Returns the type of the numbers: "float32".
std::string TypeText(const ArrayHeader& header);

// These functions read the header of a file in MNIST's idx format (integers of
// one to four bytes, float and double, one to four sides) or in NumPy's npy
// format (1.0 to 3.0; integers, floats and booleans of up to eight bytes, one
// or two sides). Other files are INVALID_ARGUMENT "path: byte ...: found ...,
// expected ...".
absl::StatusOr<ArrayHeader> ReadIdxHeader(InputFile* file);
absl::StatusOr<ArrayHeader> ReadNpyHeader(InputFile* file);

// Appends the first `rows` items of the array to `out`, row by row.
// INVALID_ARGUMENT when a number is not finite, when an integer is not exactly
// a double, or when the file is too short or (if all rows are read) too long.
absl::Status ReadItems(const ArrayHeader& header, int64_t rows, InputFile* file,
                       std::vector<double>* out);

// Returns INVALID_ARGUMENT that names the file and the position of a byte,
// counted from 0.
absl::Status ErrorAtByte(const InputFile& file, int64_t byte,
                         absl::string_view found, absl::string_view expected);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_ARRAYS_ARRAY_FILE_H_
