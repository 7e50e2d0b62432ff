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

// Finds out whether bytes that come in pieces are canonical, in one pass that
// keeps none of them: it accepts what DecodeDataset accepts.
//
// Not thread-safe.
class DatasetChecker {
 public:
  // Refuses what is larger than `max_bytes` as soon as the header says so.
  explicit DatasetChecker(int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes the next bytes, in pieces of any size. INVALID_ARGUMENT when they
  // cannot be part of a dataset, RESOURCE_EXHAUSTED when it would be too large;
  // call no more then. O(bytes), a pass for the hash and one for the values.
  absl::Status Add(absl::string_view bytes);

  // Of the whole; 0 as long as the header is not there.
  int64_t expected_bytes() const {
    return static_cast<int64_t>(header_.size_bytes);
  }
  int64_t received_bytes() const { return received_; }

  // What the bytes are, once all of them have come.
  struct Checked {
    DatasetShape shape;
    std::string digest;  // As DatasetDigest returns it.
    int64_t size_bytes = 0;
  };
  // INVALID_ARGUMENT when some are missing, or features are stored in more
  // bytes than they take. Call once.
  absl::StatusOr<Checked> Finish();

 private:
  absl::Status AddToHeader(absl::string_view& bytes);
  // Takes bytes of x that are all good.
  void SkipFeatures(absl::string_view& bytes);
  absl::Status AddDoubles(absl::string_view bytes);
  absl::Status CheckDoubles(const char* bytes, int64_t count);
  absl::Status NotANumber(int64_t index, double value) const;

  const int64_t max_bytes_;
  Sha256 hash_;
  int64_t received_ = 0;
  std::string start_;  // Of the header, or of a number, until it is whole.
  bool has_header_ = false;
  DatasetHeader header_;
  int64_t features_ = 0;  // How many x there are, ...
  int64_t next_ = 0;      // ... and how many numbers have been checked.
  bool small_ = true;     // Every x so far could be a uint8.
};

}  // namespace fathom

#endif  // FATHOM_PROTO_DATASET_DATASET_CHECKER_H_
