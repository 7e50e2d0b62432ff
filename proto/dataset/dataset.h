#ifndef FATHOM_PROTO_DATASET_DATASET_H_
#define FATHOM_PROTO_DATASET_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom {

// A regression data set as it was imported: no preparation, no file format.
//
// Its *canonical bytes* travel over the wire and lie in the ledger; the digest
// of them is its identity, wherever it came from.
struct Dataset {
  int64_t rows = 0;            // m, number of samples, >= 1.
  int32_t columns = 0;         // d, number of features, >= 1.
  int32_t targets = 0;         // k, number of targets, >= 1.
  std::vector<double> x = {};  // m x d, row by row; every entry finite.
  std::vector<double> y = {};  // m x k, row by row; every entry finite.
};

// Shape of a dataset, readable without its values.
struct DatasetShape {
  int64_t rows = 0;
  int32_t columns = 0;
  int32_t targets = 0;
};

// What the first kDatasetHeaderBytes of canonical bytes say.
struct DatasetHeader {
  DatasetShape shape;
  bool uint8_features = false;  // One byte for each x, else eight.
  uint64_t size_bytes = 0;      // Of the whole; the largest integer: too long.
};
inline constexpr size_t kDatasetHeaderBytes = 32;

// Returns OK when sizes agree, there is at least one row, column and target,
// and every value is finite; INVALID_ARGUMENT says what is wrong.
absl::Status CheckDataset(const Dataset& dataset);

// Encodes a valid dataset. Layout, little-endian:
//   8 bytes  magic "FATHOMD1"
//   8 bytes  rows      4 bytes columns    4 bytes targets
//   1 byte   type of x: 0 = float64, 1 = uint8 (chosen when every x is an
//            integer from 0 to 255 and none is -0.0)   7 bytes zero
//   x row by row, then y row by row (always float64)
std::string EncodeDataset(const Dataset& dataset);

// Decodes canonical bytes. INVALID_ARGUMENT when they are not exactly what
// EncodeDataset writes for a valid dataset.
absl::StatusOr<Dataset> DecodeDataset(absl::string_view bytes);

// Reads the shape from the first 24 bytes, without checking the rest.
absl::StatusOr<DatasetShape> DecodeDatasetShape(absl::string_view bytes);

// Reads the whole header and looks at nothing behind it.
absl::StatusOr<DatasetHeader> DecodeDatasetHeader(absl::string_view bytes);

// Returns "sha256:" and the hash of canonical bytes as 64 hex digits.
std::string DatasetDigest(absl::string_view bytes);

// Whether `digest` has the form that DatasetDigest returns.
bool IsDatasetDigest(absl::string_view digest);

}  // namespace fathom

#endif  // FATHOM_PROTO_DATASET_DATASET_H_
