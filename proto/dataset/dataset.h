#ifndef FATHOM_PROTO_DATASET_DATASET_H_
#define FATHOM_PROTO_DATASET_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom {

// Features and targets as they were imported: independent of any file format,
// and before they are standardized or prepared in another way.
//
// Its *canonical bytes* (see EncodeDataset) are sent between programs and
// stored in the ledger. Their digest identifies the dataset, wherever it came
// from.
struct Dataset {
  int64_t rows = 0;            // m, number of samples, >= 1.
  int32_t columns = 0;         // d, number of features, >= 1.
  int32_t targets = 0;         // k, number of targets, >= 1.
  std::vector<double> x = {};  // m x d, row by row; every entry finite.
  std::vector<double> y = {};  // m x k, row by row; every entry finite.
};

// The shape of a dataset, which can be read without its values.
struct DatasetShape {
  int64_t rows = 0;
  int32_t columns = 0;
  int32_t targets = 0;
};

// The header of a dataset: the first kDatasetHeaderBytes of its canonical
// bytes.
struct DatasetHeader {
  DatasetShape shape;
  // Whether each entry of x takes one byte; eight otherwise.
  bool uint8_features = false;
  // Length of all canonical bytes; the largest integer when it would not fit.
  uint64_t size_bytes = 0;
};
inline constexpr size_t kDatasetHeaderBytes = 32;

// Returns OK when the sizes agree, there is at least one row, column and
// target, and every value is finite; otherwise INVALID_ARGUMENT with what is
// wrong.
absl::Status CheckDataset(const Dataset& dataset);

// Returns the canonical bytes of a valid dataset. The layout is little-endian:
// 8 bytes  magic "FATHOMD1" 8 bytes  rows      4 bytes columns    4 bytes
// targets 1 byte   type of x: 0 = float64, 1 = uint8 (chosen when every x is an
// integer from 0 to 255 and none is -0.0)   7 bytes zero x row by row, then y
// row by row (always float64)
std::string EncodeDataset(const Dataset& dataset);

// Returns the dataset of canonical bytes. INVALID_ARGUMENT when they are not
// exactly what EncodeDataset writes for a valid dataset.
absl::StatusOr<Dataset> DecodeDataset(absl::string_view bytes);

// Reads the shape from the first 24 bytes; `bytes` may be longer.
// INVALID_ARGUMENT when these are not the begin of canonical bytes.
absl::StatusOr<DatasetShape> DecodeDatasetShape(absl::string_view bytes);

// Reads the whole header, and nothing after it. The errors are those of
// DecodeDatasetShape.
absl::StatusOr<DatasetHeader> DecodeDatasetHeader(absl::string_view bytes);

// Returns the digest of canonical bytes: "sha256:" and 64 hex digits.
std::string DatasetDigest(absl::string_view bytes);

// Whether `digest` has the form that DatasetDigest returns.
bool IsDatasetDigest(absl::string_view digest);

}  // namespace fathom

#endif  // FATHOM_PROTO_DATASET_DATASET_H_
