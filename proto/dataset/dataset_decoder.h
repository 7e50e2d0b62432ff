#ifndef FATHOM_PROTO_DATASET_DATASET_DECODER_H_
#define FATHOM_PROTO_DATASET_DATASET_DECODER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/dataset/dataset.h"
#include "proto/dataset/dataset_checker.h"

namespace fathom {

// Decodes canonical bytes that come in pieces, so that nothing but the dataset
// itself is held in memory. It accepts exactly what DecodeDataset accepts.
//
// Not thread-safe.
class DatasetDecoder {
 public:
  // The bytes are `size_bytes` bytes in all. Nothing is allocated for a header
  // that claims another size.
  explicit DatasetDecoder(int64_t size_bytes)
      : size_bytes_(size_bytes), checker_(size_bytes) {}

  // Takes the next bytes, in pieces of any size. The errors are those of
  // DatasetChecker::Add, after which no other method may be called.
  absl::Status Add(absl::string_view bytes);

  // A dataset, and the digest of its canonical bytes.
  struct Decoded {
    Dataset dataset;
    std::string digest;  // See DatasetDigest.
  };
  // Returns the dataset once all bytes have come. The errors are those of
  // DatasetChecker::Finish. To be called once.
  absl::StatusOr<Decoded> Finish();

 private:
  // Allocates the dataset of the header, which has just become complete.
  absl::Status Allocate();
  // Copies bytes that begin `at` bytes behind the header.
  void Copy(int64_t at, absl::string_view bytes);

  const int64_t size_bytes_;
  DatasetChecker checker_;
  Dataset dataset_;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_DATASET_DATASET_DECODER_H_
