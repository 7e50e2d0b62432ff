#ifndef FATHOM_PROTO_DATASET_DATASET_CHECKER_H_
#define FATHOM_PROTO_DATASET_DATASET_CHECKER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/sha256.h"

namespace fathom {

// Checks in one pass whether bytes that come in pieces are the canonical bytes
// of a dataset, without keeping them. It accepts exactly what DecodeDataset
// accepts, up to a given size.
//
// Not thread-safe.
class DatasetChecker {
 public:
  // Datasets of more than `max_bytes` are refused as soon as the header is
  // there.
  explicit DatasetChecker(int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes the next bytes, in pieces of any size. INVALID_ARGUMENT when they
  // cannot be part of a dataset, RESOURCE_EXHAUSTED when the dataset is too
  // large; after an error no other method may be called. Takes O(bytes) time:
  // one pass for the hash and one for the values.
  absl::Status Add(absl::string_view bytes);

  // Returns the number of bytes of the whole dataset, 0 before the header is
  // there.
  int64_t expected_bytes() const {
    return static_cast<int64_t>(header_.size_bytes);
  }
  // Returns the header; a shape of no rows before it is there.
  const DatasetHeader& header() const { return header_; }
  // Returns the number of bytes that have been added.
  int64_t received_bytes() const { return received_; }

  // The description of a dataset whose bytes have all come.
  struct Checked {
    DatasetShape shape;
    std::string digest;  // See DatasetDigest.
    int64_t size_bytes = 0;
  };
  // Returns the description of the dataset. INVALID_ARGUMENT when bytes are
  // missing, or when features are stored in eight bytes that fit into one. To
  // be called once.
  absl::StatusOr<Checked> Finish();

 private:
  // Moves bytes from the front of `bytes` into the header until it is complete.
  absl::Status AddToHeader(absl::string_view& bytes);
  // Removes features of one byte, which are all valid, from the front of
  // `bytes`.
  void SkipFeatures(absl::string_view& bytes);
  // Checks `bytes`, a sequence of doubles that may be cut anywhere.
  absl::Status AddDoubles(absl::string_view bytes);
  // Checks `count` whole doubles.
  absl::Status CheckDoubles(const char* bytes, int64_t count);
  // Returns the error that number `index` of x and y together is not finite.
  absl::Status NotANumber(int64_t index, double value) const;

  const int64_t max_bytes_;
  Sha256 hash_;
  int64_t received_ = 0;
  // The first bytes of the header or of a number that is not complete yet.
  std::string start_;
  bool has_header_ = false;
  DatasetHeader header_;
  // The number of entries of x.
  int64_t features_ = 0;
  // The number of entries of x and y that have been checked.
  int64_t next_ = 0;
  bool small_ = true;  // Whether every entry of x so far fits into a uint8.
};

}  // namespace fathom

#endif  // FATHOM_PROTO_DATASET_DATASET_CHECKER_H_
