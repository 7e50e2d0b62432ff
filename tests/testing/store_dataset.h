#ifndef FATHOM_TESTS_TESTING_STORE_DATASET_H_
#define FATHOM_TESTS_TESTING_STORE_DATASET_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/store/ledger.h"
#include "server/store/reader.h"

namespace fathom::test {

// Returns the description that an upload gives of `bytes`.
inline v1::Dataset Describe(absl::string_view title, absl::string_view bytes) {
  v1::Dataset dataset;
  dataset.set_title(std::string(title));
  dataset.set_digest(DatasetDigest(bytes));
  if (const auto shape = DecodeDatasetShape(bytes); shape.ok()) {
    dataset.set_rows(shape->rows);
    dataset.set_columns(shape->columns);
    dataset.set_targets(shape->targets);
  }
  dataset.set_size_bytes(static_cast<int64_t>(bytes.size()));
  return dataset;
}

// Stores a whole dataset without checking it.
inline absl::StatusOr<v1::Dataset> StoreDataset(
    server::Ledger& ledger, absl::string_view title, absl::string_view bytes,
    absl::Time now = absl::UnixEpoch()) {
  ASSIGN_OR_RETURN(const int64_t key, ledger.BeginDataset());
  const auto size = static_cast<size_t>(kDatasetChunkBytes);
  for (size_t at = 0, piece = 0; at < bytes.size(); at += size, ++piece) {
    RETURN_IF_ERROR(ledger.AddDatasetPiece(key, static_cast<int64_t>(piece),
                                           bytes.substr(at, size)));
  }
  return ledger.FinishDataset(key, Describe(title, bytes), now);
}

// Returns all bytes of a stored dataset, or the text of the error when there is
// none.
inline std::string ReadDataset(const std::string& path,
                               absl::string_view digest) {
  const auto reader = server::LedgerReader::Open(path);
  if (!reader.ok()) return reader.status().ToString();
  const auto info = (*reader)->GetDatasetInfo(digest);
  if (!info.ok()) return info.status().ToString();
  std::string bytes;
  for (int64_t piece = 0;
       static_cast<int64_t>(bytes.size()) < info->size_bytes(); ++piece) {
    const auto read = (*reader)->ReadDatasetPiece(digest, piece);
    if (!read.ok()) return read.status().ToString();
    bytes += *read;
  }
  return bytes;
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_STORE_DATASET_H_
