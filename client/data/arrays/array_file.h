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

// What the header of a file of one array of numbers says.
struct ArrayHeader {
  enum class Kind { kUnsigned, kSigned, kFloat };

  Kind kind = Kind::kUnsigned;
  int bytes = 1;  // Of a number: 1, 2, 4 or 8.
  bool big_endian = false;
  // Whether the first side varies fastest; only with two sides.
  bool first_side_fastest = false;
  std::vector<int64_t> sides;  // At least one, each at least 1.
  int64_t header_bytes = 0;

  // Product of all sides but the first; at most kMaxColumns.
  int64_t item_size() const;
};

// "float32".
std::string TypeText(const ArrayHeader& header);

// Reads the header of a file in MNIST's idx format (integers of one to four
// bytes, float and double, one to four sides) or in NumPy's npy format (1.0 to
// 3.0; integers, floats and booleans of up to eight bytes, one or two sides).
// INVALID_ARGUMENT "path: byte ...: found ..., expected ..." when it is
// another.
absl::StatusOr<ArrayHeader> ReadIdxHeader(InputFile* file);
absl::StatusOr<ArrayHeader> ReadNpyHeader(InputFile* file);

// Appends the first `rows` items of the array, row by row. INVALID_ARGUMENT
// when a number is not finite, or an integer that no double is; when the file
// is too short or (when all rows are read) too long.
absl::Status ReadItems(const ArrayHeader& header, int64_t rows, InputFile* file,
                       std::vector<double>* out);

// Returns INVALID_ARGUMENT that names the file and a byte of it, from 0.
absl::Status ErrorAtByte(const InputFile& file, int64_t byte,
                         absl::string_view found, absl::string_view expected);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_ARRAYS_ARRAY_FILE_H_
